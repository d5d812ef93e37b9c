"""The real product as a child process with its own home, to start, kill and restart."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.console import Console

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Product:
    """`manage.py serve` on a free port.

    Attributes:
        home: CLAWDBOT_HOME.
        settings: Additional environment variables, such as CLAWDBOT_SEMANTIC_SEARCH__ENABLE.
        command: Starts a command of the product; its name follows.
        folder: Working directory of the processes.
    """

    home: Path
    settings: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    console: Console | None = None
    command: tuple[str, ...] = (sys.executable, "manage.py")
    folder: Path = ROOT

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("CLAWDBOT_", "DJANGO_"))}
        return kept | {"CLAWDBOT_HOME": str(self.home), "PORT": str(self.port)} | self.settings

    def manage(self, *arguments: str) -> str:
        """Runs a management command beside the product and returns what it prints."""
        if self.console is None:
            self.console = Console(ROOT, self.environment)
        code, out, err = self.console.run(*arguments)
        if code:
            raise AssertionError(f"manage.py {' '.join(arguments)}: {code}\n{out}\n{err}")
        return out

    def migrate(self) -> None:
        """Migrates the database of a new home; on SQLite it is a copy, because the migrations take ten seconds."""
        if "DATABASE_URL" in self.settings:
            self.manage("migrate", "--verbosity", "0")
            return
        self.home.mkdir(parents=True, exist_ok=True)
        database = self.home / "clawdbot.sqlite3"
        shutil.copyfile(migrated(), database)
        database.chmod(0o600)

    def manage_json(self, *arguments: str) -> Any:
        return json.loads(self.manage(*arguments, "--json"))

    def is_ready(self, *, model: bool = True) -> bool:
        """Returns whether the product takes messages and its workers work; with `model`, also its model."""
        try:
            with urlopen(self.url + "/readyz", timeout=30) as response:
                parts = json.load(response)["parts"]
        except (OSError, ValueError):
            return False
        return bool(parts["queue"]["ready"] and (parts["model"]["ready"] or not model))

    def start(self, wait_s: float = 150.0, *, model: bool = True) -> None:
        """Starts the product and waits until it answers messages, or in an outage of the model until it takes them."""
        self.home.mkdir(parents=True, exist_ok=True)
        log = (self.home / "serve.log").open("ab")
        self.process = subprocess.Popen(
            [*self.command, "serve", "--port", str(self.port)],
            cwd=self.folder,
            env=self.environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        log.close()
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(f"the product ended with {self.process.returncode}:\n{self.log()}")
            if self.is_ready(model=model):
                return
            time.sleep(0.1)
        raise AssertionError(f"not ready after {wait_s} s:\n{self.log()}")

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def get_status(self, path: str) -> int:
        try:
            with urlopen(self.url + path, timeout=30) as response:
                return int(response.status)
        except URLError as error:
            return int(getattr(error, "code", 0) or 0)
        except OSError:
            return 0

    def log(self) -> str:
        return (self.home / "serve.log").read_text("utf8", errors="replace")[-6000:]

    def kill(self) -> None:
        """Sends SIGKILL to the main process only; its children must notice."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def stop(self) -> int | None:
        """Stops the product with SIGTERM; returns the exit code."""
        if self.console is not None:
            self.console.close()
            self.console = None
        if self.process is None or not self.is_running():
            return None
        self.process.terminate()
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"did not stop within 60 s:\n{self.log()}") from None


def migrated(*, memory_apart: bool = False) -> Path:
    """Returns a database that `manage.py migrate` made, once for all processes and runs with the same migrations.

    memory_apart: Without the tables of the memory, which has a database of its own.
    """
    sources = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements.txt"]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    made = Path(tempfile.gettempdir()) / f"clawdbot-migrated-{digest}{'-apart' * memory_apart}.sqlite3"
    with made.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the other test processes wait for the first one
        if not made.exists():
            settings = {"CLAWDBOT_MEMORY__DATABASE_URL": "sqlite://"} if memory_apart else {}
            with tempfile.TemporaryDirectory() as folder:
                home = Path(folder) / "home"
                maker = Product(home, settings)
                maker.manage("migrate", "--verbosity", "0")
                maker.stop()
                partial = made.with_suffix(f".{os.getpid()}")
                shutil.copyfile(home / "clawdbot.sqlite3", partial)
                partial.replace(made)
    return made
