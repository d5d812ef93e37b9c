"""The calls of a turn are settled in the transaction that closes it: once, also when the turn fails or is killed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from bots.limits import ledger, rules
from bots.limits.account import Account, Price
from bots.limits.payments import Payments
from bots.models import Balance, Bot, Channel, Reservation, TurnUsage
from bots.models.sql import clock
from bots.operations import spending
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import answers, make_channel, make_event, say
from tests.http_server import Server
from tests.killing import kill_before_statement, recover
from tests.limits.builders import balance, make_limit, make_owners, make_usage
from tests.llm.builders import chat, make_provider

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.databases]
FREE = Price(Decimal(0), Decimal(0))


@pytest.fixture
def channel(endpoint: Server) -> Iterator[Channel]:
    make_provider(endpoint)
    return make_channel()


def test_a_turn_that_is_killed_anywhere_leaves_nothing_reserved_and_pays_for_its_answer(
    channel: Channel, endpoint: Server
) -> None:
    make_limit(channel.bot, tokens_per_day=10**6)
    number, killed = 3, True
    while killed:
        endpoint.answer(*(chat("yes") for _number in range(3)))
        (row_id,) = inbox.accept(channel, [make_event(f"hello {number}", chat=f"chat-{number}")]).accepted
        before = Balance.objects.values_list("spent", flat=True).first() or 0
        killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))  # type: ignore[misc]
        ledger.clear_cache()
        recover()
        ledger.sweep(clock.now() + timedelta(minutes=10))
        row = balance(unit="tokens")
        assert row.reserved == 0
        assert not Reservation.objects.exists()
        assert row.spent - before >= 1500  # the answer that the person has
        number += 4
    assert number > 15
    assert len(set(answers())) == 1


def test_a_turn_settles_in_its_closing_transaction(channel: Channel, endpoint: Server) -> None:
    make_limit(channel.bot, tokens_per_day=10**6)
    endpoint.answer(chat("yes"), chat("yes"))
    say(channel, "hello")
    (row_id,) = inbox.accept(channel, [make_event("again")]).accepted
    with CaptureQueriesContext(connection) as captured:
        MessageDispatcher().process(row_id)
    mine = [query["sql"] for query in captured if "bots_balance" in query["sql"] or "bots_reservation" in query["sql"]]
    assert len(mine) == 4  # reserve, note; end, spend
    usage = next(place for place, query in enumerate(captured) if "INSERT INTO bots_turnusage" in query["sql"])
    ends = next(place for place, query in enumerate(captured) if "DELETE FROM bots_reservation" in query["sql"])
    between = [query["sql"] for query in captured.captured_queries[usage:ends]]
    assert not any(sql.startswith(("BEGIN", "COMMIT")) for sql in between)
    assert (balance(unit="tokens").spent, balance(unit="tokens").reserved) == (3000, 0)


def test_the_next_call_settles_the_earlier_ones_first() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=1000)
    payments = Payments()
    account = Account(owners, payments)
    account.reserve(FREE, lambda: (600, 200), 5.0).pay(100, Decimal(0))
    assert (balance(unit="tokens").spent, balance(unit="tokens").reserved) == (0, 800)
    account.reserve(FREE, lambda: (600, 200), 5.0).pay(150, Decimal(0))  # it would not fit beside the first estimate
    assert (balance(unit="tokens").spent, balance(unit="tokens").reserved) == (100, 800)
    with pytest.raises(ledger.Full):
        account.reserve(FREE, lambda: (900, 0), 5.0)
    with transaction.atomic():
        payments.write()
    assert (balance(unit="tokens").spent, balance(unit="tokens").reserved) == (250, 0)


@pytest.mark.parametrize("fails", [True, False])
def test_a_turn_that_fails_pays_once(fails: bool) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=1000)
    payments = Payments()

    def turn() -> None:
        with payments.kept():
            Account(owners, payments).reserve(FREE, lambda: (60, 20), 5.0).pay(70, Decimal(0))
            with transaction.atomic():
                payments.write()
                if fails:
                    raise DatabaseError

    if fails:
        with pytest.raises(DatabaseError):
            turn()
    else:
        turn()
    assert (balance(unit="tokens").spent, balance(unit="tokens").reserved) == (70, 0)
    assert not Reservation.objects.exists()


def test_a_limit_that_is_changed_during_a_call_counts_it() -> None:
    owners = make_owners()
    limit = make_limit(Bot.objects.get(), tokens_per_day=1000)
    purse = Account(owners).reserve(FREE, lambda: (60, 20), 5.0)
    make_usage(owners)  # 120
    spending.save(limit, "root", {"tokens_per_day": 900})
    rules.held.clear()
    other = Account(owners).reserve(FREE, lambda: (10, 0), 5.0)  # opens the balance anew
    purse.pay(70, Decimal(0))
    other.pay(10, Decimal(0))
    assert (balance(unit="tokens").spent, balance(unit="tokens").reserved) == (200, 0)
    assert TurnUsage.objects.count() == 1
