"""Reminders follow their person: links, new ids of chats, exports, erasure."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from bots import reminders
from bots.models import Channel, Conversation, Occurrence, OutboundMessage, Person, Schedule, sql
from bots.people import erasure, export, linking, moving
from tests.builders import make_channel, say
from tests.reminders.builders import make_chat, make_schedule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

ROOT = "command line"
LATER = "2027-03-01T09:00"


@pytest.fixture
def there() -> Channel:
    return make_channel()


def due_now(row: Schedule) -> None:
    now = timezone.now()
    Schedule.objects.filter(pk=row.pk).update(next_local=row.wall(now), next_at=now)


def test_a_link_keeps_all_and_no_number_twice_and_can_be_undone(there: Channel) -> None:
    ann, other = make_chat(there), make_chat(make_channel(there.bot), "ann2")
    for chat in (ann, other):
        make_schedule(chat, LATER, text=f"one of {chat.chat_id}")
        make_schedule(chat, LATER, text=f"two of {chat.chat_id}")
    linking.link(ann.person, other.person, ROOT)
    mine = Schedule.objects.for_person(ann.person)
    assert sorted(mine.values_list("number", flat=True)) == [1, 2, 3, 4]
    moved = mine.get(text="one of ann2")
    due_now(moved)
    assert reminders.deliver(moved.pk)  # in the chat where it was made
    assert OutboundMessage.objects.get().channel_id == other.channel_id
    linking.unlink(other.person, ROOT)
    assert set(Schedule.objects.for_person(other.person).values_list("text", flat=True)) == {
        "one of ann2", "two of ann2"
    }  # fmt: skip
    assert Schedule.objects.for_person(ann.person).count() == 2


def test_a_group_with_a_new_id_keeps_its_reminders(there: Channel) -> None:
    ann = make_chat(there)
    say(there, "hello", chat="old", user="ann", chat_type="group", mentions_bot=True)
    group = Conversation.objects.get(chat_id="old")
    row = make_schedule(group, LATER, person=ann.person)
    moving.move_group(there, "old", "new")
    due_now(row)
    assert reminders.deliver(row.pk)
    sent = OutboundMessage.objects.order_by("-pk")[0]
    assert sent.payload["chat_id"] == "new"
    assert sent.payload["text"] == "⏰ @Ann: drink water"


def test_after_new_it_comes_in_the_new_conversation(there: Channel) -> None:
    ann = make_chat(there)
    row = make_schedule(ann, LATER)
    say(there, "/new", chat="ann", chat_type="private")
    due_now(row)
    assert reminders.deliver(row.pk)
    occurrence = Occurrence.objects.get()
    assert occurrence.message is not None
    assert occurrence.message.conversation.closed_at is None
    assert occurrence.message.conversation_id != ann.pk


def test_an_export_has_them(there: Channel) -> None:
    ann = make_chat(there)
    make_schedule(ann, LATER, "FREQ=DAILY", text="vitamins")
    found = json.loads(export.document(ann.person, ROOT))
    assert [(one["text"], one["rule"], one["local"]) for one in found["reminders"]] == [
        ("vitamins", "FREQ=DAILY", "2027-03-01T09:00:00")
    ]
    assert found["labels"] == found["broadcasts"] == []


def test_an_erasure_leaves_none(there: Channel) -> None:
    ann, ben = make_chat(there), make_chat(there, "ben")
    row = make_schedule(ann, LATER, "FREQ=DAILY")
    kept = make_schedule(ben, LATER)
    due_now(row)
    reminders.deliver(row.pk)
    erased = erasure.erase(ann.person, ROOT)
    assert (erased.counts["reminders"], erased.counts["reminded"]) == (1, 1)
    assert list(Schedule.objects.all()) == [kept]
    assert not Occurrence.objects.exists()
    assert not Person.objects.filter(pk=ann.person_id).exists()


def test_a_blocked_person_and_a_stranger_wait(there: Channel) -> None:
    ann = make_chat(there)
    row = make_schedule(ann, LATER)
    Person.objects.filter(pk=ann.person_id).update(blocked=True)
    due_now(row)
    assert not reminders.deliver(row.pk)
    Person.objects.filter(pk=ann.person_id).update(blocked=False)
    ann.person.identities.update(access="denied")
    due_now(row)
    assert not reminders.deliver(row.pk)
    ann.person.identities.update(access="")
    due_now(row)
    assert reminders.deliver(row.pk)


def test_the_model_sees_that_it_reminded(there: Channel) -> None:
    ann = make_chat(there)
    row = make_schedule(ann, LATER)
    due_now(row)
    reminders.deliver(row.pk)
    said = sql.latest_messages(ann.pk, 5, in_group=False)
    assert [(one.role, one.text) for one in said] == [("assistant", "⏰ drink water")]
