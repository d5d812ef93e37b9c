"""Two accounts of one human: linked by a code, recalled together, and separated again."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from bots.models import (
    AuditEntry,
    Channel,
    Conversation,
    Identity,
    InboundEvent,
    LinkCode,
    Message,
    OutboundMessage,
    Person,
    TurnUsage,
)
from bots.people import identities, linking, one_time_codes
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from memory.store import MemoryStore
from memory.types import Scope
from tests.builders import make_channel, make_event, say
from tests.threads import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("model", "words_only"),
    pytest.mark.databases("memory"),
]


@pytest.fixture
def second(channel: Channel) -> Channel:
    """A channel of another platform for the same bot; nothing receives its replies."""
    return make_channel(channel.bot)


def ask(channel: Channel, text: str, chat: str = "ann", **values: Any) -> str:
    """Takes a message through the pipeline; returns the answer."""
    row = say(channel, text, chat=chat, **values)
    assert row.state == InboundEvent.State.DONE, row.error
    return Message.objects.get(inbound=row, role="assistant").text


def code_from(channel: Channel, **values: Any) -> str:
    found = re.search(r"/link ([A-Z0-9]{8})", ask(channel, "/link", **values))
    assert found
    return found.group(1)


def person_at(channel: Channel, account: str = "ann") -> Person:
    return Identity.objects.select_related("person__bot").get(channel=channel, external_id=account).person


def remembered(person: Person) -> set[str]:
    return set(
        MemoryEntry.objects.for_person(person.bot_id, person.pk).filter(role="user").values_list("text", flat=True)
    )


def recalled(person: Person, question: str) -> list[str]:
    return [hit.text for hit in MemoryStore(person.bot_id).recall(Scope(person.bot_id, person.pk), question).hits]


def test_a_code_typed_on_the_second_platform_makes_one_person_of_two(channel: Channel, second: Channel) -> None:
    ask(channel, "My sister lives in Chengdu", user_name="Ann")
    ask(second, "My brother lives in Oslo", chat="ann2")
    first, other = person_at(channel), person_at(second, "ann2")
    answer = ask(second, f"/link {code_from(channel).lower()}", chat="ann2")
    assert "Ann" in answer
    assert person_at(second, "ann2") == first
    assert remembered(first) == {"My sister lives in Chengdu", "My brother lives in Oslo"}
    assert recalled(first, "where does my brother live")[0] == "My brother lives in Oslo"
    assert Conversation.objects.filter(person=other).count() == 0
    assert Message.objects.filter(person=other).count() == 0
    assert TurnUsage.objects.filter(person=other).count() == 0
    assert set(AuditEntry.objects.values_list("action", "actor")) == {("link", "the person")}


def test_whoever_gave_the_code_is_told_who_used_it_and_can_undo_it(channel: Channel, second: Channel) -> None:
    ask(channel, "我的妹妹住在成都")
    code = code_from(channel)
    ask(second, f"/link {code}", chat="eve", user_name="[Eve](http://evil) `x`")
    notice = Message.objects.get(conversation__channel=channel, inbound=None)
    assert "`[Eve](http://evil) 'x'`" in notice.text
    assert "/解绑" in notice.text
    sent = OutboundMessage.objects.get(message=notice)
    assert (sent.channel, sent.payload["chat_id"], sent.payload["user_id"]) == (channel, "ann", "ann")
    assert (notice.role, notice.person, notice.origin_id) == ("assistant", person_at(channel), None)
    ask(channel, "/解绑")
    assert person_at(second, "eve") != person_at(channel)
    assert Message.objects.filter(pk=notice.pk, person=person_at(channel)).exists()


def test_a_link_that_is_refused_or_has_no_chat_to_tell_of_it_tells_nobody(channel: Channel, second: Channel) -> None:
    code = code_from(channel)
    ask(channel, f"/link {code}")  # the person's own code
    assert not Message.objects.filter(inbound=None).exists()
    code = code_from(channel)
    Channel.objects.filter(pk=channel.pk).update(enabled=False)
    assert "Done" in ask(second, f"/link {code}", chat="ann2")
    assert not Message.objects.filter(inbound=None).exists()


def test_undoing_gives_each_side_its_own_and_what_was_said_through_it_since(channel: Channel, second: Channel) -> None:
    ask(channel, "My sister lives in Chengdu")
    ask(second, "My brother lives in Oslo", chat="ann2")
    first, other = person_at(channel), person_at(second, "ann2")
    ask(second, f"/link {code_from(channel)}", chat="ann2")
    ask(second, "I keep bees", chat="ann2")
    ask(second, "/new", chat="ann2")
    ask(second, "My sister lives in Chengdu", chat="ann2")  # the same words as the other account: a copy while linked
    ask(channel, "I grow tea")
    Conversation.objects.filter(channel=second).exclude(closed_at=None).delete()  # memories outlive transcripts
    ask(second, "/unlink", chat="ann2")
    assert person_at(second, "ann2") == other
    assert remembered(first) == {"My sister lives in Chengdu", "I grow tea"}
    assert remembered(other) == {"My brother lives in Oslo", "I keep bees", "My sister lives in Chengdu"}
    assert recalled(other, "where does my sister live")[0] == "My sister lives in Chengdu"
    assert not MemoryEntry.objects.exclude(origin_id=None).exists()
    assert not MemoryEntry.objects.exclude(duplicate_of=None).exists()
    assert set(Conversation.objects.filter(channel=second).values_list("person", "origin_id")) == {(other.pk, None)}
    assert set(Message.objects.filter(conversation__channel=second).values_list("person", flat=True)) == {other.pk}
    ask(second, "I moved to Bergen", chat="ann2")
    assert "I moved to Bergen" in remembered(other)


def test_the_first_account_can_undo_the_link_as_well(channel: Channel, second: Channel) -> None:
    ask(second, "My brother lives in Oslo", chat="ann2")
    other = person_at(second, "ann2")
    ask(second, f"/绑定 {code_from(channel)}", chat="ann2")
    ask(channel, "/unlink")
    assert person_at(second, "ann2") == other
    assert "没有与其他账号关联" in ask(channel, "/解绑")
    assert remembered(other) == {"My brother lives in Oslo"}


def test_a_code_holds_once_and_for_ten_minutes_and_only_its_hash_is_stored(channel: Channel, second: Channel) -> None:
    code = code_from(channel)
    assert code not in str(list(LinkCode.objects.values_list()))
    LinkCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "does not work" in ask(second, f"/link {code}", chat="late")
    code = code_from(channel)
    ask(second, f"/link {code}", chat="one")
    assert "does not work" in ask(second, f"/link {code}", chat="two")
    assert person_at(second, "one") == person_at(channel) != person_at(second, "two")


def test_five_wrong_codes_lock_this_person_out_for_an_hour_and_nobody_else(channel: Channel, second: Channel) -> None:
    code = code_from(channel)
    for _ in range(one_time_codes.TRIES):
        assert "does not work" in ask(second, "/link AAAAAAAA", chat="eve")
    assert "too many" in ask(second, f"/link {code}", chat="eve")
    assert person_at(second, "eve") != person_at(channel)
    LinkCode.objects.filter(person=person_at(second, "eve")).update(locked_until=timezone.now())
    ask(second, f"/link {code}", chat="eve")
    assert person_at(second, "eve") == person_at(channel)


def test_a_code_of_another_bot_or_ones_own_links_nobody(channel: Channel) -> None:
    stranger = make_channel()
    code = code_from(channel)
    assert "does not work" in ask(stranger, f"/link {code}")
    assert "same person" in ask(channel, f"/link {code}")
    assert not Person.objects.exclude(linked_to=None).exists()


def test_in_a_group_no_code_is_given_or_taken(channel: Channel) -> None:
    group = {"chat": "-100", "user": "5", "chat_type": "group", "mentions_bot": True}
    assert "private" in ask(channel, "/link", **group)
    assert "private" in ask(channel, "/link ABCDEFGH", **group)
    assert not LinkCode.objects.exists()


def test_a_turn_that_was_in_work_while_its_account_was_linked_is_taken_again(
    channel: Channel, second: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(channel, "My sister lives in Chengdu")
    ask(second, "hello", chat="ann2")
    first, other = person_at(channel), person_at(second, "ann2")
    from bots.pipeline import engine

    answer, linked = engine.respond, []

    def slow(turn: Any) -> Any:
        reply = answer(turn)
        if not linked:
            linked.append(linking.link(first, other, "root"))
        return reply

    monkeypatch.setattr("bots.pipeline.engine.respond", slow)
    (row_id,) = inbox.accept(second, [make_event("I keep bees", chat="ann2")]).accepted
    MessageDispatcher().process(row_id)
    InboundEvent.objects.filter(pk=row_id).update(due_at=timezone.now())
    MessageDispatcher().process(row_id)
    assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.DONE
    assert "I keep bees" in remembered(first)
    assert not MemoryEntry.objects.filter(person=other).exists()
    assert not Message.objects.filter(person=other).exists()


def test_a_link_that_dies_on_the_way_leaves_nothing_and_can_be_repeated(
    channel: Channel, second: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(channel, "My sister lives in Chengdu")
    ask(second, "My brother lives in Oslo", chat="ann2")
    first, other = person_at(channel), person_at(second, "ann2")

    def killed(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("bots.people.audit_log.record", killed)
        with pytest.raises(RuntimeError):
            linking.link(first, other, "root")
    assert person_at(second, "ann2") == other
    assert remembered(other) == {"My brother lives in Oslo"}
    for _ in range(2):
        linking.link(first, other, "root")
    assert remembered(first) == {"My sister lives in Chengdu", "My brother lives in Oslo"}
    assert AuditEntry.objects.filter(action="link").count() == 2  # once per account


def test_links_may_follow_each_other_and_are_undone_one_by_one(channel: Channel, second: Channel) -> None:
    ask(channel, "I am in Chengdu", chat="a")
    ask(second, "I am in Oslo", chat="b")
    ask(second, "I am in Rome", chat="c")
    a, b, c = person_at(channel, "a"), person_at(second, "b"), person_at(second, "c")
    linking.link(b, c, "root")
    linking.link(a, Person.objects.get(pk=b.pk), "root")
    assert remembered(a) == {"I am in Chengdu", "I am in Oslo", "I am in Rome"}
    linking.unlink(Person.objects.get(pk=b.pk), "root")
    assert (remembered(a), remembered(b)) == ({"I am in Chengdu"}, {"I am in Oslo", "I am in Rome"})
    linking.unlink(Person.objects.get(pk=c.pk), "root")
    assert (remembered(b), remembered(c)) == ({"I am in Oslo"}, {"I am in Rome"})
    assert not Person.objects.exclude(linked_to=None).exists()


def test_of_two_who_type_one_code_at_the_same_moment_one_is_linked(channel: Channel, second: Channel) -> None:
    code = code_from(channel)
    for chat in ("one", "two"):
        ask(second, "hello", chat=chat)
    rivals = [person_at(second, "one"), person_at(second, "two")]

    def redeem(person: Person) -> bool:
        with transaction.atomic():
            return one_time_codes.redeem_link_code(person, code) is not None

    assert sum(at_once(*(partial(redeem, rival) for rival in rivals))) == 1


def test_erasing_a_linked_person_spares_the_one_they_were_linked_to(channel: Channel, second: Channel) -> None:
    from bots.people import erasure

    ask(channel, "My sister lives in Chengdu")
    ask(second, "My brother lives in Oslo", chat="ann2")
    first, other = person_at(channel), person_at(second, "ann2")
    linking.link(first, other, "root")
    erasure.erase(Person.objects.select_related("bot").get(pk=other.pk), "root")
    assert not Person.objects.filter(pk=other.pk).exists()
    assert remembered(first) == {"My sister lives in Chengdu"}
    assert recalled(first, "where does my brother live") != ["My brother lives in Oslo"]


def test_erasing_a_person_takes_along_whoever_is_linked_to_them(channel: Channel, second: Channel) -> None:
    from bots.people import erasure

    ask(channel, "My sister lives in Chengdu")
    ask(second, "My brother lives in Oslo", chat="ann2")
    linking.link(person_at(channel), person_at(second, "ann2"), "root")
    identities.clear_cache()
    erasure.erase(person_at(channel), "root")
    assert not Person.objects.exists()
    assert not MemoryEntry.objects.exists()
    assert not Message.objects.exists()
    assert AuditEntry.objects.get(action="erase_proof").result == "proved"


def test_what_a_crash_between_two_databases_left_is_moved_by_the_sweep(channel: Channel, second: Channel) -> None:
    ask(channel, "My sister lives in Chengdu")
    ask(second, "My brother lives in Oslo", chat="ann2")
    first, other = person_at(channel), person_at(second, "ann2")
    # killed between the link in one database and the memories in the other
    Person.objects.filter(pk=other.pk).update(linked_to=first)
    assert linking.settle() > 0
    assert remembered(first) == {"My sister lives in Chengdu", "My brother lives in Oslo"}
    # killed again, after the separation in one database
    Person.objects.filter(pk=other.pk).update(linked_to=None)
    assert linking.settle() > 0
    assert (remembered(first), remembered(other)) == ({"My sister lives in Chengdu"}, {"My brother lives in Oslo"})
    assert linking.settle() == 0
