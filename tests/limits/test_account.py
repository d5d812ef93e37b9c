"""A call of a model reserves before it is made, and pays what it has used."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bots.limits import ledger
from bots.llm import Cancelled, NoModelAvailable, complete
from bots.llm.errors import LimitReached
from bots.models import Bot, Reservation, TurnUsage
from tests.http_server import Server
from tests.limits.builders import balance, make_limit, make_owners
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MILLION = 10**9  # billionths of one


def test_the_real_usage_replaces_the_estimate(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000, money_per_month=Decimal(1))
    make_provider(endpoint, input_price=Decimal(2), output_price=Decimal(8))
    endpoint.answer(chat("A program."))
    complete(QUESTION, owners=owners)
    tokens, money = balance(unit="tokens"), balance(unit="money")
    assert (tokens.spent, tokens.reserved) == (1500, 0)
    assert (money.spent, money.reserved) == (6 * MILLION // 1000, 0)
    assert not Reservation.objects.exists()


def test_a_stream_is_counted_and_so_is_one_whose_endpoint_reports_nothing(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    make_provider(endpoint)
    endpoint.answer(stream("A ", "program."), stream("A program that talks.", usage=False))
    complete(QUESTION, owners=owners, on_token=lambda _piece: None)
    assert balance(unit="tokens").spent == 1500
    complete(QUESTION, owners=owners, on_token=lambda _piece: None)
    assert 1510 < balance(unit="tokens").spent < 1540


def test_a_failed_call_costs_nothing_and_a_retry_is_paid_once(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    make_provider(endpoint)
    endpoint.answer(refusal(500), chat("yes"))
    complete(QUESTION, owners=owners)
    row = balance(unit="tokens")
    assert (len(endpoint.requests), row.spent, row.reserved) == (2, 1500, 0)
    endpoint.answer(refusal(401))
    with pytest.raises(NoModelAvailable):
        complete(QUESTION, owners=owners)
    row.refresh_from_db()
    assert (row.spent, row.reserved) == (1500, 0)
    assert not TurnUsage.objects.exists()


def test_a_stopped_answer_is_paid_as_far_as_it_came(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000, money_per_month=Decimal(1))
    make_provider(endpoint, name="main", input_price=Decimal(2), output_price=Decimal(8))
    endpoint.answer(stream("One two three four five ", "six", "seven"))
    said: list[str] = []
    with pytest.raises(Cancelled):
        complete(QUESTION, owners=owners, on_token=said.append, cancelled=lambda: bool(said))
    usage = TurnUsage.objects.get()
    assert (usage.purpose, usage.provider, usage.person_id) == ("broken", "main", owners.person_id)
    assert usage.completion_tokens >= 5
    tokens = balance(unit="tokens")
    assert (tokens.spent, tokens.reserved) == (usage.prompt_tokens + usage.completion_tokens, 0)
    assert 0 < usage.cost < Decimal("0.001")


def test_at_the_limit_of_money_a_cheaper_model_answers(endpoint: Server, second: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), money_per_month=Decimal("0.01"))
    make_provider(endpoint, input_price=Decimal(2), output_price=Decimal(30))
    make_provider(second, name="local")
    second.answer(chat("yes"))
    assert complete(QUESTION, owners=owners).provider == "local"
    assert not endpoint.requests
    assert (balance(unit="money").spent, balance(unit="money").refused) == (0, 1)


def test_without_room_for_any_model_the_call_ends_at_once(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10)
    make_provider(endpoint)
    with pytest.raises(LimitReached):
        complete(QUESTION, owners=owners)
    assert not endpoint.requests


def test_the_price_at_the_time_of_the_call_counts(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), money_per_month=Decimal(1))
    provider = make_provider(endpoint, input_price=Decimal(2), output_price=Decimal(8))

    def dearer(_piece: str) -> None:
        provider.input_price = provider.output_price = Decimal(10)
        provider.save()

    endpoint.answer(stream("yes"))
    complete(QUESTION, owners=owners, on_token=dearer)
    assert balance(unit="money").spent == 6 * MILLION // 1000


def test_without_a_limit_a_call_runs_no_statement_of_the_ledger(
    endpoint: Server,
    django_assert_num_queries: object,
) -> None:
    owners = make_owners()
    make_provider(endpoint)
    endpoint.answer(chat("yes"), chat("yes"))
    complete(QUESTION, owners=owners)
    with django_assert_num_queries(0):  # type: ignore[operator]
        complete(QUESTION, owners=owners)


def test_two_calls_at_once_cannot_use_the_same_money(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=700)
    make_provider(endpoint)

    def another(_piece: str) -> None:
        with pytest.raises(LimitReached):
            complete(QUESTION, owners=owners)

    endpoint.answer(stream("yes"))
    complete(QUESTION, owners=owners, on_token=another)
    assert balance(unit="tokens").reserved == 0
    assert ledger.sweep() == 0
