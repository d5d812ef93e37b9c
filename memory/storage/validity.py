"""When a memory counts: valid time (was it true?) and archiving (is it still recalled?)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from memory.types import Kind


@dataclass(frozen=True, slots=True)
class Validity:
    """What sets a row apart from an ordinary turn; all moments are aware.

    Attributes:
        superseded: another row took its place.
        valid_from: true since; None where it is as old as the row.
        valid_to: true until; None: still.
        archived_at: no longer recalled since then.
    """

    kind: Kind
    superseded: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class View:
    """The moment a recall looks from.

    Attributes:
        now: what counts as the present.
        as_of: only what had been said and was true then; archived since does not matter.
        history: everything, whatever became of it.
    """

    now: datetime
    as_of: datetime | None = None
    history: bool = False

    def shows(self, said_at: datetime, validity: Validity | None) -> bool:
        """Whether a row is to be seen from here."""
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
