"""The page of the retention: previews change nothing, wrong days are refused as a whole, only superusers come in."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from bots.maintenance.retention.kinds import KINDS
from bots.models import AuditEntry, InboundEvent, RetentionRule
from tests.admin.builders import login, make_user
from tests.maintenance.retention.builders import make_chat, make_inbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]
URL = "/admin/bots/backuprun/retention/"


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def goes(page: str, key: str) -> str:
    found = re.search(rf'data-goes="{key}">([^<]*)<', page)
    assert found is not None
    return found[1]


def test_the_page_says_what_goes_next_of_each_kind() -> None:
    make_inbound(make_chat(), 100)
    page = text_of(login(make_user()).get(reverse("admin:bots_retention")))
    assert goes(page, "inbox") == "1"
    assert goes(page, "files") == "nothing, kept for ever"
    for kind in KINDS:
        assert str(kind.title) in page
        assert str(kind.loses) in page


def test_the_page_says_what_could_not_be_deleted_and_why() -> None:
    for key in ("inbox", RetentionRule.WITHOUT_DAYS):
        RetentionRule.objects.create(
            kind=key, failed_at=timezone.now(), error="OSError: full", error_code="raised",
            error_params={"error": "OSError", "why": f"{key} is full"},
        )  # fmt: skip
    user = make_user()
    for language, says in (("en", "failed"), ("zh-hans", "失败")):
        page = text_of(login(user, language).get(URL))
        for key in ("inbox", "without_days"):
            assert re.search(rf"{says}[^<]*OSError[:：] ?{key} is full", page), (language, key)


def test_the_page_shows_the_retention_of_memories_and_what_has_no_days() -> None:
    bot = make_chat().bot
    bot.retention_days = 12
    bot.save()
    page = text_of(login(make_user()).get(URL))
    assert reverse("admin:bots_bot_retention", args=(bot.pk,)) in page
    assert "12 days" in page
    assert "stay until their person is erased" in page


def test_a_preview_of_other_days_changes_nothing() -> None:
    make_inbound(make_chat(), 20)
    page = text_of(login(make_user()).post(URL, {"do": "preview", "days_inbox": "10"}))
    assert goes(page, "inbox") == "1"
    assert 'value="10"' in page
    assert not RetentionRule.objects.exists()
    assert InboundEvent.objects.count() == 1


def test_saved_days_hold_and_are_noted() -> None:
    client = login(make_user("root"))
    page = text_of(client.post(URL, {"do": "save", "days_inbox": "10", "days_audit": "0"}, follow=True))
    assert "Saved: the days of 2 kinds." in page
    assert dict(RetentionRule.objects.values_list("kind", "days")) == {"inbox": 10, "audit": 0}
    noted = AuditEntry.objects.filter(action="changed").values_list("actor", "subject")
    assert set(noted) == {("root", "retention.inbox"), ("root", "retention.audit")}
    text_of(client.post(URL, {"do": "save", "days_inbox": ""}, follow=True))
    assert RetentionRule.objects.get(kind="inbox").days is None


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ("7", "Inbox: at least 8 days, or 0 for ever."),
        ("-1", "Write a whole number"),
        ("1.5", "Write a whole number"),
        ("thirty", "Write a whole number"),
        ("99999999999999999999", "Write a whole number"),
        ("36501", "at most 36500"),
        ("٣٠", "Write a whole number"),
    ],
)
def test_wrong_days_change_nothing_and_stay_in_the_field(days: str, says: str) -> None:
    page = text_of(login(make_user()).post(URL, {"do": "save", "days_inbox": days, "days_runs": "5"}))
    assert says in page
    assert f'value="{days}"' in page
    assert not RetentionRule.objects.exists()


def test_a_run_is_left_to_a_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = list[str]()
    monkeypatch.setattr("celery.app.base.Celery.send_task", lambda self, name, *a, **k: sent.append(name))
    make_inbound(make_chat(), 100)
    text_of(login(make_user()).post(URL, {"do": "run"}, follow=True))
    assert sent == ["bots.retention"]
    assert InboundEvent.objects.count() == 1


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_superusers_come_in(method: str) -> None:
    client = login(make_user("clerk", superuser=False))
    assert getattr(client, method)(URL, {"do": "save", "days_inbox": "30"}).status_code == 403
    assert not RetentionRule.objects.exists()


def test_the_page_speaks_chinese() -> None:
    page = text_of(login(make_user(), "zh-hans").get(URL))
    assert "保留期限" in page
    with override("en"):
        english = [text for kind in KINDS for text in (str(kind.title), str(kind.loses))]
    assert [text for text in english if text in page] == []


def test_the_page_costs_the_same_for_few_rows_and_for_many(django_assert_max_num_queries: Any) -> None:
    chat, client = make_chat(), login(make_user())
    for number in range(200):
        make_inbound(chat, 200 - number)
    with django_assert_max_num_queries(50):
        text_of(client.get(URL))
