"""With a separate memory database a crash at any statement neither loses nor duplicates a memory."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.utils import timezone

from bots.models import Channel, InboundEvent, Message, Person, WaitingMemory
from bots.monitoring import readiness
from bots.operations import queues
from bots.pipeline import memory_outbox
from memory import database
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.builders import say
from tests.killing import Killed, kill_before_statement
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.two_databases, pytest.mark.databases("memory")]


def remembered() -> list[str]:
    return list(MemoryEntry.objects.order_by("id").values_list("text", flat=True))


def test_a_turn_is_remembered_once_and_nothing_waits(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu")
    assert remembered() == ["My sister lives in Chengdu", "You said: My sister lives in Chengdu"]
    assert not WaitingMemory.objects.exists()
    person = Person.objects.get()
    entry = MemoryEntry.objects.order_by("id").first()
    assert entry is not None
    assert (entry.person, entry.bot) == (person, channel.bot)
    assert entry.message == Message.objects.order_by("id").first()
    assert entry.embedder.endswith(":query"), "the question's vector is kept on the way"


def test_death_between_the_commit_and_the_memory_loses_nothing(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dead(_inbound: int) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(memory_outbox, "write_waiting_of", dead)
        with pytest.raises(Killed):
            say(channel, "My sister lives in Chengdu")
    assert remembered() == []
    queues.sweep()
    assert remembered() == ["My sister lives in Chengdu", "You said: My sister lives in Chengdu"]
    queues.sweep()
    assert len(remembered()) == 2


def test_death_at_any_statement_of_the_writing_neither_loses_nor_doubles(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_outbox, "write_waiting_of", lambda _inbound: None)
    deaths = 0
    for number in itertools.count(1):
        say(channel, f"note {number}")
        killed = kill_before_statement(number, memory_outbox.catch_up)
        memory_outbox.catch_up()
        assert remembered()[-2:] == [f"note {number}", f"You said: note {number}"]
        assert len(remembered()) == 2 * number
        assert not WaitingMemory.objects.exists()
        if not killed:
            break
        deaths += 1
    assert deaths > 5


def test_memories_committed_before_a_crash_are_known_again(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The critical moment: the memory database has committed, and the row of the outbox still exists."""
    monkeypatch.setattr(memory_outbox, "write_waiting_of", lambda _inbound: None)
    say(channel, "My sister lives in Chengdu")

    def dead(self: WaitingMemory) -> None:
        connections[DEFAULT_DB_ALIAS].close()
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(WaitingMemory, "delete", dead)
        with pytest.raises(Killed):
            memory_outbox.catch_up()
    assert len(remembered()) == 2
    assert WaitingMemory.objects.count() == 1
    assert memory_outbox.catch_up() == 1
    assert len(remembered()) == 2
    assert MemoryEntry.objects.filter(duplicates=0).count() == 2
    assert not WaitingMemory.objects.exists()


def test_what_waits_is_forgotten_with_the_rest(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_outbox, "write_waiting_of", lambda _inbound: None)
    say(channel, "My sister lives in Chengdu")
    MemoryStore(channel.bot_id).erase(Scope(channel.bot_id, Person.objects.get().pk))
    memory_outbox.catch_up()
    assert remembered() == []


def test_the_same_words_in_two_turns_are_counted_not_lost(channel: Channel, model: StubModel) -> None:
    say(channel, "good morning")
    say(channel, "good morning")
    first = MemoryEntry.objects.filter(text="good morning").order_by("id").first()
    assert first is not None
    assert first.duplicates == 1


def broken() -> Any:
    """Lets every statement of the memory database fail."""

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise OperationalError(2013, "Lost connection")

    return database.connection().execute_wrapper(fail)


def test_a_memory_database_that_is_down_costs_memories_their_time_and_nobody_the_answer(
    channel: Channel, model: StubModel
) -> None:
    with broken():
        row = say(channel, "My sister lives in Chengdu")
        assert row.state == InboundEvent.State.DONE
        assert readiness.check()["memory"].ready is False
    waiting = WaitingMemory.objects.get()
    assert waiting.attempts == 1
    assert waiting.due_at > timezone.now()
    WaitingMemory.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert memory_outbox.catch_up() == 1
    assert remembered() == ["My sister lives in Chengdu", "You said: My sister lives in Chengdu"]
    assert readiness.check()["memory"].ready is True


def test_a_deleted_person_takes_what_waits_along(
    channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_outbox, "write_waiting_of", lambda _inbound: None)
    say(channel, "My sister lives in Chengdu")
    channel.bot.delete()
    assert not WaitingMemory.objects.exists()
    assert remembered() == []
