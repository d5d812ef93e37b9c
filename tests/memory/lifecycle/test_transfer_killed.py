"""A killed import resumes where it stopped: two real processes with their own home on SQLite."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

from tests.memory.builders import import_line
from tests.product import Product
from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[3]


def test_an_import_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    total = 12_000
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"\n".join(import_line(number) for number in range(total)))
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLAWDBOT_", "DATABASE_URL"))}
    environment = kept | {"CLAWDBOT_HOME": str(home), "CLAWDBOT_SEMANTIC_SEARCH__ENABLE": "false"}
    environment["DJANGO_SETTINGS_MODULE"] = "clawdbot_site.settings"

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        output = (tmp_path / "output").open("wb")
        with output:
            return subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, stdout=output)

    def stored() -> int:
        with contextlib.closing(sqlite3.connect(home / "clawdbot.sqlite3")) as database:
            return int(database.execute("SELECT COUNT(*) FROM memory_memoryentry").fetchone()[0])

    Product(home).migrate()
    assert start("bot", "add", "helper").wait() == 0
    first = start("memory", "import", str(path), "--bot", "helper", "--person", "ann")
    eventually(lambda: first.poll() is not None or stored())
    first.send_signal(signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL
    before = stored()
    assert 0 < before < total
    assert start("memory", "import", str(path), "--bot", "helper", "--person", "ann").wait() == 0
    assert (tmp_path / "output").read_text().startswith(f"{total - before} stored, {before} known already")
    assert stored() == total
