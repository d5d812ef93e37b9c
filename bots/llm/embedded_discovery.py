"""Finds the embedded model server by the file that it writes when it is ready.

The file names the server's process id. A file whose process is gone counts as absent, so it needs no clean-up.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from bots.llm.types import Target
from clawdbot.cached_value import CachedValue

FILE_NAME = "modelserver.json"
PROVIDER_NAME = "embedded"
CONTEXT_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Running:
    """A model server that is ready to answer."""

    pid: int
    url: str
    model: str


def path() -> Path:
    return Path(settings.CLAWDBOT.home).resolve() / FILE_NAME


def announce(url: str, model: str) -> None:
    """Writes the file atomically, readable by this user only."""
    target = path()
    temporary = target.with_name(f"{FILE_NAME}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps({"pid": os.getpid(), "url": url, "model": model}), "utf8")
    temporary.replace(target)


def withdraw() -> None:
    """Removes the file if this process wrote it."""
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path().read_text("utf8"))["pid"] == os.getpid():
            path().unlink()


def find() -> Running | None:
    """Returns the running server, or None. Ignores the file of a killed server."""
    try:
        value = json.loads(path().read_text("utf8"))
        running = Running(int(value["pid"]), str(value["url"]), str(value["model"]))
        os.kill(running.pid, 0)
    except PermissionError:
        return running
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return running


def target() -> Target | None:
    """Returns the embedded model as a target, or None. Looks for it at most once a second."""
    return _seen.get()


def _look() -> Target | None:
    running = find()
    return _as_target(running) if running else None


_seen = CachedValue(_look, 1.0)


def _as_target(running: Running) -> Target:
    return Target(
        key=None,
        name=PROVIDER_NAME,
        endpoint=running.url,
        model=running.model,
        api_key="",
        timeout_s=60.0,
        context_tokens=CONTEXT_TOKENS,
        input_price=Decimal(0),
        output_price=Decimal(0),
        is_demo=True,
    )


def clear_cache() -> None:
    """Makes the next call look for the file again."""
    _seen.clear()
