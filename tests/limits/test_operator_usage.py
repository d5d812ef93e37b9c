"""Calls of the operator cost money: tests of endpoints and calls that keep a model loaded stand in the ledger."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError
from django.utils import timezone

from bots.limits import rules, sums
from bots.llm import keep_warm
from bots.models import BotAccess, OperatorPurpose, UsageDay
from bots.operations import providers, usage_report
from tests.admin.builders import login, make_user
from tests.builders import make_bot
from tests.http_server import Answer, Server
from tests.limits.builders import ONE
from tests.llm.builders import chat, make_provider, refusal

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
MONEY = "/admin/bots/limit/money/"
PROMPT, ANSWER = 1000, 500  # of `chat`


def test_a_test_of_an_endpoint_is_charged_also_when_its_answer_is_empty(endpoint: Server) -> None:
    row = make_provider(endpoint, input_price=ONE, output_price=Decimal(2))
    endpoint.answer(chat("ready"), chat(""), refusal(401))
    assert providers.test_provider(row).ok
    assert not providers.test_provider(row).ok
    assert not providers.test_provider(row).ok
    (day,) = UsageDay.objects.all()
    assert (day.purpose, day.bot_id, day.channel_id, day.provider) == ("test", 0, 0, row.name)
    assert (day.calls, day.prompt_tokens, day.completion_tokens) == (2, 2 * PROMPT, 2 * ANSWER)
    assert day.money == 2 * rules.in_ledger((PROMPT * ONE + ANSWER * Decimal(2)) / 1_000_000)


def test_what_keeps_a_model_loaded_is_charged_and_a_list_of_models_is_not(endpoint: Server) -> None:
    lately = timezone.now() - timedelta(minutes=10)
    row = make_provider(endpoint, keep_warm="call", input_price=ONE, last_ok_at=lately)
    endpoint.answer(chat(""))
    keep_warm.run(timezone.now())
    row.keep_warm, row.last_ok_at = "models", lately
    row.save()
    endpoint.answer(chat(""))
    keep_warm.run(timezone.now())
    (day,) = UsageDay.objects.all()
    assert (day.purpose, day.calls, day.prompt_tokens, day.money) == ("warm", 1, PROMPT, PROMPT * 1000)


@pytest.mark.parametrize(
    ("kind", "answer", "price", "money"),
    [
        ("transcription", Answer(200, b'{"text": ""}', {"Content-Type": "application/json"}), "0.6", 10_000_000),
        ("speech", Answer(200, b"OggS" + b"\0" * 100, {"Content-Type": "audio/ogg"}), "15", 90_000),
    ],
)
def test_a_test_of_a_voice_is_charged(endpoint: Server, kind: str, answer: Answer, price: str, money: int) -> None:
    row = make_provider(endpoint, kind=kind, voice_price=Decimal(price))
    endpoint.answer(answer)
    assert providers.test_provider(row).ok
    (day,) = UsageDay.objects.all()
    assert (day.purpose, day.calls, day.prompt_tokens, day.money) == ("test", 1, 0, money)


def test_the_money_page_shows_them_to_those_who_see_all_bots(endpoint: Server) -> None:
    row = make_provider(endpoint, input_price=Decimal(1000))
    endpoint.answer(chat("ready"))
    providers.test_provider(row)
    whole = login(make_user())
    assert "Tests of endpoints" in whole.get(MONEY, {"by": "purpose"}).content.decode()
    assert "no bot: calls of the operator" in whole.get(MONEY, {"by": "bot"}).content.decode()
    answer = whole.get(MONEY, {"by": "purpose", "format": "csv"})
    parts = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(parts)))[1][0] == "Tests of endpoints"
    chinese = login(make_user("boss"), "zh-hans").get(MONEY, {"by": "purpose"}).content.decode()
    assert "端点测试" in chinese
    bot = make_bot()
    user = make_user("member", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role="manager")
    assert "Tests of endpoints" not in login(user).get(MONEY, {"by": "purpose"}).content.decode()


def test_a_test_whose_cost_cannot_be_recorded_still_tells_its_outcome(
    endpoint: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_given: object) -> None:
        raise DatabaseError

    monkeypatch.setattr(sums, "add_of_operator", fails)
    endpoint.answer(chat("ready"))
    assert providers.test_provider(make_provider(endpoint)).ok
    assert "a call of the operator is not recorded" in caplog.text


def test_tests_of_the_same_day_are_one_row_of_the_report(endpoint: Server) -> None:
    row = make_provider(endpoint)
    for _number in range(3):
        endpoint.answer(chat("ready"))
        providers.test_provider(row)
    today = usage_report.today()
    report = usage_report.make(None, today, today, "purpose")
    assert [(one.name, one.amounts.calls) for one in report.rows] == [(OperatorPurpose.TEST.label, 3)]
    assert report.total.calls == 3
