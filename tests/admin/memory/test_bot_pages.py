"""Retention preview and memory state of a bot: correct, within the query budget, and only for granted bots."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from bots.models import Bot, BotAccess
from memory.models import LargeScope, MemoryEntry
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_memory, make_user

pytestmark = pytest.mark.django_db
NAMES = ("retention", "memory")
LANGUAGES = ("en", "zh-hans")


def page(bot: Bot, name: str) -> str:
    return reverse(f"admin:bots_bot_{name}", args=(bot.pk,))


def old_memory(bot: Bot, text: str, days: int, **values: Any) -> MemoryEntry:
    entry = make_memory(make_conversation(make_channel(bot, name=text), text), text)
    at = timezone.now() - timedelta(days=days)
    MemoryEntry.objects.filter(pk=entry.pk).update(occurred_at=at, last_seen_at=at, created_at=at, **values)
    return entry


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_the_pages_open_for_an_empty_bot(name: str, language: str) -> None:
    assert login(make_user(), language).get(page(make_bot(), name)).status_code == 200


def test_the_preview_shows_what_goes_and_what_stays() -> None:
    bot = make_bot(retention_days=30)
    old_memory(bot, "long ago", 100)
    old_memory(bot, "long ago and pinned", 100, pinned=True)
    old_memory(bot, "lately", 3)
    client = login(make_user())
    html = client.get(page(bot, "retention")).content.decode()
    assert "1 memory will be deleted" in html
    assert "long ago" in html
    assert "lately" not in html
    assert "long ago and pinned" not in html
    assert MemoryEntry.objects.count() == 3


def test_another_number_of_days_is_tried_without_being_saved() -> None:
    bot = make_bot(retention_days=0)
    old_memory(bot, "long ago", 100)
    client = login(make_user())
    assert "for ever" in client.get(page(bot, "retention")).content.decode()
    assert "1 memory will be deleted" in client.get(page(bot, "retention"), {"days": "30"}).content.decode()
    for nonsense in ("-1", "x", "9" * 50, "²"):
        assert "for ever" in client.get(page(bot, "retention"), {"days": nonsense}).content.decode()
    bot.refresh_from_db()
    assert bot.retention_days == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "1 memory will be deleted</b>, with this setting: said from"),
        ("zh-hans", "1 条记忆将被删除</b>（若如此设置）：说出时间为"),
    ],
)
def test_a_number_that_is_tried_is_said_in_one_sentence(language: str, words: str) -> None:
    bot = make_bot(retention_days=0)
    old_memory(bot, "long ago", 100)
    html = login(make_user(), language).get(page(bot, "retention"), {"days": "30"}).content.decode()
    assert words in html


@pytest.mark.parametrize("name", NAMES)
def test_the_pages_keep_their_budget(name: str, django_assert_max_num_queries: Any) -> None:
    bot = make_bot(retention_days=30)
    for number in range(30):
        old_memory(bot, f"note {number}", 100)
    client = login(make_user())
    with django_assert_max_num_queries(14):
        assert client.get(page(bot, name)).status_code == 200


def test_the_state_counts_memories_and_lists_large_ones() -> None:
    bot = make_bot()
    entry = old_memory(bot, "note", 1)
    LargeScope.objects.create(bot_id=bot.pk, person_id=entry.person_id, rows=123_456)
    response = login(make_user()).get(page(bot, "memory"))
    assert (response.context["stats"].entries, response.context["searched"]) == (1, 1)
    html = response.content.decode()
    assert "123456 rows" in html or "123,456 rows" in html
    assert "to be built" in html


@pytest.mark.parametrize("name", NAMES)
def test_another_bot_is_not_there(name: str) -> None:
    mine, theirs = make_bot("mine"), make_bot("theirs")
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot=mine, role=BotAccess.Role.OPERATOR)
    client = login(user)
    assert client.get(page(mine, name)).status_code == 200
    assert client.get(page(theirs, name)).status_code == 404
