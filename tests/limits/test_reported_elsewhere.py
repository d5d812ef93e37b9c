"""What users of similar products report about budgets, sent through the ledger of this one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bots.limits import ledger, rules
from bots.limits.account import Account, Price
from bots.limits.ledger import Charge
from bots.llm import complete
from bots.models import Bot, Limit
from tests.builders import make_bot
from tests.http_server import Server, json_answer
from tests.limits.builders import balance, make_limit, make_owners
from tests.llm.builders import QUESTION, chat, make_provider

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_negative_price_gives_nobody_money() -> None:
    """A router's list of models names -1 as the price of "auto"."""
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000, money_per_month=Decimal(1))
    purse = Account(owners).reserve(Price(Decimal(-1_000_000), Decimal(-1_000_000)), lambda: (100, 100), 5.0)
    purse.pay(-500, Decimal(-200))
    assert balance(unit="tokens").spent == 0
    assert not [row for row in (balance(unit="tokens"),) if row.spent < 0 or row.reserved < 0]


def test_a_long_prompt_is_reserved_also_when_no_length_is_asked_for(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=1_500)
    make_provider(endpoint)
    endpoint.answer(chat("yes"))
    with pytest.raises(Exception, match="limit"):
        complete([{"role": "user", "content": "many words " * 2_000}], owners=owners)
    assert not endpoint.requests


def test_an_endpoint_that_reports_nonsense_is_charged_by_our_estimate(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    make_provider(endpoint)
    answer: dict[str, Any] = {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}]}
    for usage in ({"prompt_tokens": -7, "completion_tokens": "many"}, {"prompt_tokens": 0, "completion_tokens": 2**80}):
        endpoint.answer(json_answer(answer | {"usage": usage}))
        complete(QUESTION, owners=owners)
    row = balance(unit="tokens")
    assert 0 < row.spent < 100
    assert row.reserved == 0


def test_a_cost_of_many_small_calls_reaches_the_limit_exactly() -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), money_per_month=Decimal("0.8"))
    applying = rules.of(owners, frozenset({"money"}))
    for amount in ("0.1", "0.7"):
        cost = {"money": rules.in_ledger(Decimal(amount))}
        key, holds = ledger.reserve(applying, cost, 5.0)
        ledger.settle([Charge(key, applying, holds, cost)])
    assert balance(unit="money").spent == applying[0].ceiling
    with pytest.raises(ledger.Full):
        ledger.reserve(applying, {"money": 1}, 5.0)


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "1e400", "1,5", "١٢٫٥x", ""])
def test_a_limit_that_is_no_amount_is_refused(text: str) -> None:
    bot = make_bot()
    with pytest.raises(CommandError):
        call_command("limit", "add", "bot", "--bot", bot.slug, f"--money={text}")
    assert not Limit.objects.exists()


def test_a_person_who_is_deleted_in_the_middle_of_a_call_breaks_nothing(endpoint: Server) -> None:
    owners = make_owners()
    make_limit(Bot.objects.get(), tokens_per_day=10_000)
    gone = replace(owners, person_id=987_654_321)
    make_provider(endpoint)
    endpoint.answer(chat("yes"))
    assert complete(QUESTION, owners=gone).text == "yes"
    assert balance(kind="bot").spent == 1500


def test_a_call_that_begins_before_the_limit_is_removed_ends_well(endpoint: Server) -> None:
    owners = make_owners()
    limit = make_limit(Bot.objects.get(), tokens_per_day=10_000)
    applying = rules.of(owners, frozenset({"tokens"}))
    key, holds = ledger.reserve(applying, {"tokens": 100}, 5.0)
    from bots.operations import spending

    spending.remove(limit, "root")
    ledger.settle([Charge(key, applying, holds, {"tokens": 90})])
    ledger.release(key, holds)
    assert ledger.sweep() == 0
