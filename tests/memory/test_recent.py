"""The session tier: which turns it keeps, of how many conversations, and until when."""

from __future__ import annotations

from collections.abc import Hashable

from memory.recent import SessionMemory
from memory.types import ConversationSource, RecentTurn, Scope

ANN, BOB = Scope(1, 1), Scope(1, 2)


def said(number: int, conversation: int = 1, speaker: str = "") -> RecentTurn:
    return RecentTurn(number, conversation, "user", speaker, f"turn {number}")


class Messages:
    """Messages of one conversation in another app; counts reads."""

    def __init__(self, *turns: RecentTurn, conversation: int = 1) -> None:
        self.turns, self.conversation, self.reads = list(turns), conversation, 0

    def source(self, version: Hashable = "v1") -> ConversationSource:
        return ConversationSource(self.conversation, version, self._read)

    def _read(self) -> list[RecentTurn]:
        self.reads += 1
        return list(self.turns)


def test_a_conversation_is_read_once_while_its_version_holds() -> None:
    memory, messages = SessionMemory(), Messages(said(1))
    assert memory.get(ANN, messages.source()) == memory.get(ANN, messages.source()) == (said(1),)
    assert messages.reads == 1
    messages.turns[:] = [said(2)]
    assert memory.get(ANN, messages.source("v2")) == (said(2),)
    assert messages.reads == 2


def test_what_is_held_for_one_person_is_not_shown_to_another() -> None:
    memory, messages = SessionMemory(), Messages(said(1))
    memory.get(ANN, messages.source())
    messages.turns.clear()
    assert memory.get(BOB, messages.source()) == ()


def test_a_closed_turn_is_added_to_the_version_it_began_with_and_to_no_other() -> None:
    memory, messages = SessionMemory(), Messages(said(1))
    memory.get(ANN, messages.source("v1"))
    memory.follow(ANN, 1, "v1", "v2", [said(2)])
    assert memory.get(ANN, messages.source("v2")) == (said(1), said(2))
    assert messages.reads == 1
    memory.follow(ANN, 1, "v1", "v3", [said(3)])
    messages.turns += [said(2), said(3)]
    assert memory.get(ANN, messages.source("v3")) == (said(1), said(2), said(3))
    assert messages.reads == 2


def test_nothing_is_added_to_a_conversation_that_is_not_held() -> None:
    memory, messages = SessionMemory(), Messages(said(1), said(2))
    memory.follow(ANN, 1, "v1", "v2", [said(2)])
    assert memory.get(ANN, messages.source("v2")) == (said(1), said(2))


def test_the_hundred_latest_turns_of_a_conversation_are_held() -> None:
    memory, messages = SessionMemory(), Messages(*map(said, range(103)))
    assert memory.get(ANN, messages.source("v1")) == tuple(map(said, range(3, 103)))
    memory.follow(ANN, 1, "v1", "v2", [said(103), said(104)])
    assert memory.get(ANN, messages.source("v2")) == tuple(map(said, range(5, 105)))


def test_the_conversation_that_was_used_least_recently_goes_first() -> None:
    memory = SessionMemory(conversations=2)
    first, second, third = (Messages(said(n, n), conversation=n) for n in (1, 2, 3))
    for messages in (first, second, first, third, first, second):
        memory.get(ANN, messages.source())
    assert len(memory) == 2
    assert (first.reads, second.reads, third.reads) == (1, 2, 1)


def test_a_thousand_and_twenty_four_conversations_are_held() -> None:
    memory = SessionMemory()
    for number in range(1030):
        memory.get(ANN, Messages(conversation=number).source())
    assert len(memory) == 1024


def test_long_messages_take_the_place_of_other_conversations() -> None:
    memory = SessionMemory(characters=100)
    first, second = (
        Messages(RecentTurn(number, number, "user", "", "x" * 40), conversation=number) for number in (1, 2)
    )
    for messages in (first, second, first, second):
        memory.get(ANN, messages.source())
    assert (len(memory), first.reads, second.reads) == (2, 1, 1)
    memory.follow(ANN, 2, "v1", "v2", [RecentTurn(3, 2, "user", "", "x" * 40)])
    assert len(memory) == 1
    memory.get(ANN, second.source("v2"))
    assert (first.reads, second.reads) == (1, 1)


def test_a_conversation_that_is_longer_than_all_that_is_held_is_read_each_time() -> None:
    memory = SessionMemory(characters=10)
    endless = Messages(RecentTurn(1, 1, "user", "", "x" * 11))
    assert memory.get(ANN, endless.source()) == memory.get(ANN, endless.source()) == tuple(endless.turns)
    assert (len(memory), endless.reads) == (0, 2)


def test_what_is_dropped_makes_room() -> None:
    memory = SessionMemory(characters=100)
    long = [RecentTurn(1, 1, "user", "", "x" * 60)]
    for drop in (lambda: memory.drop(ANN), memory.clear_cache, lambda: None):
        memory.get(ANN, Messages(*long).source())
        memory.get(ANN, Messages(*long).source("v2"))
        assert len(memory) == 1
        drop()


def test_all_conversations_of_a_person_are_dropped_and_no_others() -> None:
    memory = SessionMemory()
    mine, also_mine, theirs = (Messages(conversation=n) for n in (1, 2, 3))
    for scope, messages in ((ANN, mine), (ANN, also_mine), (BOB, theirs)):
        memory.get(scope, messages.source())
    memory.drop(ANN)
    for scope, messages in ((ANN, mine), (ANN, also_mine), (BOB, theirs)):
        memory.get(scope, messages.source())
    assert (mine.reads, also_mine.reads, theirs.reads) == (2, 2, 1)


def test_it_knows_whom_the_turns_name() -> None:
    memory = SessionMemory()
    memory.get(ANN, Messages(said(1, speaker="Bob"), said(2)).source())
    assert memory.names(ANN, 1, "Bob")
    assert not memory.names(ANN, 1, "Ann")
    assert not memory.names(ANN, 1, "")
    assert not memory.names(BOB, 1, "Bob")
