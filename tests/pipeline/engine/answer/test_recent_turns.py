"""Recent turns of the prompt equal the rows after any change, and cost no query without one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from adapters.events import Event, EventKind
from bots.models import Channel, Conversation, InboundEvent, Message, Person, sql
from bots.operations import memories, messages
from bots.people import audit_log, erasure, identities, linking
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.engine.answer import recent_turns
from bots.pipeline.outbox import proactive
from memory.models import MemoryEntry
from memory.store import MemoryStore
from tests.builders import make_channel, make_event, say
from tests.peers import StubModel
from tests.threads import on_another_connection

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.databases("memory"),
    pytest.mark.usefixtures("model", "words_only"),
]

ROOT = Path(__file__).resolve().parents[4]
GROUP = {"chat": "g1", "chat_type": "group", "mentions_bot": True}


def talk(channel: Channel, text: str, **values: Any) -> None:
    assert say(channel, text, **values).state == InboundEvent.State.DONE


def group_says(channel: Channel, text: str, user: str) -> None:
    talk(channel, text, user=user, user_name=user.title(), **GROUP)


def next_turn(channel: Channel, **values: Any) -> engine.Turn:
    """Returns a turn of the chat that begins now."""
    event: Event = make_event("what did we say?", **values)
    speaker = identities.find_speaker(channel, event)
    return engine.Turn(
        bot=channel.bot,
        channel=channel,
        person=speaker.person,
        group=speaker.group,
        identity=speaker.identity,
        conversation=speaker.conversation,
        version=speaker.version,
        event=event,
        inbound_id=0,
        text=event.text,
        language="en",
        now=timezone.now(),
    )


def shown(channel: Channel, **values: Any) -> list[str]:
    """Returns the recent turns of the next prompt; checks them against the rows."""
    turn = next_turn(channel, **values)
    found = [recent_turns.words(said) for said in recent_turns.latest(turn)]
    rows = Message.objects.filter(conversation=turn.conversation, forgotten=False).select_related("person")
    said = list(rows.order_by("-pk")[: recent_turns.SHOWN])[::-1]
    named = turn.group is not None
    assert found == [
        f"{row.person}: {row.text}" if named and row.role == "user" and row.person else row.text for row in said
    ]
    return found


def queries(channel: Channel, **values: Any) -> int:
    """Returns the number of queries for the recent turns of a turn."""
    turn = next_turn(channel, **values)
    with CaptureQueriesContext(connection) as seen:
        recent_turns.latest(turn)
    return len(seen)


def person() -> Person:
    return Person.objects.select_related("bot").get(kind=Person.Kind.HUMAN)


def test_the_next_turn_of_a_chat_reads_no_messages(channel: Channel) -> None:
    talk(channel, "I like tea")
    with CaptureQueriesContext(connection) as seen:
        talk(channel, "I like boats")
    table = Message._meta.db_table
    assert not [query for query in seen if query["sql"].startswith("SELECT") and "forgotten" in query["sql"]]
    assert len([query for query in seen if query["sql"].startswith(f"INSERT INTO {table} ")]) == 2
    assert queries(channel) == 0
    assert shown(channel) == ["I like tea", "You said: I like tea", "I like boats", "You said: I like boats"]


def test_a_process_that_does_not_hold_the_chat_reads_them_once(channel: Channel) -> None:
    talk(channel, "I like tea")
    MemoryStore(channel.bot_id).session_memory.clear_cache()
    assert [queries(channel) for _ in range(3)] == [1, 0, 0]


def test_a_new_chat_begins_without_turns_and_without_a_query(channel: Channel) -> None:
    talk(channel, "I like tea")
    talk(channel, "/new")
    assert queries(channel) == 0
    assert shown(channel) == []


def test_commands_and_questions_are_shown_as_well(channel: Channel) -> None:
    talk(channel, "I like tea")
    talk(channel, "/forget")
    talk(channel, "no")
    assert [text for text in shown(channel) if not text.startswith(("This", "You"))] == [
        "I like tea",
        "/forget",
        "no",
        "Nothing was deleted.",
    ]


def test_of_a_long_talk_the_last_twelve_are_shown(channel: Channel) -> None:
    for number in range(8):
        talk(channel, f"turn {number}")
    assert len(shown(channel)) == 12
    assert queries(channel) == 0


def test_the_version_is_read_from_an_index(channel: Channel) -> None:
    talk(channel, "I like tea")
    with CaptureQueriesContext(connection) as seen:
        next_turn(channel)
    (sql,) = [query["sql"] for query in seen if "ORDER BY m.id DESC" in query["sql"]]
    # For a handful of rows the planner takes any index: its choice depends on when autovacuum counted them.
    person = Person.objects.get()
    others = [
        Conversation(person=person, bot=channel.bot, channel=channel, chat_id=f"other-{number}")
        for number in range(100)
    ]
    Message.objects.bulk_create(
        Message(conversation=other, role=Message.Role.USER, text=f"row {number}")
        for other in Conversation.objects.bulk_create(others)
        for number in range(40)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(f"EXPLAIN {'QUERY PLAN ' if connection.vendor == 'sqlite' else ''}{sql}")
        plan = str(cursor.fetchall())
    assert "message_conversation_recent" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


CHANGES: dict[str, Callable[[Channel], Any]] = {
    "an edit on the platform": lambda channel: talk(channel, "I like jam", message_id="m-1", kind=EventKind.EDIT),
    "a deletion on the platform": lambda channel: talk(channel, "", message_id="m-1", kind=EventKind.DELETE),
    "/forget": lambda channel: [talk(channel, "/forget"), talk(channel, "yes")],
    "an erasure of all memories": lambda _: memories.erase(person(), audit_log.HIMSELF),
    "an erasure of one memory": lambda _: memories.erase(
        person(), audit_log.HIMSELF, [MemoryEntry.objects.get(text="I like tea").pk]
    ),
    "a reply of an operator": lambda _: messages.reply_in(Conversation.objects.get(), "Good day"),
    "a message to the person": lambda _: messages.send_to_person(person(), "We open at nine"),
    "a change of a row": lambda _: Message.objects.get(text="I like tea").delete(),
    "a save of a row": lambda _: _rewritten(Message.objects.get(text="I like tea")).save(),
}


def _rewritten(message: Message) -> Message:
    message.text = "I like jam"
    return message


@pytest.mark.parametrize("change", CHANGES)
def test_after_a_change_by_another_process_the_prompt_shows_it(change: str, channel: Channel) -> None:
    talk(channel, "I like tea", message_id="m-1")
    talk(channel, "I like boats")
    before = shown(channel)
    # the copy of this process stays as that of another process would
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("memory.recent.SessionMemory.drop", lambda *_: None)
        patch.setattr("memory.recent.SessionMemory.follow", lambda *_: None)
        on_another_connection(lambda: CHANGES[change](channel))
    assert shown(channel) != before


def test_the_answer_to_a_message_that_was_taken_back_is_not_shown(channel: Channel) -> None:
    say(channel, "My PIN is 4711", message_id="m-1")
    say(channel, "I like boats", message_id="m-2")
    say(channel, "", message_id="m-1", kind=EventKind.DELETE)
    assert shown(channel) == ["I like boats", "You said: I like boats"]
    assert Message.objects.get(text="You said: My PIN is 4711").forgotten


def test_a_clock_that_goes_back_hides_no_message(channel: Channel) -> None:
    say(channel, "I like tea")
    Conversation.objects.update(last_message_at=timezone.now() + timedelta(hours=1))  # it was ahead
    say(channel, "I like boats")
    before = shown(channel)
    on_another_connection(lambda: messages.reply_in(Conversation.objects.get(), "Good day"))
    assert shown(channel) == [*before, "Good day"]
    on_another_connection(lambda: Message.objects.filter(text="Good day").update(text="Good evening"))
    assert shown(channel) == [*before, "Good evening"]
    say(channel, "bye")
    assert shown(channel) == [*before, "Good evening", "bye", "You said: bye"]


def test_after_the_erasure_of_a_person_nothing_is_shown(channel: Channel) -> None:
    talk(channel, "I like tea")
    erasure.erase(person(), audit_log.HIMSELF)
    identities.clear_cache()
    assert shown(channel) == []


def test_another_process_takes_a_turn_and_edits_a_message(channel: Channel) -> None:
    talk(channel, "I like tea", message_id="m-1")
    assert len(shown(channel)) == 2
    script = (
        "import sys\n"
        "from django.conf import settings\n"
        "for alias, name in zip(settings.DATABASES, sys.argv[2:], strict=True):\n"
        "    settings.DATABASES[alias]['NAME'] = name\n"
        "import django\n"
        "django.setup()\n"
        "from adapters.events import EventKind\n"
        "from bots.models import Channel, InboundEvent\n"
        "from bots.pipeline import inbox\n"
        "from bots.pipeline.dispatch.dispatcher import MessageDispatcher\n"
        "from tests.builders import make_event\n"
        "channel = Channel.objects.get(pk=sys.argv[1])\n"
        "events = [make_event('I like boats', key='b'),"
        " make_event('I like jam', key='e', message_id='m-1', kind=EventKind.EDIT)]\n"
        "for row_id in inbox.accept(channel, events).accepted:\n"
        "    MessageDispatcher().process(row_id)\n"
        "    assert InboundEvent.objects.get(pk=row_id).state == 'done'\n"
    )
    names = [str(connections[alias].settings_dict["NAME"]) for alias in connections]
    connections.close_all()
    subprocess.run(
        [sys.executable, "-c", script, str(channel.pk), *names],
        check=True,
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "clawdbot_site.settings"},
        timeout=120,
    )
    assert shown(channel) == ["I like jam", "You said: I like tea", "I like boats", "You said: I like boats"]


def test_what_the_team_writes_while_the_model_answers_is_in_the_next_prompt(channel: Channel, model: StubModel) -> None:
    talk(channel, "I like tea")
    conversation = Conversation.objects.select_related("channel__bot", "person").get()

    def write() -> None:
        messages.reply_in(conversation, "Good day")
        connections.close_all()

    model.wait = write
    talk(channel, "I like boats")
    assert shown(channel)[2:] == ["Good day", "I like boats", "You said: I like boats"]


def test_what_is_forgotten_while_the_model_answers_is_not_in_the_next_prompt(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(channel, "I like tea")
    monkeypatch.setattr("memory.recent.SessionMemory.drop", lambda *_: None)  # as if another process forgot it

    def forget() -> None:
        memories.erase(person(), audit_log.HIMSELF)
        connections.close_all()

    model.wait = forget
    talk(channel, "I like boats")
    assert shown(channel) == ["I like boats", "You said: I like boats"]


@pytest.mark.postgres
def test_messages_are_forgotten_while_a_turn_is_being_closed(channel: Channel) -> None:
    talk(channel, "I like tea")
    shown(channel)

    def forget() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '10s'")
        Message.objects.filter(text="I like tea").update(forgotten=True)

    with transaction.atomic():
        sql.insert(Message(conversation=Conversation.objects.get(), role=Message.Role.USER, text="I like boats"))
        on_another_connection(forget)
    assert shown(channel) == ["You said: I like tea", "I like boats"]


def test_a_turn_that_is_rolled_back_leaves_nothing(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    talk(channel, "I like tea")
    before = shown(channel)
    with monkeypatch.context() as patch:
        patch.setattr("bots.pipeline.outbox.enqueue", lambda *_args, **_more: 1 / 0)
        (row_id,) = inbox.accept(channel, [make_event("I like boats")]).accepted
        MessageDispatcher().process(row_id)
    assert shown(channel) == before
    assert queries(channel) == 0


def test_a_process_that_ends_after_the_commit_misses_nothing(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    talk(channel, "I like tea")
    with monkeypatch.context() as patch:
        patch.setattr("memory.recent.SessionMemory.follow", lambda *_: None)
        talk(channel, "I like boats")
    assert queries(channel) == 1
    assert len(shown(channel)) == 4


def test_in_a_group_speakers_are_named_and_a_new_name_is_shown(channel: Channel) -> None:
    group_says(channel, "I bring the salad", "bob")
    group_says(channel, "I bring tea", "alice")
    group_says(channel, "I bring jam", "bob")
    here = {"user": "bob", **GROUP}
    assert shown(channel, **here)[::2] == ["Bob: I bring the salad", "Alice: I bring tea", "Bob: I bring jam"]
    group_says(channel, "And bread", "bob")
    assert queries(channel, **here) == 0
    bob = Person.objects.get(display_name="Bob")
    Person.objects.filter(pk=bob.pk).update(display_name="Robert")
    assert shown(channel, **here)[0] == "Robert: I bring the salad"
    bob.display_name = "Rob"
    bob.save()
    assert shown(channel, **here)[0] == "Rob: I bring the salad"


def test_in_a_group_linked_people_are_named_as_one_until_they_are_unlinked(channel: Channel) -> None:
    group_says(channel, "I bring the salad", "bob")
    group_says(channel, "I bring tea", "alice")
    here = {"user": "alice", **GROUP}
    shown(channel, **here)
    alice, bob = (Person.objects.get(display_name=name) for name in ("Alice", "Bob"))
    linking.link(alice, bob, audit_log.HIMSELF)
    assert shown(channel, **here)[0] == "Alice: I bring the salad"
    linking.unlink(bob, audit_log.HIMSELF)
    assert shown(channel, **here)[0] == "Bob: I bring the salad"


def test_a_chat_that_was_linked_and_unlinked_shows_what_was_said_in_it(channel: Channel) -> None:
    second = make_channel(channel.bot)
    talk(channel, "I like tea", chat="ann")
    talk(second, "I like boats", chat="ann2")
    ann, other = (Person.objects.get(identities__channel=one) for one in (channel, second))
    linking.link(ann, other, audit_log.HIMSELF)
    talk(second, "I like jam", chat="ann2")
    linking.unlink(other, audit_log.HIMSELF)
    assert shown(second, chat="ann2")[::2] == ["I like boats", "I like jam"]
    assert shown(channel, chat="ann")[::2] == ["I like tea"]


def test_a_notice_to_another_chat_is_shown_there(channel: Channel) -> None:
    talk(channel, "I like tea")
    conversation = Conversation.objects.select_related("channel", "person").get()
    proactive.write(conversation, "Your accounts are linked", Message.Role.ASSISTANT, {})
    assert shown(channel)[-1] == "Your accounts are linked"
