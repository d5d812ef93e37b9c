"""Processes with their own environment and home, as an operator starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MANAGE = [sys.executable, "manage.py"]


def environment(home: Path, **variables: str) -> dict[str, str]:
    """Returns the environment of the shell without settings of the test run, plus this home and these variables."""
    dropped = ("DATABASE_URL", "REDIS_URL", "PORT", "DJANGO_SETTINGS_MODULE")
    kept = {k: v for k, v in os.environ.items() if k not in dropped and not k.startswith(("CLAWDBOT_", "TEST_"))}
    return {**kept, "CLAWDBOT_HOME": str(home), **variables}


def run(
    *arguments: str, home: Path, command: list[str] | None = None, stdin: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    """Runs `manage.py` (or another command) to its end."""
    return subprocess.run(
        [*(command or MANAGE), *arguments],
        cwd=ROOT,
        env=environment(home, **variables),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
