"""Two people who add a limit for the same owner at the same instant: one limit is there, the other person is told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from bots.models import AuditEntry, Limit, ModelProvider
from bots.operations import spending
from bots.operations.errors import OperationError
from tests.admin.builders import login, make_user
from tests.builders import make_bot
from tests.limits.test_surfaces import form
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True, databases="__all__"), pytest.mark.databases]
SENTENCE = "There is a limit for it already."


def together(table: str, *works: Callable[[], Any]) -> list[Any]:
    """Runs these works so that each has validated its row before one of them inserts it, where the database allows."""
    insert = Barrier(len(works))

    def held_back(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith(f'INSERT INTO "{table}"'):
            with contextlib.suppress(BrokenBarrierError):
                insert.wait(1.0)  # SQLite lets only one of them write, so the others never come here
        return execute(sql, *arguments)

    def work(one: Callable[[], Any]) -> Any:
        with connection.execute_wrapper(held_back):
            return one()

    return at_once(*(lambda one=one: work(one) for one in works))


def test_in_the_admin_the_later_form_says_so() -> None:
    bot = make_bot()
    client = login(make_user("root"))

    def post() -> tuple[int, bool]:
        browser = client.__class__()
        browser.cookies = client.cookies
        answer = browser.post("/admin/bots/limit/add/", form(kind="bot", bot=bot.pk, tokens_per_day=10))
        return answer.status_code, SENTENCE in answer.content.decode()

    assert sorted(together("bots_limit", post, post, post)) == [(200, True), (200, True), (302, False)]
    assert Limit.objects.count() == 1
    assert AuditEntry.objects.filter(subject__startswith="bots.limit", action="added").count() == 1


def test_over_the_api_the_later_request_is_refused() -> None:
    bot = make_bot()
    client = login(make_user("root"))

    def post() -> int:
        browser = client.__class__()
        browser.cookies = client.cookies
        values = {"kind": "person", "bot": bot.pk, "messages_per_minute": 3}
        return browser.post("/api/v1/limits/", values, "application/json").status_code

    assert sorted(together("bots_limit", post, post, post)) == [201, 400, 400]
    assert Limit.objects.count() == 1


def test_on_the_command_line_the_later_command_says_so() -> None:
    bot = make_bot()

    def add() -> str:
        try:
            call_command("limit", "add", "bot", "--bot", bot.slug, "--tokens", "5")
        except CommandError as error:
            return str(error)
        return "added"

    assert sorted(together("bots_limit", add, add)) == [SENTENCE, "added"]


def test_a_limit_that_becomes_another_ones_at_the_same_instant_is_refused() -> None:
    bot = make_bot()
    first = spending.add("channel", bot, "", {"tokens_per_day": 1})

    def add() -> str:
        try:
            spending.add("bot", bot, "", {"tokens_per_day": 1})
        except OperationError as error:
            return str(error)
        return "saved"

    assert add() == "saved"
    with pytest.raises(OperationError, match=SENTENCE):
        spending.save(first, "root", {"kind": "bot"})
    first.refresh_from_db()
    assert first.kind == "channel"


def test_two_providers_of_one_name_at_the_same_instant() -> None:
    client = login(make_user("root"))

    def post() -> int:
        browser = client.__class__()
        browser.cookies = client.cookies
        values = {"name": "same", "endpoint": "http://127.0.0.1:9/v1", "model": "m"}
        return browser.post("/api/v1/providers/", values, "application/json").status_code

    found = sorted(together("bots_modelprovider", post, post))
    assert found[0] == 201
    assert 400 <= found[1] < 500
    assert ModelProvider.objects.count() == 1
