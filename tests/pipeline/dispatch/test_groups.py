"""Groups: when the bot answers, and to whom the memory belongs."""

from __future__ import annotations

from typing import Any

import pytest

from bots.models import Channel, InboundEvent, Message, Person
from bots.models.channel import GroupPolicy
from bots.people import identities
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.builders import say, say_in_private, use_policy
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory")]


def in_group(channel: Channel, text: str, *, user: str = "alice", **values: Any) -> InboundEvent:
    return say(channel, text, chat="g1", chat_type="group", user=user, user_name=user.title(), **values)


def scope_of(person: Person) -> Scope:
    return Scope(person.bot_id, person.pk)


@pytest.mark.parametrize(
    ("policy", "meant", "answers"),
    [("off", True, 0), ("off", False, 0), ("mention", True, 1), ("mention", False, 0), ("all", False, 1)],
)
def test_the_channel_says_when_the_bot_answers_in_groups(
    channel: Channel, api: BotApi, model: StubModel, policy: str, meant: bool, answers: int
) -> None:
    use_policy(channel, group_policy=policy)
    in_group(channel, "who is coming?", mentions_bot=meant)
    assert len(api.sent) == answers


def test_a_groups_own_setting_counts_before_the_channels(channel: Channel, api: BotApi, model: StubModel) -> None:
    in_group(channel, "hello all")
    Person.objects.filter(kind=Person.Kind.GROUP).update(group_policy=GroupPolicy.ALL)
    identities.clear_cache()
    in_group(channel, "hello again")
    assert len(api.sent) == 1


def test_what_is_said_in_a_group_is_remembered_for_the_group_with_its_speaker(
    channel: Channel, model: StubModel
) -> None:
    in_group(channel, "The picnic is at Lake Tai", user="alice")
    in_group(channel, "I bring the salad", user="bob")
    group = Person.objects.get(kind=Person.Kind.GROUP)
    rows = MemoryEntry.objects.for_person(group.bot_id, group).order_by("id")
    assert [(row.speaker, row.text) for row in rows] == [
        ("Alice", "The picnic is at Lake Tai"),
        ("Bob", "I bring the salad"),
    ]


def test_private_and_group_memory_never_mix(channel: Channel, model: StubModel) -> None:
    say_in_private(channel, "My salary is 4711 yuan", "alice")
    in_group(channel, "The picnic is at Lake Tai")
    alice, group = Person.objects.get(display_name="Alice"), Person.objects.get(kind=Person.Kind.GROUP)
    store = MemoryStore(channel.bot_id)
    in_the_group = [hit.text for hit in store.recall(scope_of(group), "salary picnic", k=20).hits]
    of_alice = [hit.text for hit in store.recall(scope_of(alice), "salary picnic", k=20).hits]
    assert not any("4711" in text for text in in_the_group)
    assert not any("picnic" in text for text in of_alice)
    in_group(channel, "@bot what is my salary?", mentions_bot=True)
    assert "4711" not in str(model.prompts[-1])


def test_the_model_sees_who_said_what(channel: Channel, model: StubModel) -> None:
    in_group(channel, "I bring the salad", user="bob")
    in_group(channel, "what does Bob bring?", user="alice", mentions_bot=True)
    assert "Bob: I bring the salad" in str(model.prompts[-1])


def test_a_channel_that_does_not_listen_forgets_what_was_not_meant_for_it(channel: Channel, model: StubModel) -> None:
    use_policy(channel, group_memory=False)
    row = in_group(channel, "I bring the salad")
    assert row.state == InboundEvent.State.IGNORED
    assert not MemoryEntry.objects.exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize("args", ["the second song", ""])
def test_a_command_of_another_bot_is_not_answered_in_a_group(
    channel: Channel, api: BotApi, model: StubModel, args: str
) -> None:
    text = f"/skip {args}".strip()
    in_group(channel, text, command="skip", args=args)
    assert not api.sent
    in_group(channel, text, command="skip", args=args, mentions_bot=True)
    assert len(api.sent) == 1


def test_a_member_cannot_delete_what_the_group_said(channel: Channel, api: BotApi, model: StubModel) -> None:
    in_group(channel, "I bring the salad", user="bob")
    in_group(channel, "/forget", command="forget")
    assert MemoryEntry.objects.count() == 1
    assert "operator" in api.sent[-1].text
