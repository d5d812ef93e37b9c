"""The instruction skills that bots use. Reads names and descriptions of all bots at most once every two seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from clawdbot.cached_value import CachedValue
from skills.instructions.models import InstructionGrant


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill that a bot uses."""

    skill_id: int
    name: str
    description: str
    fingerprint: str


_Entries = Mapping[int, tuple[Entry, ...]]


def entries(bot_id: int) -> tuple[Entry, ...]:
    """Returns the skills of a bot in the order of their names."""
    return _rows.get().get(bot_id, ())


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    _rows.clear()


def _read() -> _Entries:
    found: dict[int, list[Entry]] = {}
    columns = ("bot_id", "fingerprint", "skill_id", "skill__name", "skill__description", "skill__fingerprint")
    rows = InstructionGrant.objects.order_by("skill__name").values_list(*columns)
    for bot, approved, skill, name, description, fingerprint in rows:
        if approved == fingerprint:
            found.setdefault(bot, []).append(Entry(skill, name, description, fingerprint))
    return {bot: tuple(made) for bot, made in found.items()}


_rows = CachedValue(_read, 2.0)
