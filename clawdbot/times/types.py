"""What the parser of times finds: a moment, a series, or a question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment.

    Attributes:
        local: Wall time in `zone`, without tzinfo. Midnight when only a day is named.
        zone: IANA name.
        has_time: Whether the text names an hour or part of the day. Without one the caller asks for it.
        assumed: Whether a rule chose among readings ("at 3" is 15:00, "in the morning" is 09:00). The caller says the
            resolved time in any case.
    """

    local: datetime
    zone: str
    has_time: bool = True
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A series.

    Attributes:
        local: First occurrence as wall time in `zone`, without tzinfo. Midnight of its day when no hour is named.
        rule: RRULE without DTSTART. UNTIL is wall time too, such as "FREQ=DAILY;UNTIL=20261231T235959".
        zone: IANA name.
        has_time: Whether the text names an hour or part of the day.
        assumed: Whether a rule chose among readings.
    """

    local: datetime
    rule: str
    zone: str
    has_time: bool = True
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """A time expression that has no single meaning, so the person decides.

    Attributes:
        code: Why: "ambiguous" (several readings, all in `choices`), "past" (it is over), "vague" ("later"),
            "no_such_day" (31 June), "too_often" (every second), "lead_past" (the reminder would come before now),
            "lunar" (a series by the lunar calendar), "range" (a period such as "next week"),
            "series" (a series that no rule reads), "times_a_day" (three times a day).
        choices: Likely readings, most likely first; may be empty.
    """

    code: str
    choices: tuple[Instant | Recurrence, ...] = ()


Outcome = Instant | Recurrence | Ask


@dataclass(frozen=True, slots=True)
class Found:
    """A time expression in a text.

    Attributes:
        outcome: What it means.
        spans: Positions in the text as (begin, stop), in order. They are apart when other words stand between, as in
            "every day drink water at 9".
        lead: How long before the moment the person wants to be reminded.
    """

    outcome: Outcome
    spans: tuple[tuple[int, int], ...]
    lead: timedelta = timedelta(0)

    @property
    def begin(self) -> int:
        return self.spans[0][0]

    @property
    def stop(self) -> int:
        return self.spans[-1][1]
