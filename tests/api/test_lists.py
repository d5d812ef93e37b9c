"""Pages, filters and orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.api.builders import caller_with, make_bot, make_channel, make_conversation, make_message, remember, superuser

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def _ids(client: Any, path: str, **query: Any) -> list[Any]:
    answer = client.get(path, query)
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_following_next_shows_every_row_once_though_new_ones_arrive() -> None:
    conversation = make_conversation(make_channel())
    before = [make_message(conversation, f"m{number}").pk for number in range(7)]
    client = caller_with("viewer", conversation.bot)
    page = client.get("/api/v1/messages/?page_size=3").json()
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        make_message(conversation, "arrived meanwhile")
        page = client.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert seen == sorted(before, reverse=True)


def test_conversations_with_the_same_moment_are_not_lost_between_pages() -> None:
    channel, moment = make_channel(), timezone.now()
    made = {make_conversation(channel, last_message_at=moment).pk for _ in range(7)}
    client = caller_with("viewer", channel.bot)
    page = client.get("/api/v1/conversations/?page_size=2").json()
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        page = client.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    assert len(seen) == 7
    assert set(seen) == made


def test_messages_by_conversation_person_role_text_and_time() -> None:
    channel = make_channel()
    first, second = make_conversation(channel), make_conversation(channel)
    old = make_message(first, "my sister", occurred_at=timezone.now() - timedelta(days=3))
    said = make_message(first, "answer", role="assistant")
    other = make_message(second, "hello sister")
    client, path = caller_with("viewer", channel.bot), "/api/v1/messages/"
    assert _ids(client, path) == [other.pk, said.pk, old.pk]
    assert _ids(client, path, ordering="id") == [old.pk, said.pk, other.pk]
    assert _ids(client, path, conversation=first.pk) == [said.pk, old.pk]
    assert _ids(client, path, person=second.person_id) == [other.pk]
    assert _ids(client, path, role="assistant") == [said.pk]
    assert _ids(client, path, q="SISTER") == [other.pk, old.pk]
    since = (timezone.now() - timedelta(days=1)).isoformat()
    assert _ids(client, path, since=since) == [other.pk, said.pk]
    assert _ids(client, path, until=since) == [old.pk]


def test_conversations_by_state_channel_and_whether_they_are_open() -> None:
    bot = make_bot()
    channel, elsewhere = make_channel(bot), make_channel(bot)
    opened, closed, foreign = make_conversation(channel), make_conversation(channel), make_conversation(elsewhere)
    closed.close()
    closed.save()
    client, path = superuser(), "/api/v1/conversations/"
    assert set(_ids(client, path, bot=bot.pk)) == {opened.pk, closed.pk, foreign.pk}
    assert _ids(client, path, channel=channel.public_id, open="true") == [opened.pk]
    assert _ids(client, path, open="false") == [closed.pk]
    assert _ids(client, path, state="closed") == [closed.pk]
    assert _ids(client, path, channel=elsewhere.public_id) == [foreign.pk]


def test_people_by_name_key_and_account() -> None:
    channel = make_channel()
    anna, bert = make_conversation(channel, chat_id="acc-1").person, make_conversation(channel, chat_id="acc-2").person
    anna.display_name = "Anna"
    anna.save()
    client, path = superuser(), "/api/v1/people/"
    assert _ids(client, path, q="ann") == [anna.pk]
    assert _ids(client, path, key=bert.key) == [bert.pk]
    assert _ids(client, path, external_id="acc-2") == [bert.pk]
    assert _ids(client, path, blocked="true") == []


def test_memories_by_person_and_words_and_repeated_words_once() -> None:
    channel = make_channel()
    anna, bert = make_conversation(channel).person, make_conversation(channel).person
    tea, tea_again, cats = remember(anna, "I like tea", "I like tea", "I have cats")
    coffee = remember(bert, "I like coffee")[0]
    client, path = superuser(), "/api/v1/memories/"
    assert _ids(client, path, person=anna.pk) == [cats, tea]
    assert _ids(client, path, q="like", bot=channel.bot_id) == [coffee, tea]
    assert tea_again not in _ids(client, path)
    assert client.get(f"{path}{tea}/").json()["repeated"] == 1


def test_bots_by_slug_and_name() -> None:
    ada, _ = make_bot(slug="ada", name="Ada Bot"), make_bot(slug="bob", enabled=False)
    client = superuser()
    assert _ids(client, "/api/v1/bots/", slug="ada") == [ada.pk]
    assert _ids(client, "/api/v1/bots/", q="ada b") == [ada.pk]
    assert _ids(client, "/api/v1/bots/", enabled="true") == [ada.pk]
