"""The retention through the API: only for superusers, previews save nothing, wrong days are refused as a whole."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.maintenance.retention.kinds import KINDS
from bots.models import AuditEntry, InboundEvent, RetentionRule
from tests.api.builders import caller, caller_with, make_user, superuser
from tests.maintenance.retention.builders import make_chat, make_inbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]
URL = "/api/v1/retention/"


def by_kind(answer: Any) -> dict[str, dict[str, Any]]:
    assert answer.status_code == 200, answer.content
    return {one["kind"]: one for one in answer.json()["kinds"]}


def test_it_shows_each_kind_and_what_goes_next() -> None:
    old = make_inbound(make_chat(), 100)
    found = by_kind(superuser().get(URL))
    assert list(found) == [kind.key for kind in KINDS]
    inbox = found["inbox"]
    assert (inbox["days"], inbox["own"], inbox["least"], inbox["goes"], inbox["exact"]) == (90, False, 8, 1, True)
    assert inbox["oldest"][:10] == old.received_at.isoformat()[:10]
    assert (inbox["last_run"], inbox["failed_at"], inbox["error"]) == (None, None, "")
    assert (found["files"]["days"], found["files"]["goes"]) == (0, 0)


def test_other_days_are_tried_out_and_nothing_is_saved() -> None:
    chat = make_chat()
    for days in (100, 40, 20):
        make_inbound(chat, days)
    inbox = by_kind(superuser().get(URL, {"inbox": 30}))["inbox"]
    assert (inbox["days"], inbox["previewed_days"], inbox["goes"]) == (90, 30, 2)
    assert by_kind(superuser().get(URL, {"inbox": 0}))["inbox"]["goes"] == 0
    assert not RetentionRule.objects.exists()
    assert InboundEvent.objects.count() == 3


def test_days_are_changed_and_the_audit_log_says_who_did_it() -> None:
    user = make_user("root", is_superuser=True)
    found = by_kind(caller(user).patch(URL, {"inbox": 30, "audit": 0}, format="json"))
    assert (found["inbox"]["days"], found["inbox"]["own"], found["audit"]["days"]) == (30, True, 0)
    noted = AuditEntry.objects.filter(subject__in=("retention.inbox", "retention.audit"))
    assert sorted(noted.values_list("actor", "subject")) == [("root", "retention.audit"), ("root", "retention.inbox")]
    found = by_kind(caller(user).patch(URL, {"inbox": None}, format="json"))
    assert (found["inbox"]["days"], found["inbox"]["own"], found["audit"]["days"]) == (90, False, 0)


@pytest.mark.parametrize(
    ("wrong", "field", "says"),
    [
        ({"inbox": 7}, "inbox", "at least 8 days"),
        ({"audit": 179}, "audit", "some laws"),
        ({"inbox": -1}, "inbox", "greater than or equal to 0"),
        ({"inbox": 36_501}, "inbox", "less than or equal to 36500"),
        ({"inbox": "soon"}, "inbox", "valid integer"),
        ({"inbox": True}, "inbox", "valid integer"),
        ({"letters": 30}, "letters", "no such kind"),
        ({"without_days": 30}, "without_days", "no such kind"),
    ],
)
def test_wrong_days_change_nothing(wrong: dict[str, Any], field: str, says: str) -> None:
    answer = superuser().patch(URL, {"runs": 5} | wrong, format="json")
    assert answer.status_code == 400
    assert says in str(answer.json()["errors"][field])
    assert not RetentionRule.objects.exists()
    assert not AuditEntry.objects.filter(subject__startswith="retention").exists()


@pytest.mark.parametrize("body", [[{"inbox": 30}], "inbox", 30, None])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    answer = superuser().patch(URL, json.dumps(body), content_type="application/json")
    assert answer.status_code == 400, answer.content
    assert not RetentionRule.objects.exists()


@pytest.mark.parametrize("query", [{"inbox": "7"}, {"letters": "30"}, {"inbox": ""}, {"inbox": "null"}])
def test_a_wrong_preview_is_refused(query: dict[str, str]) -> None:
    answer = superuser().get(URL, query)
    assert answer.status_code == 400
    assert set(answer.json()["errors"]) == set(query)


def test_only_superusers_come_in() -> None:
    bot = make_chat().bot
    staff = caller(make_user(is_staff=True))
    for client, status in ((caller_with("manager", bot), 403), (staff, 403), (Client(), 401)):
        assert client.get(URL).status_code == status
        assert client.patch(URL, "{}", content_type="application/json").status_code == status
    assert superuser().post(URL, {}, format="json").status_code == 405


def test_it_says_why_a_kind_could_not_be_deleted() -> None:
    at = timezone.now() - timedelta(hours=1)
    RetentionRule.objects.create(
        kind="files", days=30, failed_at=at, error="OSError: full", error_code="raised",
        error_params={"error": "OSError", "why": "No space left on device"},
    )  # fmt: skip
    files = by_kind(superuser().get(URL))["files"]
    assert files["failed_at"] is not None
    assert files["error"] == "OSError: No space left on device"
