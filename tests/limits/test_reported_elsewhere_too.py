"""More of what users of similar products report about budgets and usage, sent through this one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bots.limits import ledger, rules, sums
from bots.llm import complete
from bots.llm.errors import LimitReached, ModelError
from bots.models import Bot, ModelProvider, TurnUsage
from bots.operations import spending, usage_report
from tests.admin.builders import login, make_user, provider_form
from tests.http_server import Answer, Server, json_answer
from tests.limits.builders import ONE, balance, make_limit, make_owners, make_usage
from tests.llm.builders import QUESTION, chat, make_provider, refusal, stream

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def said(usage: dict[str, Any]) -> Answer:
    message = {"role": "assistant", "content": "ok"}
    return json_answer({"choices": [{"finish_reason": "stop", "message": message}], "usage": usage})


def test_a_limit_that_is_exactly_used_up_refuses_every_owner(endpoint: Server) -> None:
    owners = make_owners()
    for kind in ("bot", "person"):
        limit = make_limit(Bot.objects.get(), kind, tokens_per_day=1500)
        make_provider(endpoint)
        endpoint.answer(chat("yes"))
        complete(QUESTION, owners=owners, max_tokens=50)
        assert balance(kind=kind, unit="tokens").spent == 1500
        asked = len(endpoint.requests)
        with pytest.raises(LimitReached):
            complete(QUESTION, owners=owners, max_tokens=1)
        assert len(endpoint.requests) == asked
        spending.remove(limit, "root")
        TurnUsage.objects.all().delete()
        rules.held.clear()


def test_a_model_without_a_price_answers_at_the_limit_of_money(endpoint: Server, second: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), money_per_month=Decimal(0))
    make_provider(endpoint, input_price=ONE)
    make_provider(second)
    second.answer(chat("free"))
    assert complete(QUESTION, owners=owners).text == "free"
    assert not endpoint.requests


@pytest.mark.parametrize(
    ("prompt", "cached", "cost"),
    [
        (1000, 900, Decimal(100 * 10 + 900) + 20),  # the prompt includes them: they are not charged twice
        (100, 900, Decimal(100) + 20),  # it excludes them: never less than nothing
        (1000, -5, Decimal(10_000) + 20),
        (1000, 10**12, Decimal(10_000) + 20),
    ],
)
def test_cached_tokens_are_charged_once_and_never_less_than_nothing(
    endpoint: Server, prompt: int, cached: int, cost: Decimal
) -> None:
    make_provider(endpoint, input_price=Decimal(10), cached_input_price=ONE, output_price=ONE)
    details = {"cached_tokens": cached}
    endpoint.answer(said({"prompt_tokens": prompt, "completion_tokens": 20, "prompt_tokens_details": details}))
    found = complete(QUESTION)
    assert found.cost == cost / 1_000_000
    assert found.prompt_tokens == prompt


@pytest.mark.parametrize(
    "usage", [{"prompt_tokens": 1151, "completion_tokens": -35, "total_tokens": 1116}, "a lot", []]
)
def test_a_negative_answer_gives_no_tokens_back(endpoint: Server, usage: Any) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    make_provider(endpoint)
    endpoint.answer(said(usage))
    found = complete(QUESTION, owners=owners)
    assert found.completion_tokens > 0
    assert balance(unit="tokens").spent == found.prompt_tokens + found.completion_tokens


@pytest.mark.parametrize("field", ["input_price", "output_price", "cached_input_price", "voice_price"])
@pytest.mark.parametrize("price", [Decimal(-1_000_000), Decimal("NaN"), Decimal("Infinity")])
def test_a_price_below_nothing_is_refused(field: str, price: Decimal) -> None:
    row = ModelProvider(name="auto", endpoint="https://router.example/v1", model="auto", **{field: price})
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert field in refused.value.message_dict
    answer = login(make_user()).post("/admin/bots/modelprovider/add/", provider_form(**{field: str(price)}))
    assert answer.status_code == 200
    assert not ModelProvider.objects.exists()


@pytest.mark.parametrize("broken", [lambda: refusal(500), lambda: stream(done=False, usage=False)])
def test_a_stream_that_brings_nothing_costs_nothing(endpoint: Server, broken: Callable[[], Answer]) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    make_provider(endpoint)
    endpoint.answer(broken())
    with pytest.raises(ModelError):
        complete(QUESTION, owners=owners, on_token=lambda _piece: None)
    row = balance(unit="tokens")
    assert (row.spent, row.reserved) == (0, 0)
    assert not TurnUsage.objects.exists()


def test_a_stream_that_breaks_off_after_some_words_is_charged_for_them(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    make_provider(endpoint)
    endpoint.answer(stream("some ", "words ", done=False, usage=False))
    with pytest.raises(ModelError):
        complete(QUESTION, owners=owners, on_token=lambda _piece: None)
    (row,) = TurnUsage.objects.all()
    assert row.purpose == "broken"
    assert balance(unit="tokens").spent == row.prompt_tokens + row.completion_tokens > 0


def test_a_price_that_was_typed_wrong_locks_nobody_out_for_the_month(endpoint: Server) -> None:
    """Of a token instead of a million: the limit of the month is used up by the first answer."""
    owners = make_owners()
    limit = make_limit(Bot.objects.get(), money_per_month=Decimal(10))
    row = make_provider(endpoint, input_price=Decimal(60_000))
    make_usage(owners, cost=Decimal(76))
    assert sums.add_new() == 1
    with pytest.raises(LimitReached):
        complete(QUESTION, owners=owners)
    row.input_price = ONE
    row.save()
    spending.save(limit, "root", {"money_per_month": Decimal(86)})  # the mend: the page of the limit says what is used
    rules.held.clear()
    endpoint.answer(chat("yes"))
    assert complete(QUESTION, owners=owners).text == "yes"
    assert spending.standing(limit)[0].spent >= 76


def test_the_page_about_money_does_not_read_usage_of_the_past() -> None:
    owners = make_owners()
    for _number in range(5):
        make_usage(owners)
    sums.add_new()
    today = usage_report.today()
    with CaptureQueriesContext(connection) as captured:
        usage_report.make(None, today, today, "person")
    assert len([one for one in captured if "bots_turnusage" in one["sql"]]) == 1  # those that are in no sum yet
    ledger.clear_cache()
