"""`context.state`: what one skill keeps of one person. Read at first use, written with the turn."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, MutableMapping
from functools import partial
from typing import Any

from bots.pipeline.engine.ports.staging import Staging
from bots.pipeline.engine.turn import Turn
from clawdbot.errors import ClawdbotError
from clawdbot.storable_text import storable
from skills import stored_state

LARGEST_BYTES = 64 * 1024
"""Of the JSON of all values of one skill and person."""


class StateRefused(ClawdbotError):
    """The values are not JSON, or too large."""

    permanent = True


class PersonState(MutableMapping[str, Any]):
    """A dictionary of JSON values. Changes inside of a value count too."""

    def __init__(self, turn: Turn, skill_id: int, staging: Staging) -> None:
        self._turn, self._skill_id, self._staging = turn, skill_id, staging
        self._before: dict[str, Any] = {}
        self._now: dict[str, Any] | None = None

    def __getitem__(self, key: str) -> Any:
        return self._values()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._values()[str(key)] = value

    def __delitem__(self, key: str) -> None:
        del self._values()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._values()))

    def __len__(self) -> int:
        return len(self._values())

    def __repr__(self) -> str:
        return f"PersonState(skill={self._skill_id})"

    def _values(self) -> dict[str, Any]:
        if self._now is None:
            earlier = self._turn.services.get(self._key)  # an earlier call of this turn, not written yet
            self._before = stored_state.read(self._skill_id, self._turn.person.pk) if earlier is None else earlier
            self._now = copy.deepcopy(self._before)
            self._staging.at_commit(self._stage)
        return self._now

    @property
    def _key(self) -> str:
        return f"state:{self._skill_id}"

    def _stage(self) -> None:
        now, before = _plain(self._now or {}), self._before
        changed = {key: value for key, value in now.items() if key not in before or before[key] != value}
        removed = before.keys() - now.keys()
        if changed or removed:
            self._turn.services[self._key] = now
            write = partial(stored_state.write, self._skill_id, self._turn.person.pk, changed, frozenset(removed))
            self._staging.append(write)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Returns the values as JSON gives them back, without what no database stores.

    Raises:
        StateRefused: They are not JSON, or too large.
    """
    try:
        text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise StateRefused(f"context.state holds a value that is not JSON: {error}") from None
    if len(text.encode("utf-8", "replace")) > LARGEST_BYTES:
        raise StateRefused(f"context.state is larger than {LARGEST_BYTES} bytes")
    made: dict[str, Any] = _storable(json.loads(text))
    return made


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {storable(key): _storable(one) for key, one in value.items()}
    return value
