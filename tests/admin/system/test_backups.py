"""The page of backups: for superusers alone; it decides about what a restore holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from bots.models import AuditEntry, BackupRun, BotAccess, InboundEvent, OutboundMessage
from bots.models.sql import clock
from clawdbot.reasons import Reason, columns
from tests.admin.builders import address, login, make_bot, make_channel, make_conversation, make_turn, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
NOW, DECIDE = "admin:bots_backup_now", "admin:bots_backup_decide"


@pytest.fixture
def held() -> tuple[OutboundMessage, InboundEvent]:
    sent = make_turn(make_conversation(make_channel(make_bot())), text="Hello?", answer="Good morning")
    OutboundMessage.objects.update(state="held")
    InboundEvent.objects.update(state="held")
    return sent, InboundEvent.objects.get()


def states(rows: tuple[Any, ...]) -> list[str]:
    for row in rows:
        row.refresh_from_db()
    return [str(row.state) for row in rows]


@pytest.mark.parametrize(("language", "word"), [("en", "had begun"), ("zh-hans", "恢复后暂留")])
def test_the_page_lists_what_is_held(held: tuple[Any, Any], language: str, word: str) -> None:
    InboundEvent.objects.update(claimed_at=clock.now())
    page = login(make_user(), language).get(address(BackupRun, "changelist")).content.decode()
    assert word in page
    assert f"send:{held[0].pk}" in page
    assert f"answer:{held[1].pk}" in page


def test_the_dashboard_points_to_it(held: tuple[Any, Any]) -> None:
    page = login(make_user()).get(reverse("admin:index")).content.decode()
    assert "Held after a restore" in page
    assert address(BackupRun, "changelist") in page
    assert states(held) == ["held", "held"]


def test_a_failed_backup_is_on_the_dashboard_of_superusers() -> None:
    failed = columns("error", Reason("backup_place_unusable", place="/mnt", why="No space left on device"), 300)
    BackupRun.objects.create(state="failed", **failed)
    assert "No space left on device" in login(make_user()).get(reverse("admin:index")).content.decode()
    viewer = make_user("viewer", superuser=False)
    assert "No space left" not in login(viewer).get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize(
    ("decision", "after"), [("release", ["pending", "pending"]), ("drop", ["discarded", "ignored"])]
)
def test_the_buttons_decide_about_all(held: tuple[Any, Any], decision: str, after: list[str]) -> None:
    login(make_user()).post(reverse(DECIDE), {"decision": decision})
    assert states(held) == after
    assert AuditEntry.objects.get(action=decision).actor == "root"


def test_with_a_mark_they_decide_about_the_marked(held: tuple[Any, Any]) -> None:
    login(make_user()).post(reverse(DECIDE), {"decision": "drop", "row": [f"send:{held[0].pk}", "odd", "send:x"]})
    assert states(held) == ["discarded", "held"]


def test_an_unknown_decision_changes_nothing(held: tuple[Any, Any]) -> None:
    login(make_user()).post(reverse(DECIDE), {"decision": "explode"})
    assert states(held) == ["held", "held"]


def test_a_manager_of_the_bot_may_do_nothing_of_it(held: tuple[Any, Any]) -> None:
    manager = make_user("manager", superuser=False)
    BotAccess.objects.create(user=manager, bot=held[0].channel.bot, role=BotAccess.Role.MANAGER)
    client = login(manager)
    assert client.get(address(BackupRun, "changelist")).status_code == 403
    assert client.post(reverse(DECIDE), {"decision": "release"}).status_code == 403
    assert client.post(reverse(NOW)).status_code == 403
    assert states(held) == ["held", "held"]
    assert client.get(reverse(DECIDE)).status_code == 405


def test_the_button_asks_a_worker_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    asked: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args, **_options: asked.append((name, args)))
    client = login(make_user())
    client.post(reverse(NOW))
    assert asked == [("bots.backup_now", ("root",))]
    BackupRun.objects.create(alive_at=clock.now() + timedelta(seconds=1))
    client.post(reverse(NOW))
    assert len(asked) == 1
