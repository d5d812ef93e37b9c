"""A person lets the bot forget one topic: it shows what will go, asks, deletes that and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from bots.models import AuditEntry, Channel, Conversation, InboundEvent, Message, Person
from bots.pipeline.engine.dialog import forgetting
from memory.consolidation.optimize import optimize
from memory.lifecycle import topic_search
from memory.models import MemoryEntry
from memory.store import clear_cache
from memory.types import Scope
from tests.builders import answers, say
from tests.memory.builders import MORNING, facts, person, talk
from tests.memory.builders import say as told
from tests.peers import StubModel

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only"),
    pytest.mark.databases("memory"),
]


def texts(scope: Scope) -> set[str]:
    return set(MemoryEntry.objects.for_person(scope.bot_id, scope.person_id).values_list("text", flat=True))


def prompt(model: StubModel) -> str:
    return json.dumps(model.prompts[-1], ensure_ascii=False)


def scope_of(channel: Channel) -> Scope:
    return Scope(channel.bot_id, Person.objects.get().pk)


@pytest.mark.parametrize(
    ("request_text", "yes", "gone", "kept"),
    [
        ("/forget Ravenna", "yes", "I spent a week in Ravenna", "My sister paints boats"),
        ("/forget about Ravenna", "ok", "I spent a week in Ravenna", "My sister paints boats"),
        ("Please forget everything I told you about Ravenna.", "yes", "Ravenna was sunny", "My sister paints boats"),
        ("Can you delete the memory about my locker code?", "yes", "My locker code is 4711", "My sister paints boats"),
        ("Forget everything we talked about tennis", "yes", "I play tennis on Mondays", "I like tea"),
        ("/忘记 预算", "是的", "我们的预算是五万", "我姐姐住在成都"),
        ("请忘掉我说过的关于预算的内容", "好的", "我们的预算是五万", "我姐姐住在成都"),
        ("忘記關於三亞的事", "是", "下个月去三亚玩", "我姐姐住在成都"),
        ("把花生过敏的事忘掉吧", "确认", "我对花生过敏", "我姐姐住在成都"),
    ],
)
def test_a_topic_is_shown_confirmed_and_erased_and_the_rest_stays(
    channel: Channel, model: StubModel, request_text: str, yes: str, gone: str, kept: str
) -> None:
    say(channel, gone)
    say(channel, kept)
    say(channel, request_text)
    assert gone in answers()[-1]
    assert kept not in answers()[-1]
    clear_cache()  # as after a restart: the question stands in the database
    assert Conversation.objects.get().state == Conversation.State.COLLECTING
    say(channel, yes)
    assert not any(gone in text for text in texts(scope_of(channel)))
    assert kept in texts(scope_of(channel))
    say(channel, "What do you know about me?")
    assert gone not in prompt(model)
    assert kept in prompt(model)
    proofs = AuditEntry.objects.filter(action="erase_proof").values_list("result", flat=True)
    assert list(proofs) == ["proved"]
    assert not InboundEvent.objects.exclude(state="done").exists()


@pytest.mark.parametrize("answer", ["no", "算了", "maybe later"])
def test_without_a_yes_nothing_is_deleted(channel: Channel, model: StubModel, answer: str) -> None:
    say(channel, "I spent a week in Ravenna")
    before = texts(scope_of(channel))
    say(channel, "/forget Ravenna")
    say(channel, answer)
    assert before <= texts(scope_of(channel))
    assert not Message.objects.filter(forgotten=True).exists()


@pytest.mark.parametrize("text", ["/forget Zanzibar", "please forget everything about Zanzibar", "忘掉关于月饼的事"])
def test_a_topic_that_nothing_is_about_says_so(channel: Channel, model: StubModel, text: str) -> None:
    say(channel, "I spent a week in Ravenna")
    say(channel, text)
    assert "nothing about “Zanzibar”" in answers()[-1] or "没有任何关于“月饼”的记忆" in answers()[-1]
    assert Conversation.objects.get().state == Conversation.State.ACTIVE
    assert "I spent a week in Ravenna" in texts(scope_of(channel))


@pytest.mark.parametrize(
    "text",
    [
        "Forget about it",
        "Forget about the weather, tell me a joke",
        "Don't forget what I said about Ravenna",
        "I always forget everything about birthdays",
        "别忘了关于会议的事",
        "我忘了关于密码的事",
    ],
)
def test_other_sentences_with_the_word_go_to_the_model(channel: Channel, model: StubModel, text: str) -> None:
    say(channel, "I spent a week in Ravenna")
    say(channel, text)
    assert len(model.prompts) == 2
    assert forgetting.requested(text) is None


@pytest.mark.parametrize(
    "text", ["forget everything about me", "Delete everything you know", "/forget all", "忘掉我的一切"]
)
def test_everything_is_the_whole_memory(channel: Channel, model: StubModel, text: str) -> None:
    say(channel, "I spent a week in Ravenna")
    say(channel, text)
    say(channel, "yes" if text.isascii() else "是")
    assert not MemoryEntry.objects.exists()


def test_the_answer_to_a_question_about_the_topic_goes_with_it() -> None:
    ann = person()
    told(ann, "How large is your budget?", role="assistant", session="a")
    told(ann, "Fifty thousand", session="a", occurred_at=MORNING + timedelta(minutes=1))
    told(ann, "I like tea", session="b")
    found = topic_search.find(ann, "the budget")
    rows = MemoryEntry.objects.filter(pk__in=found).values_list("text", flat=True)
    assert set(rows) == {"How large is your budget?", "Fifty thousand"}


def test_a_name_is_enough_and_other_people_and_other_memories_are_untouched() -> None:
    ann = person()
    told(ann, "We fly to Crete in May", "The trip to Rome was nice", "Annette called", speaker="Crete")
    other = person()
    told(other, "We fly to Crete in May")
    found = topic_search.find(ann, "my trip to Crete")
    assert list(MemoryEntry.objects.filter(pk__in=found).values_list("text", flat=True)) == ["We fly to Crete in May"]
    assert topic_search.find(ann, "Ann") == []


def test_what_was_derived_goes_too(channel: Channel, model: StubModel) -> None:
    say(channel, "hello")
    ann = scope_of(channel)
    talk(ann, "I live in Ravenna", "My sister lives in Oslo", "The tram was late", "We had soup", days_ago=20)
    optimize(ann.bot_id)
    assert "The person lives in Ravenna" in facts(ann)
    say(channel, "/forget Ravenna")
    say(channel, "yes")
    assert not any("Ravenna" in text for text in texts(ann))
    optimize(ann.bot_id)
    assert not any("Ravenna" in text for text in texts(ann))
    assert "My sister lives in Oslo" in texts(ann)
