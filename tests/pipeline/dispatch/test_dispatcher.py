"""A turn from the claimed row to the queued answer, with real model and platform endpoints."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from adapters.events import EventKind
from bots.llm import candidates
from bots.models import (
    Bot,
    Channel,
    Conversation,
    InboundEvent,
    Message,
    OutboundMessage,
    Person,
    StateTransition,
    TurnUsage,
)
from bots.people import identities
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from tests.builders import answers, make_channel, make_event, say, state_of
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory")]


@pytest.mark.parametrize(
    "words",
    ["no \0 byte", "half an emoji \ud83d", "100% of {this} %(thing)s\n第二行", "x" * 100_000],
    ids=["NUL", "surrogate", "format", "long"],
)
def test_a_turn_that_fails_with_any_words_is_tried_again(
    words: str, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(words)

    monkeypatch.setattr("bots.pipeline.dispatch.presenting.respond", fail)
    row = say(channel, "hi")
    assert (row.state, row.attempts, row.owner) == (InboundEvent.State.PENDING, 1, "")
    assert row.error.startswith(f"ValueError: {words[:3]}")


@pytest.mark.parametrize("wait", ["soon", timedelta(days=400), float("nan"), 1e300])
def test_a_wait_that_a_librarys_error_names_is_not_ours(
    wait: object, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Throttled(Exception):
        retry_after = wait

    def fail(*_: object) -> None:
        raise Throttled

    monkeypatch.setattr("bots.pipeline.dispatch.presenting.respond", fail)
    row = say(channel, "hi")
    assert (row.state, row.owner) == (InboundEvent.State.PENDING, "")
    assert row.due_at < timezone.now() + timedelta(seconds=5)


def test_a_message_is_answered_remembered_counted_and_sent_once(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    row = say(channel, "My sister lives in Chengdu", user_name="Ann")
    assert row.state == InboundEvent.State.DONE
    assert [item.text for item in api.sent] == ["You said: My sister lives in Chengdu"]
    assert answers() == ["You said: My sister lives in Chengdu"]
    person = Person.objects.get()
    assert person.display_name == "Ann"
    remembered = MemoryEntry.objects.for_person(channel.bot_id, person.pk).order_by("id")
    assert [entry.role for entry in remembered] == ["user", "assistant"]
    usage = TurnUsage.objects.get()
    assert (usage.prompt_tokens, usage.completion_tokens, usage.provider) == (100, 12, "stub")
    assert state_of(OutboundMessage.objects.get()) == OutboundMessage.State.SENT
    assert MessageDispatcher().process(row.pk) == 0
    assert len(api.sent) == 1


def test_what_was_said_in_an_earlier_conversation_reaches_the_prompt(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu")
    say(channel, "/new")
    say(channel, "Where does my sister live?")
    assert Conversation.objects.count() == 2
    system = model.prompts[-1][0]["content"]
    assert "My sister lives in Chengdu" in system
    assert len(model.prompts[-1]) == 2


def test_one_person_never_gets_anothers_memory(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu", chat="ann")
    say(channel, "Where does my sister live?", chat="bob")
    assert "Chengdu" not in str(model.prompts[-1])


def test_the_last_try_tells_the_person_and_leaves_a_dead_letter(
    channel: Channel, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(turn: object) -> None:
        raise RuntimeError("defect")

    monkeypatch.setattr("bots.pipeline.engine.respond", broken)
    (row_id,) = inbox.accept(channel, [make_event("hello")]).accepted
    for _ in range(inbox.MAX_ATTEMPTS):
        InboundEvent.objects.filter(pk=row_id).update(due_at=timezone.now())
        MessageDispatcher().process(row_id)
    row = InboundEvent.objects.get(pk=row_id)
    assert (row.state, row.error) == (InboundEvent.State.DEAD, "RuntimeError: defect")
    (message,) = answers()
    assert "went wrong" in message
    outbox.deliver(OutboundMessage.objects.get().pk)
    assert [item.text for item in api.sent] == [message]


def test_without_any_model_the_bot_still_answers_from_memory(channel: Channel) -> None:
    candidates.clear_cache()
    say(channel, "我姐姐住在成都")
    say(channel, "我姐姐住在哪里？")
    first, second = answers()
    assert first
    assert second.startswith("你姐姐住在成都")


def test_what_the_bot_says_without_a_model_is_no_memory(channel: Channel) -> None:
    say(channel, "我姐姐住在成都")
    say(channel, "我姐姐住在哪里？")
    assert set(MemoryEntry.objects.values_list("role", flat=True)) == {"user"}


def test_commands_work_in_both_languages_and_an_unknown_one_gets_help(channel: Channel) -> None:
    say(channel, "/nonsense")
    say(channel, "/status")
    say(channel, "/帮助")
    say(channel, "\uff0f帮助")
    unknown, status, help_zh, full_width = answers()
    assert "/nonsense" in unknown
    assert "/forget" in unknown
    assert "Robin" in status
    assert "/忘记" in help_zh == full_width


def test_a_command_registered_at_the_platform_is_known_with_its_slash_and_its_text_is_said_to_the_bot(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    say(channel, "", kind=EventKind.COMMAND, command="/help", args="")
    say(channel, "what is new?", kind=EventKind.COMMAND, command="/ask", args="what is new?")
    say(channel, "你好？", kind=EventKind.COMMAND, command="ask", args={"question": "你好？"})
    assert "/help" in answers()[0]
    assert answers()[1:] == ["You said: what is new?", "You said: 你好？"]


def test_an_edit_may_name_the_message_it_changes_apart_from_its_own_id(channel: Channel, model: StubModel) -> None:
    say(channel, "helo", message_id="m-1")
    say(channel, "hello", kind=EventKind.EDIT, message_id="m-2", target_message_id="m-1")
    assert Message.objects.get(role="user").text == "hello"


def test_who_is_known_by_a_second_id_stays_the_same_person(channel: Channel, model: StubModel) -> None:
    say(channel, "hello", user="4912345")
    identities.clear_cache()
    say(channel, "hello", user="4912345", alt_user_id="US.17")
    say(channel, "hello again", user="US.17")
    assert Person.objects.count() == 1


def test_forget_asks_first_and_deletes_everything_after_yes(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu")
    say(channel, "/forget")
    assert Conversation.objects.get().state == Conversation.State.COLLECTING
    say(channel, "no")
    assert MemoryEntry.objects.count() == 2
    say(channel, "/forget")
    say(channel, "yes")
    assert MemoryEntry.objects.count() == 0
    assert Conversation.objects.get().state == Conversation.State.ACTIVE
    moves = list(StateTransition.objects.order_by("id").values_list("name", "source", "target"))
    assert moves == [
        ("ask_details", "active", "collecting"),
        ("resume", "collecting", "active"),
        ("ask_details", "active", "collecting"),
        ("resume", "collecting", "active"),
    ]


def test_in_a_group_the_bot_answers_only_when_it_is_meant(channel: Channel, api: BotApi, model: StubModel) -> None:
    group = {"chat": "-100", "user": "5", "chat_type": "group"}
    say(channel, "nice weather", **group)
    assert not api.sent
    assert say(channel, "what do you think?", mentions_bot=True, **group).state == InboundEvent.State.DONE
    assert len(api.sent) == 1


def test_a_blocked_person_gets_no_answer(channel: Channel, api: BotApi, model: StubModel) -> None:
    say(channel, "hello")
    person = Person.objects.get()
    person.blocked = True
    person.save()
    assert say(channel, "hello again").state == InboundEvent.State.IGNORED
    assert len(api.sent) == 1


def test_an_edit_changes_what_is_remembered(channel: Channel, api: BotApi, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu", message_id="m-7")
    say(channel, "My sister lives in Kunming", message_id="m-7", kind=EventKind.EDIT)
    texts = list(MemoryEntry.objects.filter(role="user").values_list("text", flat=True))
    assert texts == ["My sister lives in Kunming"]


def test_an_edit_changes_the_record_and_is_not_answered(channel: Channel, api: BotApi, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdo", message_id="77")
    say(channel, "My sister lives in Chengdu", message_id="77", kind=EventKind.EDIT)
    assert Message.objects.get(role="user").text == "My sister lives in Chengdu"
    assert len(api.sent) == 1


def test_an_edit_reaches_a_message_of_an_earlier_conversation(channel: Channel, api: BotApi, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdo", message_id="77")
    say(channel, "/new")
    say(channel, "My sister lives in Chengdu", message_id="77", kind=EventKind.EDIT)
    assert Message.objects.filter(platform_message_id="77").get().text == "My sister lives in Chengdu"


def test_what_is_taken_back_is_forgotten_and_not_answered(channel: Channel, api: BotApi, model: StubModel) -> None:
    first = say(channel, "My sister lives in Chengdu", message_id="77")
    say(channel, "I like tea", message_id="78")
    gone = say(channel, "", message_id="77", kind=EventKind.DELETE)
    assert gone.state == InboundEvent.State.DONE
    assert len(api.sent) == 2
    assert list(Message.objects.filter(role="user").values_list("text", flat=True)) == ["I like tea"]
    assert sorted(MemoryEntry.objects.values_list("text", flat=True)) == ["I like tea", "You said: I like tea"]
    first.refresh_from_db()
    assert "Chengdu" not in str(first.payload)
    assert say(channel, "", message_id="77", kind=EventKind.DELETE).state == InboundEvent.State.DONE


def test_nobody_takes_back_what_the_bot_or_another_chat_said(channel: Channel, api: BotApi, model: StubModel) -> None:
    say(channel, "I like tea", message_id="78", chat="1")
    say(channel, "", message_id="78", kind=EventKind.DELETE, chat="2")
    OutboundMessage.objects.update(platform_message_id="79")
    say(channel, "", message_id="79", kind=EventKind.DELETE, chat="1")
    assert Message.objects.count() == 2
    assert MemoryEntry.objects.count() == 2


def test_a_blocked_bot_is_a_dead_letter_and_the_next_answer_goes_out(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    api.fail_until = float("inf")
    say(channel, "one")
    row = OutboundMessage.objects.get()
    assert row.state == OutboundMessage.State.PENDING
    assert row.attempts == 1
    say(channel, "two")
    assert api.sent == []
    api.fail_until = 0.0
    OutboundMessage.objects.update(due_at=timezone.now())
    assert outbox.deliver(row.pk) == 2
    assert [item.text for item in api.sent] == ["You said: one", "You said: two"]


def test_a_long_answer_leaves_in_parts_in_order(channel: Channel, api: BotApi, model: StubModel) -> None:
    text = " ".join(f"word{number}" for number in range(900))
    say(channel, text)
    assert len(api.sent) == 2
    assert api.sent[0].text.startswith("You said: word0")
    assert api.sent[1].text.endswith("word899")


def test_bots_do_not_share_people(channel: Channel, model: StubModel) -> None:
    other = make_channel(platform="telegram", credentials=channel.credentials)
    say(channel, "hello", chat="same")
    say(other, "hello", chat="same")
    assert Person.objects.count() == 2
    assert {person.bot_id for person in Person.objects.all()} == set(Bot.objects.values_list("id", flat=True))


@pytest.mark.parametrize("chat_type", ["private", "group"])
def test_a_button_whose_chat_is_not_described_belongs_to_the_conversation_it_was_shown_in(
    channel: Channel, api: BotApi, model: StubModel, chat_type: str
) -> None:
    say(channel, "hello", chat_type=chat_type, mentions_bot=True)
    before = Conversation.objects.get()
    say(channel, "", kind=EventKind.ACTION, data="yes", chat_type="", message_id="2", dedupe_key="2")
    after = Conversation.objects.get()
    assert (after.chat_type, after.person_id) == (chat_type, before.person_id)
    assert answers()[-1].endswith("You said: yes")


def test_a_button_in_an_unknown_chat_counts_as_pressed_in_a_group(
    channel: Channel, api: BotApi, model: StubModel
) -> None:
    say(channel, "", kind=EventKind.ACTION, data={"choice": "yes"}, chat_type="")
    assert Conversation.objects.get().chat_type == "group"
    assert '"choice": "yes"' in answers()[-1]


def test_commands_and_yes_and_no_are_taken_in_traditional_characters(channel: Channel, model: StubModel) -> None:
    say(channel, "我叫陳雅婷")
    say(channel, "/忘記")
    say(channel, "確認")
    assert not MemoryEntry.objects.filter(text="我叫陳雅婷").exists()
    say(channel, "/新對話")
    assert Conversation.objects.count() == 2
