"""`persist_memory` stores one turn of a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from memory.errors import UnknownScope
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import MORNING, found, person, turn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def _conversation(scope: Scope) -> Any:
    channel = apps.get_model("bots", "Channel").objects.create(bot_id=scope.bot_id, platform="web")
    return apps.get_model("bots", "Conversation").objects.create(
        bot_id=scope.bot_id, person_id=scope.person_id, channel=channel, chat_id="c1"
    )


def test_a_persisted_memory_belongs_to_the_conversations_person() -> None:
    ann = person()
    talk = _conversation(ann)
    entry = MemoryStore(ann.bot_id).persist_memory(talk.pk, "My sister lives in Chengdu", occurred_at=MORNING)
    stored = MemoryEntry.objects.for_person(ann.bot_id, ann.person_id).get(pk=entry)
    assert (stored.conversation_id, stored.session, stored.role) == (talk.pk, str(talk.pk), "user")
    assert found(ann, "sister") == ["My sister lives in Chengdu"]
    assert found(ann, "sister", exclude_conversation=talk.pk) == []
    assert found(ann, "sister", exclude_conversation=talk.pk, exclude_since=MORNING.replace(hour=10)) != []


def test_a_memory_outlives_the_transcript_it_came_from() -> None:
    ann = person()
    talk = _conversation(ann)
    MemoryStore(ann.bot_id).persist_memory(talk.pk, "My sister lives in Chengdu")
    talk.delete()
    assert found(ann, "sister") == ["My sister lives in Chengdu"]


def test_a_conversation_of_another_bot_is_refused() -> None:
    talk = _conversation(person())
    with pytest.raises(UnknownScope):
        MemoryStore(person().bot_id).persist_memory(talk.pk, "hello")


def test_blank_turns_are_not_remembered() -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    assert store.remember([turn(ann, "  ")]) == []
    with pytest.raises(ValueError, match="blank"):
        store.persist_memory(_conversation(ann).pk, " ")


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        turn(person(), "hello", occurred_at=MORNING.replace(tzinfo=None))
