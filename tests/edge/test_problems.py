"""Every error is a problem document, from whichever layer it comes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from bots.models import Bot
from bots.operations import row_changes
from tests.api.builders import caller_with, make_bot, superuser

pytestmark = pytest.mark.django_db


def _assert_problem(answer: Any, status: int) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert answer.status_code == body["status"] == status
    assert answer["Content-Type"] == "application/problem+json"
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == answer["X-Request-ID"]
    return body


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v1/nothing/", "/api/v2/bots/", "/api/v1/bots/x/"])
def test_an_unknown_address(path: str) -> None:
    _assert_problem(superuser().get(path), 404)


def test_a_wrong_method() -> None:
    _assert_problem(superuser().put(f"/api/v1/bots/{make_bot().pk}/", {}, format="json"), 405)


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"name": NaN}', b"[" * 100 + b"]" * 100, rb'{"name": "\ud800"}'])
def test_a_body_that_is_not_json(body: bytes) -> None:
    _assert_problem(superuser().patch(f"/api/v1/bots/{make_bot().pk}/", body, content_type="application/json"), 400)


def test_a_body_of_another_type() -> None:
    _assert_problem(superuser().patch(f"/api/v1/bots/{make_bot().pk}/", b"a=b", content_type="text/plain"), 415)


def test_a_body_that_is_too_large(settings: Any) -> None:
    body = b'{"name": "' + b"x" * settings.CLAWDBOT.limits.body_bytes + b'"}'
    _assert_problem(superuser().patch(f"/api/v1/bots/{make_bot().pk}/", body, content_type="application/json"), 413)


def test_an_accept_header_nobody_can_serve() -> None:
    _assert_problem(superuser().get("/api/v1/bots/", headers={"Accept": "text/html"}), 406)


def test_fields_that_do_not_fit_are_named() -> None:
    answer = superuser().patch(f"/api/v1/bots/{make_bot().pk}/", {"temperature": 9, "name": ""}, format="json")
    assert set(_assert_problem(answer, 400)["errors"]) == {"temperature", "name"}


def test_a_query_parameter_that_is_not_known_is_named() -> None:
    assert set(_assert_problem(superuser().get("/api/v1/people/?boot=1"), 400)["errors"]) == {"boot"}


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=x", "ordering=text", "bot=x", "bot=99999999999999999999", "open=maybe"]
)
def test_a_query_parameter_that_does_not_fit(query: str) -> None:
    _assert_problem(superuser().get(f"/api/v1/conversations/?{query}"), 400)


@pytest.mark.parametrize("cursor", ["x", "cD1hYmM=", "cD0yMDI2", "bz05OTk5OTk5OTk5OQ==", "%00"])
def test_a_forged_cursor_is_refused(cursor: str) -> None:
    assert superuser().get(f"/api/v1/messages/?cursor={cursor}").status_code in (200, 400, 404)
    assert superuser().get(f"/api/v1/conversations/?cursor={cursor}").status_code in (200, 400, 404)


def test_our_own_failure_says_nothing_about_its_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("the password is 1234")

    monkeypatch.setattr(row_changes, "change", broken)
    answer = superuser().patch(f"/api/v1/bots/{make_bot().pk}/", {"name": "X"}, format="json")
    assert "1234" not in str(_assert_problem(answer, 500))


def test_too_many_requests_say_when_to_come_again(configured: Any) -> None:
    configured("api", requests_per_minute=3)
    client = caller_with("viewer", make_bot())
    answers = [client.get("/api/v1/bots/") for _ in range(4)]
    _assert_problem(answers[-1], 429)
    assert [answer.status_code for answer in answers[:3]] == [200] * 3
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert caller_with("viewer", make_bot()).get("/api/v1/bots/").status_code == 200


def test_a_change_writes_only_what_was_given() -> None:
    bot = make_bot(name="Before", greeting="Hi")
    stale = Bot.objects.get(pk=bot.pk)
    Bot.objects.filter(pk=bot.pk).update(greeting="changed meanwhile")
    row_changes.change(stale, {"name": "After"}, "command line")
    bot.refresh_from_db()
    assert (bot.name, bot.greeting) == ("After", "changed meanwhile")


def test_a_page_of_the_chat_is_no_problem_document() -> None:
    assert "json" not in Client().get("/nothing/here/")["Content-Type"]


def test_an_unknown_address_is_404_whatever_the_method() -> None:
    _assert_problem(Client(enforce_csrf_checks=True).post("/api/v1/nothing/", {}, content_type="application/json"), 404)
