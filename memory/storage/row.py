"""Defines a stored memory as ranking reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from memory.storage.validity import Validity


@dataclass(slots=True)
class Row:
    """The fields of an entry that the scan index needs.

    Archived and superseded rows are scored like any other, because they are still the neighbours of other turns.

    Attributes:
        terms: packed by `memory.text.term_keys.pack`; empty for a copy of an earlier row.
        vector: packed by `memory.storage.rows.pack`. Both are unpacked for many rows at once.
        validity: None for an ordinary turn.
        dates: JSON, parsed only when the row is a hit.
    """

    id: int
    external_id: str
    role: str
    speaker: str
    session: str
    text: str
    terms: bytes
    occurred_at: datetime
    day: date
    conversation_id: int | None
    message_id: int | None
    copy_of: int | None
    stamp: int
    vector: bytes | None = None
    seen: int = 1
    validity: Validity | None = None
    dates: str = ""
