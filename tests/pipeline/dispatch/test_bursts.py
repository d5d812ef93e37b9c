"""Messages that a person sends one right after the other: answered each, together, or with the running answer."""

from __future__ import annotations

import itertools
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from adapters.events import Attachment, EventKind, Passage
from bots.models import Bot, Channel, InboundEvent, Message
from bots.pipeline import windows
from bots.pipeline.dispatch import gathering
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.builders import answers, make_event, say, use_policy
from tests.killing import kill_before_statement, recover
from tests.peers import BotApi, StubModel
from tests.pipeline.dispatch.bursts import accept, ids_of, in_a_thread, questions, use
from tests.pipeline.dispatch.waiting_rows import wait, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

State = InboundEvent.State


def test_each_message_is_a_turn_by_default(channel: Channel, model: StubModel) -> None:
    accept(channel, "one", "two")
    work()
    assert questions() == ["one", "two"]


def test_four_messages_within_a_second_are_one_turn(collecting: Channel, model: StubModel, api: BotApi) -> None:
    for number in range(4):
        accept(collecting, make_event(f"line {number}", message_id=f"id-{number}"))
        wait(0.25)
    assert work() == 0
    wait(10)
    assert work() == 1
    asked = Message.objects.get(role="user")
    assert asked.text == "line 0\nline 1\nline 2\nline 3"
    assert ids_of(asked) == ["id-0", "id-1", "id-2", "id-3"]
    assert len(api.sent) == len(answers()) == 1
    assert not InboundEvent.objects.exclude(state=State.DONE).exists()


def test_the_wait_is_a_second_and_a_half_by_default() -> None:
    assert (Bot().bursts, Bot().burst_quiet_s, Bot().burst_longest_s) == (Bot.Bursts.EACH, 1.5, 6.0)


def test_a_single_message_waits_for_the_quiet_time_only(collecting: Channel, model: StubModel) -> None:
    accept(collecting, "hello")
    wait(7)
    assert work() == 0
    wait(4)
    assert work() == 1
    assert InboundEvent.objects.get().attempts == 1


def test_each_message_begins_the_quiet_time_anew_but_not_without_end(collecting: Channel, model: StubModel) -> None:
    for number in range(4):
        accept(collecting, f"part {number}")
        wait(8)
        assert work() == 0
    accept(collecting, "part 4")
    wait(8.5)
    assert work() == 1
    assert questions() == ["part 0\npart 1\npart 2\npart 3\npart 4"]


@pytest.mark.parametrize(("count", "length"), [(windows.MOST, 10), (4, 1001)])
def test_a_full_window_is_taken_at_once(count: int, length: int, collecting: Channel, model: StubModel) -> None:
    accept(collecting, *("x" * length for _ in range(count)))
    assert work() == 1
    assert len(questions()) == 1


def test_what_comes_after_a_full_window_is_the_next_turn(collecting: Channel, model: StubModel) -> None:
    accept(collecting, *(f"n{number}" for number in range(windows.MOST + 2)))
    wait(11)
    work()
    assert [len(text.split()) for text in questions()] == [windows.MOST, 2]


@pytest.mark.parametrize("command", ["/status", "/help", "/memory", "／状态"])
def test_a_command_that_looks_is_answered_while_messages_wait(
    command: str, collecting: Channel, model: StubModel
) -> None:
    accept(collecting, "first", "second", command)
    assert work() == 1
    assert questions() == [command]
    accept(collecting, "third")
    wait(11)
    assert work() == 1
    assert questions() == [command, "first\nsecond\nthird"]


def test_a_button_is_taken_while_messages_wait(collecting: Channel, model: StubModel) -> None:
    accept(collecting, "first", make_event("", kind=EventKind.ACTION, data="pressed"))
    assert work() == 1
    assert questions() == ["pressed"]


@pytest.mark.parametrize("stop", ["/stop", "stop", "停", "停止！", "Stop it."])
def test_stop_ends_the_wait(stop: str, collecting: Channel, model: StubModel) -> None:
    accept(collecting, "first", "second", stop)
    work()
    assert questions() == ["first\nsecond", stop]
    assert answers() == ["Stopped."]
    assert not model.prompts


def test_a_command_that_begins_something_comes_after_what_was_written_before_it(
    collecting: Channel, model: StubModel
) -> None:
    accept(collecting, "before", "/new", "after")
    work()
    assert questions() == ["before", "/new"]
    wait(11)
    work()
    said = Message.objects.filter(role="user").order_by("pk")
    assert [message.text for message in said] == ["before", "/new", "after"]
    assert said[0].conversation_id == said[1].conversation_id != said[2].conversation_id


def test_an_album_counts_as_one_and_its_text_is_joined(collecting: Channel, model: StubModel) -> None:
    photo = Attachment("image", "photo-1")
    album = [make_event("", album="A", message_id=f"p{n}", attachments=(photo,)) for n in range(3)]
    accept(collecting, "look", *album, "which one?")
    wait(11)
    assert work() == 1
    asked = Message.objects.get(role="user")
    assert asked.text == "look\nwhich one?"
    assert len(asked.attachments) == 3
    assert ids_of(asked)[1:4] == ["p0", "p1", "p2"]


def test_people_in_a_group_have_windows_of_their_own(collecting: Channel, model: StubModel) -> None:
    use_policy(collecting, group_policy="all")
    for user, text in (("ann", "a1"), ("bob", "b1"), ("ann", "a2"), ("bob", "b2")):
        accept(collecting, make_event(text, chat="-5", user=user, chat_type="group"))
    wait(11)
    work()
    work()
    assert questions() == ["a1\na2", "b1\nb2"]


def test_words_of_others_stay_theirs_in_a_burst(collecting: Channel, model: StubModel) -> None:
    told = make_event("my pin is 1234", forwarded=True, forwards=(Passage("my pin is 1234", author="Eve"),))
    accept(collecting, "what does she mean?", told)
    wait(11)
    work()
    assert questions() == ["what does she mean?\n\n[Forwarded from Eve]\n> my pin is 1234"]


def test_an_edit_while_messages_wait_is_answered_as_edited(collecting: Channel, model: StubModel) -> None:
    accept(collecting, make_event("at five", message_id="m-a"), make_event("in the park", message_id="m-b"))
    edited = make_event("at six", kind=EventKind.EDIT, message_id="m-a", target_message_id="m-a")
    accept(collecting, edited)
    wait(11)
    work()
    assert questions() == ["at six\nin the park"]
    assert "at five" not in str(model.prompts)


def test_edits_quotes_and_deletions_find_any_of_the_messages(collecting: Channel, model: StubModel) -> None:
    accept(collecting, *(make_event(f"thing {n}", message_id=f"t{n}") for n in range(3)))
    wait(11)
    work()
    say(collecting, "thing one", kind=EventKind.EDIT, message_id="t1", target_message_id="t1")
    assert questions() == ["thing 0\nthing one\nthing 2"]
    accept(collecting, make_event("this?", reply_to="t1"))
    wait(11)
    work()
    assert "thing one" in str(model.prompts[-1][-1]["content"])
    say(collecting, "", kind=EventKind.DELETE, message_id="t0", target_message_id="t0")
    assert questions()[0] == "thing one\nthing 2"
    assert "thing 0" not in str(list(InboundEvent.objects.values_list("payload", flat=True)))


@pytest.mark.parametrize("mode", Bot.Bursts.values)
def test_a_kill_at_any_statement_loses_no_message_and_doubles_none(
    mode: str, channel: Channel, model: StubModel, api: BotApi
) -> None:
    use(channel, mode)
    # test_killed_turns.py kills a turn of one message before each statement.
    for number in itertools.count(1, 4 if mode == Bot.Bursts.EACH else 1):
        chat = str(700 + number)
        ids = accept(channel, *(make_event(f"{chat}-{part}", chat=chat) for part in "abc"))
        wait(11)
        killed = kill_before_statement(number, lambda first=ids[0]: MessageDispatcher().process(first))
        wait(60)
        recover()
        assert not InboundEvent.objects.exclude(state=State.DONE).exists(), f"killed before {number}"
        told = "\n".join(Message.objects.filter(conversation__chat_id=chat, role="user").values_list("text", flat=True))
        assert told.split("\n") == [f"{chat}-{part}" for part in "abc"]
        sent = [item.text for item in api.sent if str(item.chat_id) == chat]
        # The model repeats the last line of each turn.
        assert sent == [f"You said: {chat}-{part}" for part in ("abc" if mode == "each" else "c")]
        if not killed:
            break
    assert number > 20


def while_answering(channel: Channel, model: StubModel, *later: str, takes_s: float = 20.0) -> None:
    """Sends the later messages while the model writes the answer to the first one."""
    asked = len(model.prompts)
    model.delay_s = takes_s
    (first,) = accept(channel, "first")
    wait(11)
    running = in_a_thread(lambda: MessageDispatcher().process(first))
    deadline = time.monotonic() + 10
    while len(model.prompts) == asked and time.monotonic() < deadline:
        time.sleep(0.02)
    model.delay_s = 0.0
    accept(channel, *later)
    running.join(timeout=15)
    assert not running.is_alive()
    work()


def test_a_new_message_interrupts_the_answer_and_both_are_one_turn(
    interrupting: Channel, model: StubModel, api: BotApi
) -> None:
    while_answering(interrupting, model, "and this")
    assert questions() == ["first\nand this"]
    assert answers() == ["You said: and this"]
    assert len(api.sent) == 1


def test_stop_ends_a_running_answer_in_every_mode(channel: Channel, model: StubModel) -> None:
    for mode in Bot.Bursts.values:
        use(channel, mode)
        began = time.monotonic()
        while_answering(channel, model, "停")
        assert time.monotonic() - began < 15
        assert questions()[-2:] == ["first", "停"]
        assert not any("You said" in text for text in answers())


def test_waiting_messages_are_one_turn_with_the_next_in_interrupt_mode(interrupting: Channel, model: StubModel) -> None:
    accept(interrupting, "one", "two", "/new", "three")
    work()
    assert questions() == ["one\ntwo", "/new", "three"]


def test_interruptions_end(interrupting: Channel, model: StubModel) -> None:
    row = InboundEvent.objects.get(pk=accept(interrupting, "x")[0])
    row.payload[windows.PARTS] = [{"id": str(n), "text": "x", "files": 0} for n in range(windows.MOST)]
    row.save()
    accept(interrupting, "y")
    assert not gathering.interruption(row, interrupting.bot)()


def test_a_clock_that_was_set_back_holds_nothing(collecting: Channel, model: StubModel) -> None:
    accept(collecting, "hm")
    InboundEvent.objects.update(received_at=timezone.now() + timedelta(hours=1), due_at=timezone.now())
    assert work() == 1


def test_messages_that_come_while_the_bot_answers_are_the_next_turn(collecting: Channel, model: StubModel) -> None:
    while_answering(collecting, model, "second", "third", takes_s=2.0)
    wait(11)
    work()
    assert questions() == ["first", "second\nthird"]


def test_stop_ends_what_waits_behind_the_running_answer_too(channel: Channel, model: StubModel) -> None:
    while_answering(channel, model, "second", "/stop")
    work()
    assert questions() == ["first", "second", "/stop"]
    assert answers() == ["Stopped."], "one stop is said once"
    assert len(model.prompts) == 1


def test_in_a_group_a_mere_word_ends_only_the_turn_of_the_same_member(channel: Channel, model: StubModel) -> None:
    use_policy(channel, group_policy="all")
    first, _second = accept(
        channel,
        make_event("tell me all", chat="-5", user="ann", chat_type="group"),
        make_event("stop", chat="-5", user="bob", chat_type="group"),
    )
    assert not InboundEvent.objects.get(pk=first).cancel_requested
    accept(channel, make_event("stop", chat="-5", user="bob", chat_type="group", mentions_bot=True))
    assert InboundEvent.objects.get(pk=first).cancel_requested


def test_none_of_three_members_who_write_at_once_is_lost(collecting: Channel, model: StubModel) -> None:
    use_policy(collecting, group_policy="all")
    for text in ("one", "two"):
        for user in ("ann", "bob", "cem"):
            accept(collecting, make_event(f"{user} {text}", chat="-5", user=user, chat_type="group"))
    wait(11)
    while work():
        pass
    assert questions() == ["ann one\nann two", "bob one\nbob two", "cem one\ncem two"]


def test_pictures_and_recordings_without_words_are_collected_too(collecting: Channel, model: StubModel) -> None:
    voice = Attachment("voice", "v", transcript="and what is this?")
    picture = Attachment("image", "p")
    accept(collecting, "look", make_event("", attachments=(picture,)), make_event("", attachments=(voice,)))
    wait(11)
    assert work() == 1
    assert questions()[0].startswith("look\nand what is this?")
    assert len(Message.objects.get(role="user").attachments) == 2


def test_a_message_sent_twice_by_the_platform_is_in_the_turn_once(collecting: Channel, model: StubModel) -> None:
    event = make_event("hello")
    accept(collecting, event, "there")
    accept(collecting, event)
    wait(11)
    work()
    assert questions() == ["hello\nthere"]
    accept(collecting, event)
    wait(11)
    assert work() == 0


def test_the_mode_may_change_while_messages_wait(collecting: Channel, model: StubModel) -> None:
    accept(collecting, "one", "two")
    use(collecting, Bot.Bursts.EACH)
    wait(11)
    work()
    assert questions() == ["one", "two"]


def test_each_stop_is_answered_even_if_the_one_before_said_the_same(channel: Channel, model: StubModel) -> None:
    say(channel, "/stop")
    say(channel, "/stop")
    assert answers() == ["Stopped."] * 2


def test_stop_says_once_that_three_waiting_messages_are_stopped(channel: Channel, model: StubModel) -> None:
    while_answering(channel, model, "second", "third", "fourth", "停")
    work()
    assert questions() == ["first", "second", "third", "fourth", "停"]
    assert len(answers()) == 1
    assert not InboundEvent.objects.exclude(state=State.DONE).exists()
