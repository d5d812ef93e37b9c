"""Limits of messages, tokens and money: what may be spent, and what is spent of it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from bots.limits import alerts, ledger, periods, rules, sums
from bots.models import Balance, Bot, Channel, Limit, OwnerKind, Person, Unit
from bots.models.sql import clock
from bots.operations import configuration_log
from bots.operations.configuration_log import COMMAND, Action
from bots.operations.errors import OperationError, refusal
from bots.people.audit_log import Actor

logger = logging.getLogger(__name__)

VALUES = ("messages_per_minute", "tokens_per_day", "money_per_month")


@dataclass(frozen=True, slots=True)
class Standing:
    """How much of a limit is used in the running period; amounts in messages, tokens, or money."""

    unit: str
    ceiling: Decimal
    spent: Decimal
    reserved: Decimal
    refused: int
    ends_at: datetime

    @property
    def percent(self) -> int:
        return min(int(self.spent * 100 / self.ceiling), 999) if self.ceiling else 100


def upkeep() -> None:
    """Adds new usage to the daily sums, returns reservations of killed processes, warns of limits that run out."""
    sums.add_new()
    ledger.sweep()
    alerts.tell()


def save(row: Limit, actor: Actor, values: Mapping[str, Any] | None = None) -> Limit:
    """Adds or changes a limit. It holds within two seconds in every process.

    Args:
        row: The limit, new or stored.
        actor: Who does it.
        values: The fields to set.

    Raises:
        OperationError: A value is invalid, or there is a limit for this owner already.
    """
    for name, value in (values or {}).items():
        setattr(row, name, value)
    try:
        row.full_clean()
    except ValidationError as error:
        raise refusal(error) from None
    is_new = row._state.adding
    try:
        with transaction.atomic():
            row.save()
            configuration_log.record(Action.ADDED if is_new else Action.CHANGED, row, actor, values or {})
            changed(row)
    except IntegrityError:  # somebody else added one after it was checked, or removed the owner
        raise OperationError(_("There is a limit for it already.")) from None
    return row


def remove(row: Limit, actor: Actor) -> None:
    """Removes a limit."""
    with transaction.atomic():
        configuration_log.record(Action.REMOVED, row, actor)
        changed(row)
        row.delete()


def changed(row: Limit) -> None:
    """Lets the balances of a limit begin anew with what was really used, in the caller's transaction.

    Without this, usage in a time without a limit would be missing. What is reserved at this moment is not counted.
    """
    ledger.forget(_balances(row).filter(ends_at__gt=clock.now()).exclude(unit=Unit.MESSAGES))
    transaction.on_commit(rules.held.clear)


def standing(row: Limit) -> list[Standing]:
    """Returns what is used of a limit now: of one owner, or of those together for whom it holds one by one."""
    now, found = clock.now(), []
    for unit, ceiling in rules.ceilings(row).items():
        period = periods.of(unit, now)
        balances = list(_balances(row).filter(unit=unit, period=period.key))
        spent = max((balance.spent for balance in balances), default=None)
        if spent is None and (owner := _owner(row)):
            spent = sums.used(rules.Rule(row.kind, owner, row.bot_id or 0, unit, ceiling), period)
        found.append(
            Standing(
                unit,
                readable(unit, ceiling),
                readable(unit, spent or 0),
                readable(unit, max((balance.reserved for balance in balances), default=0)),
                sum(balance.refused for balance in balances),
                period.end,
            )
        )
    return found


def readable(unit: str, amount: int) -> Decimal:
    """Returns an amount of the ledger in messages, tokens or money."""
    return Decimal(amount) / rules.BILLIONTHS if unit == Unit.MONEY else Decimal(amount)


def running_out(bots: frozenset[int] | None = None) -> int:
    """Returns the number of limits of these bots (None: of all) of which 80 % are used in the running period."""
    rows = alerts.near(clock.now())
    return (rows if bots is None else rows.filter(bot_id__in=bots)).count()


def find_owner(kind: str, bot: Bot | None, name: str) -> dict[str, Any]:
    """Returns the fields of a limit that name its owner.

    Args:
        kind: A value of `OwnerKind`.
        bot: The bot; None for a tenant.
        name: A person's key, a channel's public id or a tenant; "" for each one of the bot.

    Raises:
        OperationError: There is no such person or channel.
    """
    if kind == OwnerKind.TENANT:
        return {"kind": kind, "tenant": name}
    fields: dict[str, Any] = {"kind": kind, "bot": bot}
    if name and kind in (OwnerKind.PERSON, OwnerKind.CHAT):
        fields["person"] = Person.objects.filter(bot=bot, key=name).first()
    elif name and kind == OwnerKind.CHANNEL:
        fields["channel"] = Channel.objects.filter(bot=bot, public_id=name).first()
    if None in (fields.get("person", 0), fields.get("channel", 0)):
        raise OperationError(_("There is no %(kind)s %(name)s.") % {"kind": OwnerKind(kind).label, "name": name})
    return fields


def get(pk: int) -> Limit:
    """Returns a limit by its number.

    Raises:
        OperationError: There is none.
    """
    found = Limit.objects.select_related("bot", "person", "channel").filter(pk=pk).first()
    if found is None:
        raise OperationError(_("There is no limit %(number)s.") % {"number": pk})
    return found


def add(kind: str, bot: Bot | None, name: str, values: Mapping[str, Any], actor: Actor = COMMAND) -> Limit:
    """Adds a limit; see `find_owner` and `save`."""
    return save(Limit(**find_owner(kind, bot, name)), actor, values)


def _owner(row: Limit) -> str:
    """Returns the owner of a limit as the ledger names it; "" when it holds for each one."""
    if row.kind == OwnerKind.TENANT:
        return row.tenant
    owner = {OwnerKind.BOT: row.bot_id, OwnerKind.CHANNEL: row.channel_id}.get(OwnerKind(row.kind), row.person_id)
    return str(owner) if owner else ""


def _balances(row: Limit) -> Any:
    mine = Balance.objects.filter(kind=row.kind, bot_id=row.bot_id or 0)
    return mine.filter(owner=_owner(row)) if _owner(row) else mine
