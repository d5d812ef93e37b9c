"""The page of a bot previews retention and starts a consolidation; the page of the run shows its report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from memory.models import ConsolidationRun, MemoryEntry
from memory.storage import wakeups
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_memory, make_user

pytestmark = pytest.mark.django_db


def test_the_bots_page_shows_what_retention_will_delete() -> None:
    bot = make_bot(retention_days=30)
    memory = make_memory(make_conversation(make_channel(bot), "ann"), "The <b>old</b> boat was red")
    page = reverse("admin:bots_bot_change", args=(bot.pk,))
    client = login(make_user())
    assert "Nothing is older than 30 days." in client.get(page).content.decode()
    long_ago = timezone.now() - timedelta(days=40)
    MemoryEntry.objects.filter(pk=memory.pk).update(occurred_at=long_ago, last_seen_at=long_ago, created_at=long_ago)
    shown = client.get(page).content.decode()
    assert "1 memory older than 30 days will be deleted tonight" in shown
    assert "ann (1)" in shown
    assert "The &lt;b&gt;old&lt;/b&gt; boat was red" in shown
    bot.retention_days = 0
    bot.save()
    assert "Memories are kept for ever." in client.get(page).content.decode()


def test_the_action_starts_a_consolidation_of_the_chosen_bots(monkeypatch: pytest.MonkeyPatch) -> None:
    bot, _other = make_bot("ada"), make_bot("bob")
    asked: list[int] = []
    monkeypatch.setattr(wakeups, "optimize_soon", asked.append)
    data: dict[str, Any] = {"action": "optimize_selected", "_selected_action": [bot.pk]}
    response = login(make_user()).post(reverse("admin:bots_bot_changelist"), data, follow=True)
    assert asked == [bot.pk]
    assert "1 memory is being optimized" in response.content.decode()


def test_a_queue_that_is_down_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = make_bot("ada")

    def down(_bot: int) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(wakeups, "optimize_soon", down)
    data: dict[str, Any] = {"action": "optimize_selected", "_selected_action": [bot.pk]}
    response = login(make_user()).post(reverse("admin:bots_bot_changelist"), data, follow=True)
    assert "does not answer (ConnectionRefusedError)" in response.content.decode()


def test_a_run_tells_its_report_in_words() -> None:
    report = {"counts": {"facts_added": 7}, "model": None, "errors": []}
    run = ConsolidationRun.objects.create(bot=make_bot("ada"), state="done", report=report)
    page = reverse("admin:memory_consolidationrun_change", args=(run.pk,))
    shown = login(make_user()).get(page).content.decode()
    assert '<span class="claw-grow">facts added</span> 7' in shown
    assert "facts_added" not in shown
    assert "claw-json" not in shown


def test_a_run_is_named_after_the_readers_time() -> None:
    started = datetime(2026, 11, 26, 23, 51, tzinfo=UTC)
    run = ConsolidationRun.objects.create(bot=make_bot("ada"), state="done", started_at=started)
    client = login(make_user())
    client.cookies["clawdbot_tz"] = "Asia%2FShanghai"
    shown = client.get(reverse("admin:memory_consolidationrun_change", args=(run.pk,))).content.decode()
    assert "Ada 2026-11-27 07:51" in shown
    assert "2026-11-26 23:51" not in shown
