"""Decides which memories a recall sees: by valid time (is it true?) and archiving (is it still recalled?)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from memory.types import Kind


@dataclass(frozen=True, slots=True)
class Validity:
    """The validity of a derived, superseded, ended or archived row; all datetimes are aware.

    Attributes:
        superseded: another row replaced it.
        valid_from: when it became true; None: when the row was said.
        valid_to: when it ceased to be true; None: it is still true.
        archived_at: when it was archived; it is not recalled since then.
    """

    kind: Kind
    superseded: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class View:
    """The point in time of a recall.

    Attributes:
        now: the present.
        as_of: only memories that were known and true then; later archiving does not matter.
        history: also superseded, ended and archived memories.
    """

    now: datetime
    as_of: datetime | None = None
    history: bool = False

    def shows(self, said_at: datetime, validity: Validity | None) -> bool:
        """Tells whether this view includes a row."""
        if self.as_of is None:
            return validity is None or self.history or self._current(validity)
        begins = (validity.valid_from if validity else None) or said_at
        if begins > self.as_of:
            return False
        if validity is None or self.history:
            return True
        ended = validity.valid_to is not None and validity.valid_to <= self.as_of
        return not ended and (validity.archived_at is None or validity.archived_at > self.as_of)

    def _current(self, validity: Validity) -> bool:
        ended = validity.valid_to is not None and validity.valid_to <= self.now
        return not (validity.superseded or ended or validity.archived_at is not None)
