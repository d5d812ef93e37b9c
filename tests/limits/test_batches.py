"""Where many calls come and the limit is far, a process reserves for several at once; the limit holds all the same."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from bots.limits import batches, ledger
from bots.limits.account import Account, Full, Price, Purse
from bots.limits.payments import Payments
from bots.limits.rules import Owners
from bots.models import Bot, OwnerKind, Reservation
from bots.models.sql import clock
from tests.builders import make_bot
from tests.killing import kill_before_statement
from tests.limits.builders import balance, make_limit, make_owners

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.databases]
FREE = Price(Decimal(0), Decimal(0))
ROOT = Path(__file__).resolve().parent.parent.parent

_CHILD = """
import os, sys, threading
import django; django.setup()
from decimal import Decimal
from django.db import connection, connections, transaction
for alias in connections:
    connections[alias].settings_dict["NAME"] = sys.argv[1 + list(connections).index(alias)]
from bots.limits import batches
from bots.limits.account import Account, Full, Price
from bots.limits.payments import Payments
from bots.limits.rules import Owners
owners, done, batched = Owners(int(os.environ["BOT"])), [], []
def work(calls):
    for _ in range(calls):
        payments = Payments()
        with payments.kept():
            try:
                purse = Account(owners, payments).reserve(Price(Decimal(0), Decimal(0)), lambda: (60, 40), 5.0)
            except Full:
                continue
            batched.append(bool(batches._current))
            purse.pay(90, Decimal(0))
            with transaction.atomic():
                payments.write()
            done.append(90)
    connection.close()
threads = [threading.Thread(target=work, args=(int(os.environ["CALLS"]),)) for _ in range(4)]
[one.start() for one in threads]; [one.join() for one in threads]
batches.end_unused(all_of_them=True)
print(len(done), sum(batched))
"""


@pytest.fixture
def owners() -> Owners:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=50_000, money_per_month=Decimal(5))
    return owners


def reserve(owners: Owners, payments: Payments, tokens: int = 100) -> Purse:
    return Account(owners, payments).reserve(FREE, lambda: (tokens - 40, 40), 5.0)


def call(owners: Owners, used: int = 90, tokens: int = 100) -> None:
    payments = Payments()
    with payments.kept():
        reserve(owners, payments, tokens).pay(used, Decimal(0))
        with transaction.atomic():
            payments.write()


def kinds() -> list[str]:
    return [key.split(":")[0] for key in Reservation.objects.order_by("key").values_list("key", flat=True)]


def busy(owners: Owners) -> None:
    """Makes so many calls that a batch is reserved."""
    for _number in range(batches.BUSY + 1):
        call(owners)
    assert kinds() == ["batch"]


def calls_until_full(owners: Owners) -> int:
    for made in range(10_000):
        try:
            call(owners)
        except Full:
            return made
    raise AssertionError("the limit does not hold")


def test_a_process_with_few_calls_reserves_each_by_itself(owners: Owners) -> None:
    for _number in range(batches.BUSY):
        payments = Payments()
        purse = reserve(owners, payments)
        assert kinds() == ["call"]
        purse.give_back()
    assert balance(unit="tokens").reserved == 0


def test_in_a_busy_process_a_call_costs_one_statement_and_is_charged_exactly(owners: Owners) -> None:
    busy(owners)
    with CaptureQueriesContext(connection) as captured:
        call(owners)
    written = [query["sql"] for query in captured if not query["sql"].startswith(("BEGIN", "COMMIT"))]
    assert len(written) == 1
    assert "UPDATE bots_balance" in written[0]
    for _number in range(40):  # several batches
        call(owners)
    assert balance(unit="tokens").spent == 90 * (batches.BUSY + 42)
    assert balance(unit="tokens").reserved <= 50_000 // batches.SHARE
    batches.end_unused(all_of_them=True)
    assert (balance(unit="tokens").reserved, kinds()) == (0, [])


def test_batches_keep_no_call_away_from_the_limit(owners: Owners) -> None:
    made = calls_until_full(owners)
    assert made == (50_000 - 10) // 90, "each call that fits beside its estimate of 100"
    row = balance(unit="tokens")
    assert (row.spent, row.reserved, row.refused) == (90 * made, 0, 1)


def test_a_small_limit_and_a_big_call_take_no_batch(owners: Owners) -> None:
    make_limit(Bot.objects.get(), OwnerKind.PERSON, tokens_per_day=15_000)  # 300 are no four calls
    for _number in range(batches.BUSY + 3):
        call(owners)
    assert balance(kind="bot", unit="tokens").reserved == 0
    assert kinds() == []


def test_a_call_of_more_than_its_estimate_ends_the_batch_early(owners: Owners) -> None:
    busy(owners)
    call(owners, used=5000)
    call(owners)
    assert balance(unit="tokens").spent == 90 * (batches.BUSY + 2) + 5000
    batches.end_unused(all_of_them=True)
    assert balance(unit="tokens").reserved == 0


def test_what_a_call_under_way_has_taken_stays_reserved(owners: Owners) -> None:
    busy(owners)
    payments = Payments()
    purse = reserve(owners, payments)
    batches.end_unused(all_of_them=True)
    assert balance(unit="tokens").reserved > 100
    purse.give_back()
    purse.give_back()
    batches.end_unused()
    assert (balance(unit="tokens").reserved, kinds()) == (0, [])


def test_a_closing_transaction_that_fails_charges_once_and_ends_the_batch(owners: Owners) -> None:
    busy(owners)

    def turn() -> None:
        payments = Payments()
        with payments.kept():
            reserve(owners, payments).pay(70, Decimal(0))
            with transaction.atomic():
                payments.write()
                batches.end_unused(all_of_them=True)
                raise DatabaseError

    with pytest.raises(DatabaseError):
        turn()
    assert balance(unit="tokens").spent == 90 * (batches.BUSY + 1) + 70
    batches.end_unused(all_of_them=True)
    assert (balance(unit="tokens").reserved, kinds()) == (0, [])


def test_what_a_killed_process_has_reserved_comes_back(owners: Owners) -> None:
    def work() -> None:
        for _number in range(batches.BUSY + 3):
            call(owners)
        batches.end_unused(all_of_them=True)

    work()
    statement, killed = 1, True
    while killed:
        killed = kill_before_statement(statement, work)
        batches.clear_cache()
        ledger.clear_cache()
        ledger.sweep(clock.now() + timedelta(seconds=5 + batches.LIFE_S + ledger.GRACE_S + 1))
        row = balance(unit="tokens")
        assert (row.reserved, row.spent % 90) == (0, 0)
        assert not Reservation.objects.exists()
        statement += 5
    assert statement > 30


def test_no_batch_outlives_its_day_or_its_ten_seconds(owners: Owners, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now()
    evening = now.replace(hour=23, minute=59, second=58, microsecond=0)
    for moment, spent in ((evening, 90), (evening + timedelta(seconds=3), 90)):
        monkeypatch.setattr(clock, "now", lambda moment=moment: moment)
        busy_at(owners, moment)
        assert balance(unit="tokens", period=moment.date().isoformat()).spent % spent == 0
    assert balance(unit="tokens", period=evening.date().isoformat()).spent == 90 * (batches.BUSY + 1)
    later = evening + timedelta(seconds=3 + batches.LIFE_S)
    monkeypatch.setattr(clock, "now", lambda: later)
    batches.end_unused()
    assert kinds() == []


def busy_at(owners: Owners, moment: datetime) -> None:
    assert clock.now() == moment
    for _number in range(batches.BUSY + 1):
        call(owners)


def test_a_limit_that_is_lowered_holds_for_the_next_call(owners: Owners) -> None:
    busy(owners)
    make_limit(Bot.objects.get(), OwnerKind.PERSON, tokens_per_day=50)
    with pytest.raises(Full):
        call(owners)


def test_processes_with_batches_never_spend_more_than_the_limit() -> None:
    bot = make_bot()
    make_limit(bot, tokens_per_day=40_000)
    names = [str(connections[alias].settings_dict["NAME"]) for alias in connections]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings", "BOT": str(bot.pk), "CALLS": "70"}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _CHILD, *names], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        for _number in range(2)
    ]
    outputs = [[int(word) for word in child.communicate(timeout=120)[0].split()] for child in children]
    row = balance(kind="bot", unit="tokens")
    done = sum(output[0] for output in outputs)
    assert all(output[1] for output in outputs), "each process took batches"
    assert row.spent == 90 * done <= 40_000
    assert done >= 420, "batches of others may keep away a few calls for seconds, of 444"
    assert (row.reserved, kinds()) == (0, [])
