"""Serialises turns as JSON for the queue to a separate memory database, which cannot join the transaction."""

from __future__ import annotations

import base64
from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from memory.embedders import current
from memory.errors import EmbedderUnavailable
from memory.storage import rows
from memory.types import Turn

_PLAIN = tuple(field.name for field in fields(Turn) if field.name not in ("occurred_at", "vector", "valid_to"))
# Not `UTC` itself, which would mean that the speaker's calendar is unknown.
_OWN_CALENDAR = timezone(timedelta(0), "own")


def dump(turn: Turn) -> dict[str, Any]:
    """Returns the JSON from which `load` makes an equal turn."""
    data: dict[str, Any] = {name: getattr(turn, name) for name in _PLAIN}
    data["occurred_at"] = turn.occurred_at.isoformat()
    data["own_calendar"] = turn.occurred_at.tzinfo is not UTC
    if turn.vector is not None and (label := _label()):
        data["vector"] = base64.b64encode(rows.pack(turn.vector)).decode("ascii")
        data["embedder"] = label
    return data


def load(data: dict[str, Any], external_id: str) -> Turn:
    """Returns the turn with this external id. Drops a vector that another embedder made."""
    at = datetime.fromisoformat(data["occurred_at"])
    if data["own_calendar"] and at.tzinfo is UTC:
        at = at.replace(tzinfo=_OWN_CALENDAR)
    vector = None
    if "vector" in data and data["embedder"] == _label():
        vector = rows.unpack(base64.b64decode(data["vector"]))
    plain = {name: data[name] for name in _PLAIN if name in data}
    return Turn(**{**plain, "external_id": external_id}, occurred_at=at, vector=vector)


def _label() -> str:
    if not current.enabled():
        return ""
    try:
        return current.query_label(current.current())
    except EmbedderUnavailable:
        return ""
