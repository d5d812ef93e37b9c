"""One server a home: a second one says so and stops; after SIGKILL the home is free at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from bots.runtime import home_lock
from tests.product import ROOT

HOLD = (
    "import sys, time; from pathlib import Path; from bots.runtime import home_lock;"
    "held = home_lock.take(Path(sys.argv[1])); print('held', flush=True); time.sleep(600)"
)


def holder(home: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_server_is_refused_and_told_who_holds_the_home(tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with pytest.raises(home_lock.HomeInUse) as refused:
            home_lock.take(tmp_path)
        assert refused.value.pid == str(process.pid)
    finally:
        process.kill()
        process.communicate()


def test_after_sigkill_the_home_is_free(tmp_path: Path) -> None:
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    held = home_lock.take(tmp_path)
    assert held > 0


def test_serve_says_so_in_one_line(settings: object, tmp_path: Path) -> None:
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"home": tmp_path})  # type: ignore[attr-defined]
    process = holder(tmp_path)
    try:
        with pytest.raises(CommandError, match=f"another server .process {process.pid}. already runs on this home"):
            call_command("serve")
    finally:
        process.kill()
        process.communicate()
