"""Resolves an expression that names a zone: "tomorrow at 9am PST"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from clawdbot.times.instants import Now
from clawdbot.times.occurrences import attach
from clawdbot.times.scan import Expression
from clawdbot.times.types import Ask, Instant, Outcome, Recurrence

Resolve = Callable[[Expression, Now], Outcome]


def resolve(one: Expression, now: Now, plain: Resolve) -> Outcome:
    """Returns what an expression means. An hour counts in the zone that stands beside it, else in the person's."""
    if one.zone is None or not one.says_hour:
        return plain(one, now)
    names = one.zone.names
    if len(names) > 1 and (own := [name for name in names if _same_clock(name, now)]):
        names = (own[0],)  # CST of a person in China
    found = [
        outcome for name in names for outcome in _in_zone(one, replace(now, zone=name, hour=now.wall.hour), now, plain)
    ]
    if len(found) == 1:
        return found[0]
    several = tuple(choice for outcome in found for choice in _choices(outcome))
    return Ask("ambiguous", tuple(dict.fromkeys(several))) if several else found[0]


def _in_zone(one: Expression, there: Now, here: Now, plain: Resolve) -> list[Outcome]:
    """Returns the readings in a zone: two while it has another date and the text says "tomorrow"."""
    found = [plain(one, there)]
    if one.day is not None and one.day.today is not None and there.today != here.today:
        other = plain(one, replace(there, day=here.today))
        if _moments(other) != _moments(found[0]):
            found.append(other)
    return found


def _same_clock(name: str, now: Now) -> bool:
    return replace(now, zone=name).wall == now.wall


def _choices(outcome: Outcome) -> tuple[Instant | Recurrence, ...]:
    return outcome.choices if isinstance(outcome, Ask) else (outcome,)


def _moments(outcome: Outcome) -> list[object]:
    return [attach(choice.local, choice.zone) for choice in _choices(outcome)]
