"""Every answer that a browser can show carries a Content-Security-Policy without inline scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.admin.builders import login, make_user
from tests.webchat.builders import make_bot

pytestmark = pytest.mark.django_db


def rules(response: Any) -> dict[str, str]:
    return dict(rule.split(" ", 1) for rule in response["Content-Security-Policy"].split("; "))


@pytest.mark.parametrize(
    "path", ["/admin/login/", "/admin/", "/nothing/here", "/api/docs/", "/api/v1/bots/", "/healthz"]
)
def test_no_page_runs_inline_scripts_or_is_framed(path: str) -> None:
    found = rules(login(make_user()).get(path))
    assert "unsafe-inline" not in found["script-src"]
    assert found["object-src"] == found["base-uri"] == found["frame-ancestors"] == "'none'"
    assert ("unsafe-eval" in found["script-src"]) == path.startswith("/admin/")


def test_a_page_without_a_bot_says_so_under_its_own_policy(client: Client) -> None:
    assert rules(client.get("/"))["default-src"] == "'none'"


def test_the_chat_keeps_its_policy_and_the_sites_that_may_frame_it(client: Client) -> None:
    make_bot(allowed_origins=["https://friend.test"])
    found = rules(client.get("/chat/ada/"))
    assert found["script-src"] == "'self'"
    assert found["frame-ancestors"] == "'self' https://friend.test"


def test_the_answer_of_a_locked_log_in_has_one_too(client: Client) -> None:
    for number in range(6):
        answer = client.post("/admin/login/", {"username": "nobody", "password": f"wrong {number}"})
    assert answer.status_code == 429
    assert rules(answer)["frame-ancestors"] == "'none'"
