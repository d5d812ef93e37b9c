"""A worker is killed before each statement of a turn: another worker finishes it, without loss or duplicates."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from bots.models import AuditEntry, Channel, InboundEvent, Message, Person, TurnUsage
from bots.people import audit_log, export, staged_erasure
from bots.pipeline import inbox
from bots.pipeline.dispatch import erasures, turn_records
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from clawdbot.skills import SkillError
from memory.models import MemoryEntry
from memory.store import MemoryStore
from skills import catalogue
from skills.models import SkillRun
from tests.builders import make_event, say
from tests.killing import Killed, kill_before_statement, recover
from tests.peers import BotApi, StubModel
from tests.skills.builders import make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

SECRET = "My locker opens with 4711"


def accept(channel: Channel, text: str, chat: str = "chat-1") -> int:
    (row_id,) = inbox.accept(channel, [make_event(text, chat=chat)]).accepted
    return row_id


def said(chat: str) -> list[tuple[str, str]]:
    return list(Message.objects.filter(conversation__chat_id=chat).order_by("id").values_list("role", "text"))


def sent(api: BotApi, chat: str) -> list[str]:
    return [item.text for item in api.sent if str(item.chat_id) == chat]


def person_of(chat: str) -> Person:
    return Person.objects.select_related("bot").get(identities__external_id=chat)


def remembered(chat: str) -> list[str]:
    person = person_of(chat)
    rows = MemoryEntry.objects.for_person(person.bot_id, person.pk)
    return list(rows.order_by("id").values_list("text", flat=True))


def kill_everywhere(prepare: Callable[[str], int], check: Callable[[str], None]) -> int:
    """Kills the turn before its first, second, ... statement, each time in a new chat; returns the number of kills."""
    for number in itertools.count(1):
        chat = str(700 + number)
        row_id = prepare(chat)
        killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
        if killed:
            recover()
        assert not InboundEvent.objects.exclude(state=InboundEvent.State.DONE).exists(), f"killed before {number}"
        check(chat)
        if not killed:
            return number - 1
    raise AssertionError


def test_an_answer(channel: Channel, api: BotApi, model: StubModel) -> None:
    def check(chat: str) -> None:
        words = f"I am number {chat}"
        assert said(chat) == [("user", words), ("assistant", f"You said: {words}")]
        assert remembered(chat) == [words, f"You said: {words}"]
        assert sent(api, chat) == [f"You said: {words}"]
        assert TurnUsage.objects.filter(conversation__chat_id=chat).count() == 1

    assert kill_everywhere(lambda chat: accept(channel, f"I am number {chat}", chat), check) > 20


def test_a_skill_may_run_again_and_is_recorded_once(channel: Channel, api: BotApi) -> None:
    make_skill("Plain", "go")
    catalogue.clear_cache()

    def check(chat: str) -> None:
        assert said(chat) == [("user", "go"), ("assistant", "plain")]
        assert sent(api, chat) == ["plain"]
        assert SkillRun.objects.filter(conversation__chat_id=chat).count() == 1

    assert kill_everywhere(lambda chat: accept(channel, "go", chat), check) > 20


def test_a_skill_is_told_the_same_event_at_each_try(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    make_skill("Plain", "go")
    catalogue.clear_cache()
    told: list[Any] = []
    monkeypatch.setattr("tests.skills.samples.Plain.execute", lambda _self, context: told.append(context["event_id"]))

    def dead(*_: object) -> None:
        raise Killed

    row_id = accept(channel, "go")
    with monkeypatch.context() as patch:
        patch.setattr(turn_records, "store_messages", dead)
        with pytest.raises(Killed):
            MessageDispatcher().process(row_id)
    assert not SkillRun.objects.exists()
    recover()
    assert told == [row_id, row_id]
    assert SkillRun.objects.count() == 1


@pytest.mark.parametrize("answer", ["done \0", "done \ud83d", SkillError("done \0\ud83d"), ValueError("done \0\ud83d")])
def test_a_skill_runs_once_whatever_it_says(
    answer: str | Exception, channel: Channel, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_skill("Plain", "go")
    catalogue.clear_cache()
    runs: list[Any] = []

    def execute(_self: object, context: Any) -> str:
        runs.append(context["event_id"])
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr("tests.skills.samples.Plain.execute", execute)
    assert say(channel, "go").state == InboundEvent.State.DONE
    assert len(runs) == SkillRun.objects.count() == len(api.sent) == 1


def ready_to_forget(channel: Channel, chat: str) -> int:
    say(channel, SECRET, chat=chat)
    say(channel, "/forget", chat=chat)
    export.save(person_of(chat), audit_log.COMMAND)
    return accept(channel, "yes", chat)


def audited(chat: str) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(person_hash=audit_log.pseudonym(person_of(chat))).exclude(action="export")
    return list(rows.order_by("id").values_list("action", "result"))


def test_forgetting(channel: Channel, api: BotApi, model: StubModel) -> None:
    def check(chat: str) -> None:
        assert remembered(chat) == []
        assert export.count(person_of(chat)) == 0
        assert said(chat)[-2:] == [("user", "yes"), ("assistant", "Done: 2 entries were deleted.")]
        assert sent(api, chat)[-2].startswith("This deletes all 2 things")
        assert sent(api, chat)[-1] == "Done: 2 entries were deleted."
        assert audited(chat) == [("erase", "done"), ("erase_proof", "proved")]

    assert kill_everywhere(lambda chat: ready_to_forget(channel, chat), check) > 40


def test_forgetting_a_topic(channel: Channel, api: BotApi, model: StubModel) -> None:
    def ready(chat: str) -> int:
        say(channel, SECRET, chat=chat)
        say(channel, "I like tea", chat=chat)
        say(channel, "/forget locker", chat=chat)
        return accept(channel, "yes", chat)

    def check(chat: str) -> None:
        assert sorted(remembered(chat)) == ["I like tea", "You said: I like tea"]
        assert said(chat)[-2:] == [("user", "yes"), ("assistant", "Done: 2 entries were deleted.")]
        assert audited(chat) == [("delete", "done"), ("erase_proof", "proved")]

    assert kill_everywhere(ready, check) > 40


@pytest.mark.parametrize("last", ["touch", "payloads"])
def test_a_turn_that_is_not_closed_has_erased_nothing(
    last: str, channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = ready_to_forget(channel, "701")

    def dead(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(turn_records, last, dead)
        with pytest.raises(Killed):
            MessageDispatcher().process(row_id)
    assert len(remembered("701")) == 2
    assert export.count(person_of("701")) == 1
    assert not Message.objects.filter(forgotten=True).exists()
    assert audited("701") == []
    recover()
    assert remembered("701") == []
    assert said("701")[-1] == ("assistant", "Done: 2 entries were deleted.")


@pytest.mark.parametrize(("module", "name"), [(staged_erasure, "_left"), (export, "remove")])
def test_what_is_said_before_the_rest_is_erased_stays(
    module: Any, name: str, channel: Channel, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = ready_to_forget(channel, "701")

    def down(*_: object) -> None:
        raise OSError("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(module, name, down)
        MessageDispatcher().process(row_id)
    rest = InboundEvent.objects.get(kind=erasures.KIND)
    assert (rest.state, rest.error) == (InboundEvent.State.PENDING, "OSError: the disk is away")
    assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.DONE
    say(channel, "I like tea", chat="701")
    rest.due_at = rest.received_at
    rest.save()
    recover()
    assert remembered("701") == ["I like tea", "You said: I like tea"]
    assert export.count(person_of("701")) == 0
    assert audited("701") == [("erase", "done"), ("erase_proof", "proved")]


def test_an_erasure_that_left_something_is_told(
    channel: Channel, api: BotApi, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = ready_to_forget(channel, "701")
    monkeypatch.setattr(MemoryStore, "erase", lambda *_: 2)
    MessageDispatcher().process(row_id)
    assert sent(api, "701")[-1].startswith("I deleted it, but some of it can still be found.")
    assert audited("701") == [("erase", "done"), ("erase_proof", "failed")]


def test_what_fails_after_the_commit_does_not_hold_the_answer_back(
    channel: Channel, api: BotApi, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch = turn_records.touch

    def and_then(turn: Any) -> None:
        def broken() -> None:
            raise OSError("the disk is full")

        touch(turn)
        transaction.on_commit(broken)

    monkeypatch.setattr(turn_records, "touch", and_then)
    assert say(channel, "hello", chat="701").state == InboundEvent.State.DONE
    assert sent(api, "701") == ["You said: hello"]


def test_a_pending_erasure_follows_its_person_through_a_link(channel: Channel, model: StubModel) -> None:
    """With a separate memory database a link may come between the two stages."""
    say(channel, SECRET, chat="701")
    say(channel, "I like tea", chat="702")
    first, second = person_of("701"), person_of("702")
    last = MemoryEntry.objects.filter(person=first).order_by("-id").values_list("id", flat=True)[0]
    staged = staged_erasure.StagedErasure(first.pk, (first.pk,), last, 2)
    MemoryEntry.objects.filter(person=first).update(person=second, origin_id=first.pk)
    staged_erasure.erase_rest(staged)
    assert remembered("702") == ["I like tea", "You said: I like tea"]
    assert not MemoryEntry.objects.filter(origin_id=first.pk).exists()
