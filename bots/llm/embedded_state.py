"""What the model server does before it answers: it loads a model, or has failed to.

A large file loads for minutes. The command writes this file into the home, so that readiness and the admin can say so;
a loading process that has ended counts as none.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from bots.llm import embedded_discovery
from clawdbot.reasons import Why, columns

FILE_NAME = "modelserver-state.json"
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class State:
    """Loading while `failure` is "".

    Attributes:
        model: Name of the model, or path of its file.
        pid: The process that loads it.
        since: Seconds since 1970 at which it began.
        failure: Why it does not run, in English; `failure_code` and `failure_params` are its reason.
    """

    model: str
    pid: int = 0
    since: float = 0.0
    failure: str = ""
    failure_code: str = ""
    failure_params: dict[str, Any] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """Returns for how long it has been loading."""
        return max(0, round(time.time() - self.since))


def _place() -> Path:
    return Path(settings.CLAWDBOT.home).resolve() / FILE_NAME


def loading(model: str) -> None:
    """Says that this process loads the model."""
    _write(State(model, os.getpid(), time.time()))


def failed(model: str, reason: Why) -> None:
    """Says why the model does not run."""
    _write(State(model, **columns("failure", reason, _LONGEST)))


def clear() -> None:
    """Removes the file: the model runs, or was told to end."""
    _place().unlink(missing_ok=True)


def read() -> State | None:
    """Returns what was written last; None when there is nothing, or the process that loaded has ended."""
    try:
        state = State(**json.loads(_place().read_text("utf8")))
        return state if state.failure or embedded_discovery.is_alive(state.pid) else None
    except (OSError, ValueError, TypeError):
        return None


def _write(state: State) -> None:
    place = _place()
    temporary = place.with_name(f"{FILE_NAME}.{os.getpid()}")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(asdict(state)), "utf8")
    temporary.replace(place)
