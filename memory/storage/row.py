"""One stored memory as ranking reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from memory.storage.validity import Validity


@dataclass(slots=True)
class Row:
    """What the index needs of one entry; `terms` is empty for a copy of an earlier row, `validity` None for an ordinary
    turn. Archived and superseded rows are scored like any other, so that they still are what stood beside a turn.

    `terms` and `vector` are as stored (`memory.terms.pack`, `entries.pack`): a thousand rows are unpacked at once.
    `dates` is JSON, read when the row is a hit.
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
