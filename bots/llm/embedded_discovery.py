"""Finds the embedded model server by the file that it writes when it is ready.

The file names the server's process id. A file whose process is gone counts as absent, so it needs no clean-up.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from bots.llm.types import Target
from clawdbot import crypto
from clawdbot.cached_value import CachedValue
from clawdbot.http.addresses import origin

FILE_NAME = "modelserver.json"
PROVIDER_NAME = "embedded"
CONTEXT_TOKENS = 2048


@dataclass(frozen=True, slots=True)
class Running:
    """A model server that is ready to answer.

    `is_demo` tells the demonstration model from one of the operator. `sealed_key` is the encrypted key of the server.
    """

    pid: int
    url: str
    model: str
    context_tokens: int = CONTEXT_TOKENS
    is_demo: bool = True
    takes_tools: bool = False
    sealed_key: str = field(default="", repr=False)


def path() -> Path:
    return Path(settings.CLAWDBOT.home).resolve() / FILE_NAME


def announce(
    url: str,
    model: str,
    *,
    context_tokens: int = CONTEXT_TOKENS,
    is_demo: bool = True,
    takes_tools: bool = False,
    api_key: str = "",
) -> None:
    """Writes the file atomically, readable by this user only; the key is encrypted and bound to the address."""
    sealed = crypto.bind_secret(api_key, origin(url))
    running = Running(os.getpid(), url, model, context_tokens, is_demo, takes_tools, sealed)
    target = path()
    temporary = target.with_name(f"{FILE_NAME}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(asdict(running)), "utf8")
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
        running = Running(
            int(value["pid"]),
            str(value["url"]),
            str(value["model"]),
            int(value.get("context_tokens", CONTEXT_TOKENS)),
            bool(value.get("is_demo", True)),
            bool(value.get("takes_tools", False)),
            str(value.get("sealed_key", "")),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return running if is_alive(running.pid) else None


def is_alive(pid: int) -> bool:
    """Returns whether a process of this machine has this number."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return pid > 0


def target() -> Target | None:
    """Returns the model of the server as a target, or None. Looks for it at most once a second."""
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
        api_key=_key(running),
        # A model of the operator may be large, and half of the processors compute it.
        timeout_s=60.0 if running.is_demo else 180.0,
        context_tokens=running.context_tokens,
        input_price=Decimal(0),
        output_price=Decimal(0),
        is_demo=running.is_demo,
        tools="auto" if running.takes_tools else "off",
    )


def _key(running: Running) -> str:
    try:
        return crypto.bound_secret(running.sealed_key, origin(running.url))
    except crypto.CryptoError:  # the keys were changed since the server started
        return ""


def clear_cache() -> None:
    """Makes the next call look for the file again."""
    _seen.clear()
