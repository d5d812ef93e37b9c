"""The ledger holds its limits across processes, and what a killed process has reserved comes back."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import connections

from bots.limits import alerts, ledger, periods, rules, sums
from bots.limits.ledger import Charge
from bots.limits.rules import Owners, Rule
from bots.models import Balance, Bot, OwnerKind, PersonDay, Reservation, TurnUsage, Unit, UsageDay
from bots.models.sql import clock
from bots.operations import spending
from tests.builders import make_bot, make_channel, make_conversation
from tests.killing import kill_before_statement
from tests.limits.builders import balance, make_limit, make_owners, make_usage

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
ROOT = Path(__file__).resolve().parent.parent.parent
UNITS = frozenset(Unit.values)

_CHILD = """
import os, sys, threading, time, random
import django; django.setup()
from django.db import connection, connections
for alias in connections:
    connections[alias].settings_dict["NAME"] = sys.argv[1 + list(connections).index(alias)]
from bots.limits import ledger, rules
from bots.limits.rules import Owners
owners, units = Owners(int(os.environ["BOT"])), frozenset({"tokens"})
granted = []
def work(calls):
    for _ in range(calls):
        applying = rules.of(owners, units)
        try:
            key, holds = ledger.reserve(applying, {"tokens": 100}, 5.0)
        except ledger.Full:
            continue
        time.sleep(random.random() / 500)
        ledger.settle([ledger.Charge(key, applying, holds, {"tokens": 90})])
        granted.append(90)
    connection.close()
threads = [threading.Thread(target=work, args=(int(os.environ["CALLS"]),)) for _ in range(4)]
[one.start() for one in threads]; [one.join() for one in threads]
print(len(granted))
"""


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_processes_never_spend_more_than_the_limit() -> None:
    bot = make_bot()
    make_limit(bot, tokens_per_day=5_000)
    names = [str(connections[alias].settings_dict["NAME"]) for alias in connections]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings", "BOT": str(bot.pk), "CALLS": "18"}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, *names], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _number in range(2)
    ]
    granted = [int(child.communicate(timeout=120)[0]) for child in children]
    row = balance(kind="bot", unit="tokens")
    # 55 calls of 90 fit; estimates of 100 that run at the same moment may keep the last one out.
    assert 40 <= sum(granted) <= 55
    assert row.spent == 90 * sum(granted) <= 5_000
    assert (row.reserved, row.refused) == (0, 144 - sum(granted))
    assert not Reservation.objects.exists()


def of(owners: Owners, *units: str) -> tuple[Rule, ...]:
    return rules.of(owners, frozenset(units) or UNITS)


def test_a_call_that_does_not_fit_reserves_nothing_anywhere() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=1000)
    make_limit(Bot.objects.get(), OwnerKind.PERSON, tokens_per_day=50)
    applying = of(owners)
    assert [(rule.kind, rule.ceiling) for rule in applying] == [("bot", 1000), ("person", 50)]
    with pytest.raises(ledger.Full) as full:
        ledger.reserve(applying, {"tokens": 60}, 1.0)
    assert full.value.rule.kind == "person"
    assert sum(row.reserved for row in Balance.objects.all()) == 0
    assert balance(kind="person").refused == 1
    assert not Reservation.objects.exists()


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_after_a_kill_at_any_statement_nothing_stays_reserved_and_nothing_is_lost() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=1000, money_per_month=Decimal(5))
    applying, amounts = of(owners, "tokens", "money"), {"tokens": 100, "money": 7}

    def call() -> None:
        ledger.clear_cache()
        key, holds = ledger.reserve(applying, amounts, 1.0)
        ledger.settle([Charge(key, applying, holds, {"tokens": 40, "money": 3})])

    statement, killed = 0, True
    while killed:
        statement += 1
        killed = kill_before_statement(statement, call)
        ledger.clear_cache()
        ledger.sweep(clock.now() + timedelta(minutes=5))
        spent = {row.unit: (row.spent, row.reserved) for row in Balance.objects.all()}
        assert spent in ({}, {"tokens": (0, 0), "money": (0, 0)}, {"tokens": (40, 0), "money": (3, 0)})
        assert killed or spent["tokens"] == (40, 0)
        assert not Reservation.objects.exists()
        Balance.objects.all().delete()
    assert statement > 10


def test_a_reservation_holds_until_its_deadline_and_a_late_call_is_charged_all_the_same() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=100)
    applying = of(owners)
    key, holds = ledger.reserve(applying, {"tokens": 80}, 10.0)
    assert ledger.sweep(clock.now() + timedelta(seconds=35)) == 0
    with pytest.raises(ledger.Full):
        ledger.reserve(applying, {"tokens": 30}, 10.0)
    assert ledger.sweep(clock.now() + timedelta(seconds=45)) == 1
    assert balance(unit="tokens").reserved == 0
    ledger.settle([Charge(key, applying, holds, {"tokens": 70})])
    ledger.settle([Charge(key, applying, holds, {"tokens": 0})])
    row = balance(unit="tokens")
    assert (row.spent, row.reserved) == (70, 0)


def test_a_limit_below_what_is_spent_refuses_and_no_balance_is_negative() -> None:
    owners = make_owners()
    limit = make_limit(Bot.objects.get(), tokens_per_day=1000)
    key, holds = ledger.reserve(of(owners), {"tokens": 500}, 10.0)
    ledger.settle([Charge(key, of(owners), holds, {"tokens": 900})])
    limit.tokens_per_day = 300
    limit.save()
    rules.held.clear()
    with pytest.raises(ledger.Full):
        ledger.reserve(of(owners), {"tokens": 1}, 10.0)
    row = balance(unit="tokens")
    assert (row.spent, row.reserved, row.ceiling) == (900, 0, 300)


def test_no_limit_is_not_a_limit_of_zero() -> None:
    owners = make_owners()
    assert of(owners) == ()
    make_limit(Bot.objects.get(), tokens_per_day=0)
    (rule,) = of(owners)
    with pytest.raises(ledger.Full):
        ledger.reserve((rule,), {"tokens": 1}, 10.0)


def test_huge_amounts_fit_the_columns() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), money_per_month=Decimal(1_000_000_000), tokens_per_day=10**15)
    applying = of(owners)
    for _number in range(3):
        key, holds = ledger.reserve(applying, {"tokens": 2**31, "money": 1}, 10.0)
        ledger.settle([Charge(key, applying, holds, {"tokens": 2**62, "money": 10**30})])
        Balance.objects.update(spent=0)
    with pytest.raises(ledger.Full):
        ledger.reserve(applying, {"tokens": 10**40, "money": 10**40}, 10.0)


def test_money_is_rounded_up_once_and_never_drifts() -> None:
    assert rules.in_ledger(Decimal("0.1")) * 3 == rules.in_ledger(Decimal("0.3"))
    assert rules.in_ledger(Decimal("0.0000000001")) == 1
    assert rules.in_ledger(Decimal(0)) == 0


def test_a_certain_person_has_a_limit_of_their_own() -> None:
    owners, other = make_owners(), make_owners(Bot.objects.get(), "q")
    bot = Bot.objects.get()
    make_limit(bot, OwnerKind.PERSON, tokens_per_day=100, messages_per_minute=5)
    make_limit(bot, OwnerKind.PERSON, person_id=other.person_id, tokens_per_day=900)
    assert {(rule.unit, rule.ceiling) for rule in of(owners)} == {("tokens", 100), ("messages", 5)}
    assert {(rule.unit, rule.ceiling) for rule in of(other)} == {("tokens", 900), ("messages", 5)}


def test_a_tenant_is_all_its_bots() -> None:
    first, second, other = (make_owners(make_bot(tenant=name)) for name in ("acme", "acme", ""))
    make_limit(None, OwnerKind.TENANT, tenant="acme", tokens_per_day=100)
    key, holds = ledger.reserve(of(first), {"tokens": 90}, 10.0)
    ledger.settle([Charge(key, of(first), holds, {"tokens": 90})])
    with pytest.raises(ledger.Full):
        ledger.reserve(of(second), {"tokens": 20}, 10.0)
    assert of(other) == ()


def test_a_limit_that_is_set_in_the_middle_of_a_month_knows_what_was_spent() -> None:
    owners = make_owners()
    bot = Bot.objects.get()
    make_usage(owners, cost=Decimal("1.5"))
    assert sums.add_new() == 1
    make_usage(owners, cost=Decimal("0.25"))
    limit = spending.add(OwnerKind.BOT, bot, "", {"money_per_month": Decimal(2)})
    rules.held.clear()
    assert spending.standing(limit)[0].spent == Decimal("1.75")
    with pytest.raises(ledger.Full):
        ledger.reserve(of(owners), {"money": rules.in_ledger(Decimal("0.3"))}, 10.0)
    ledger.reserve(of(owners), {"money": rules.in_ledger(Decimal("0.2"))}, 10.0)
    assert spending.standing(limit)[0].percent == 87


def test_usage_without_a_limit_counts_when_the_limit_comes_back() -> None:
    owners = make_owners()
    limit = spending.add(OwnerKind.PERSON, Bot.objects.get(), "", {"tokens_per_day": 1000})
    key, holds = ledger.reserve(of(owners), {"tokens": 100}, 10.0)
    ledger.settle([Charge(key, of(owners), holds, {"tokens": 100})])
    make_usage(owners)
    spending.remove(limit, "root")
    rules.held.clear()
    make_usage(owners, prompt_tokens=700)
    spending.add(OwnerKind.PERSON, Bot.objects.get(), "", {"tokens_per_day": 1000})
    rules.held.clear()
    with pytest.raises(ledger.Full):
        ledger.reserve(of(owners), {"tokens": 200}, 10.0)
    assert balance(kind="person").spent == 840


def test_the_operator_is_told_once_a_period_that_80_percent_are_used(caplog: pytest.LogCaptureFixture) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=100)
    for tokens in (79, 1, 5):
        key, holds = ledger.reserve(of(owners), {"tokens": tokens}, 10.0)
        ledger.settle([Charge(key, of(owners), holds, {"tokens": tokens})])
        spending.upkeep()
    assert [record.message for record in caplog.records if "limit" in record.message] == [
        f"limit: bot {owners.bot_id} has used 80% of tokens a day"
    ]
    assert spending.running_out() == spending.running_out(frozenset({owners.bot_id})) == 1
    assert spending.running_out(frozenset()) == 0
    assert alerts.near(clock.now() + timedelta(days=2)).count() == 0


def test_each_turn_is_added_to_the_sums_once() -> None:
    channel = make_channel()
    conversation = make_conversation(channel)
    owners = Owners(channel.bot_id, conversation.person_id)
    for number in range(3):
        make_usage(owners, conversation=conversation, prompt_tokens=10**number)
    make_usage(owners, purpose=TurnUsage.Purpose.MEMORY)
    assert (sums.add_new(), sums.add_new()) == (4, 0)
    make_usage(owners, conversation=conversation)
    assert sums.add_new() == 1
    (turn, memory) = UsageDay.objects.order_by("-channel_id")
    assert (turn.calls, turn.prompt_tokens, turn.channel_id) == (4, 211, channel.pk)
    assert (memory.calls, memory.purpose, memory.channel_id) == (1, "memory", 0)
    assert PersonDay.objects.get().calls == 5
    assert PersonDay.objects.get().money == 5 * rules.in_ledger(Decimal("0.01"))


def test_old_balances_are_deleted() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=100, messages_per_minute=9)
    ledger.reserve(of(owners, "tokens"), {"tokens": 1}, 10.0)
    ledger.count(of(owners, "messages"), clock.now())
    ledger.sweep(clock.now() + timedelta(hours=2))
    assert [row.unit for row in Balance.objects.all()] == ["tokens"]
    ledger.sweep(clock.now() + timedelta(days=50))
    assert not Balance.objects.exists()


@pytest.mark.parametrize(
    ("unit", "now", "zone", "key", "hours"),
    [
        ("tokens", "2026-03-29T00:30+00:00", "Europe/Berlin", "2026-03-29", 23),
        ("tokens", "2026-10-25T12:00+00:00", "Europe/Berlin", "2026-10-25", 25),
        ("tokens", "2026-12-01T16:30+00:00", "Asia/Shanghai", "2026-12-02", 24),
        ("tokens", "2026-12-01T15:30+00:00", "Asia/Shanghai", "2026-12-01", 24),
        ("money", "2026-01-31T16:00+00:00", "Asia/Shanghai", "2026-02", 28 * 24),
        ("money", "2026-12-31T15:59+00:00", "Asia/Shanghai", "2026-12", 31 * 24),
        ("tokens", "2026-09-06T05:00+00:00", "America/Santiago", "2026-09-06", 23),
    ],
)
def test_days_and_months_are_those_of_the_installation(
    unit: str, now: str, zone: str, key: str, hours: int, settings: pytest.FixtureRequest
) -> None:
    settings.TIME_ZONE = zone  # type: ignore[attr-defined]
    moment = datetime.fromisoformat(now)
    period = periods.of(unit, moment)
    assert period.key == key
    assert period.start <= moment < period.end
    assert (period.end.astimezone(UTC) - period.start.astimezone(UTC)) == timedelta(hours=hours)
    assert periods.of(unit, period.end).start == period.end
