"""Limits, and a bot with a person who consumes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bots.limits import rules
from bots.limits.rules import Owners
from bots.models import Balance, Bot, Limit, OwnerKind, Person, TurnUsage
from tests.builders import make_bot

ONE = Decimal(1)


def make_limit(bot: Bot | None, kind: str = OwnerKind.BOT, **values: Any) -> Limit:
    row = Limit(kind=kind, bot=bot, **values)
    row.full_clean()
    row.save()
    rules.held.clear()
    return row


def make_owners(bot: Bot | None = None, key: str = "p") -> Owners:
    bot = bot or make_bot()
    person, _made = Person.objects.get_or_create(bot=bot, key=key)
    return Owners(bot.pk, person.pk)


def make_usage(owners: Owners, **values: Any) -> TurnUsage:
    given = {"provider": "p", "model": "m", "prompt_tokens": 100, "completion_tokens": 20, "cost": Decimal("0.01")}
    return TurnUsage.objects.create(bot_id=owners.bot_id, person_id=owners.person_id, **given | values)


def balance(**named: Any) -> Balance:
    return Balance.objects.get(**named)
