"""Says which limits apply to a call of a model or to a message. An ordinary turn pays no query for that."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from bots.models import Bot, Limit, OwnerKind, Unit
from bots.models.spending import EACH, place_of
from clawdbot.cached_value import CachedValue

MAX_AGE_S = 2.0
BILLIONTHS = 10**9
_UNITS = ((Unit.MESSAGES, "messages_per_minute"), (Unit.TOKENS, "tokens_per_day"), (Unit.MONEY, "money_per_month"))


@dataclass(frozen=True, slots=True)
class Owners:
    """Who consumes: ids of rows. `chat_id` is the group's, None in a private chat."""

    bot_id: int
    person_id: int | None = None
    channel_id: int | None = None
    chat_id: int | None = None
    conversation_id: int | None = None
    origin_id: int | None = None


class Rule(NamedTuple):
    """One limit of one owner, as the ledger counts: `ceiling` in messages, tokens or billionths of money."""

    kind: str
    owner: str
    bot_id: int
    unit: str
    ceiling: int


class _Rules(NamedTuple):
    by_place: Mapping[str, Mapping[str, int]]
    tenants: Mapping[int, str]


def of(owners: Owners, units: frozenset[str]) -> tuple[Rule, ...]:
    """Returns the limits of these units that apply, in an order that is the same for all callers."""
    rules = held.get()
    if not rules.by_place:
        return ()
    found: list[Rule] = []
    for kind, owner in _named(owners, rules.tenants.get(owners.bot_id, "")):
        bot_id = 0 if kind == OwnerKind.TENANT else owners.bot_id
        each = rules.by_place.get(place_of(kind, bot_id, EACH), {})
        for unit, ceiling in {**each, **rules.by_place.get(place_of(kind, bot_id, owner), {})}.items():
            if unit in units:
                found.append(Rule(kind, str(owner), bot_id, unit, ceiling))
    return tuple(sorted(found))


def any_exist() -> bool:
    return bool(held.get().by_place)


def in_ledger(amount: Decimal) -> int:
    """Returns an amount of money as the ledger holds it, rounded up."""
    return math.ceil(amount * BILLIONTHS)


def ceilings(limit: Limit) -> dict[str, int]:
    """Returns what a row limits, by unit."""
    values = ((unit, getattr(limit, name)) for unit, name in _UNITS)
    return {
        str(unit): in_ledger(value) if unit == Unit.MONEY else int(value) for unit, value in values if value is not None
    }


def _named(owners: Owners, tenant: str) -> list[tuple[str, object]]:
    named: list[tuple[str, object]] = [
        (OwnerKind.BOT.value, owners.bot_id),
        (OwnerKind.CHANNEL.value, owners.channel_id),
        (OwnerKind.CHAT.value, owners.chat_id),
        (OwnerKind.PERSON.value, owners.person_id),
        (OwnerKind.TENANT.value, tenant or None),
    ]
    return [(kind, owner) for kind, owner in named if owner is not None]


def _read() -> _Rules:
    rows = list(Limit.objects.all())
    tenants: dict[int, str] = {}
    if any(row.kind == OwnerKind.TENANT for row in rows):
        tenants = dict(Bot.objects.exclude(tenant="").values_list("pk", "tenant"))
    return _Rules({row.place: ceilings(row) for row in rows}, tenants)


held = CachedValue(_read, MAX_AGE_S)
