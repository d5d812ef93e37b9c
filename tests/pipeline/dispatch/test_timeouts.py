"""An open question is asked once more, then its flow is set aside, then dropped; each once, whatever runs twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import Conversation, DialogTimer, InboundEvent, Message
from bots.operations import handover, queues
from bots.pipeline import inbox
from bots.pipeline.dispatch import timeouts
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.killing import kill_before_statement, recover
from tests.peers import StubModel
from tests.pipeline.engine.dialog.flows import Chat, make_chat, restart
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]

State = DialogTimer.State


@pytest.fixture
def chat(model: StubModel) -> Chat:
    made = make_chat("Table", "Fruit")
    made.say("book a table")
    made.say("2030-12-05")
    return made


def later(minutes: float) -> None:
    """Lets time pass for the timers, and does what is due then, as beat and a worker do."""
    for timer in DialogTimer.objects.all():
        timer.due_at -= timedelta(minutes=minutes)
        timer.park_at = timer.park_at - timedelta(minutes=minutes) if timer.park_at else None
        timer.save()
    queues.sweep()
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)


def notices() -> list[str]:
    rows = Message.objects.filter(meta__notice="reminder").order_by("id")
    return list(rows.values_list("text", flat=True))


def test_it_reminds_once_with_the_question_as_it_was_asked(chat: Chat) -> None:
    later(29)
    assert notices() == []
    later(2)
    assert notices() == [
        "We were in the middle of the table, and this is still open:\nFor how many?\n\n"
        "You can also answer later: I keep it for 7 days. “cancel” drops it."
    ]
    later(60)
    assert len(notices()) == 1
    assert chat.say("2") == "Where?\n1. window\n2. garden"


def test_it_reminds_in_the_language_of_the_person(chat: Chat) -> None:
    chat.say("取消")
    chat.say("订位")
    later(31)
    assert notices() == [
        "我们刚才在办订位，还差这一项：\n哪一天？\n\n你也可以晚点再回复，我会保留 7 天；不想办了就说“取消”。"
    ]


def test_it_is_set_aside_and_the_next_message_is_no_answer(chat: Chat) -> None:
    later(31)
    later(240)
    assert chat.conversation.state == Conversation.State.ACTIVE
    assert len(notices()) == 1
    assert chat.say("2") == "You said: 2"
    restart()
    assert chat.say("continue") == "Let us go on with the table.\n\nFor how many?"
    assert chat.say("2") == "Where?\n1. window\n2. garden"
    assert DialogTimer.objects.get().state == State.REMIND


def test_what_was_set_aside_is_dropped_after_its_days(chat: Chat) -> None:
    later(31)
    later(240)
    later(60 * 24 * 6)
    assert DialogTimer.objects.get().state == State.PARKED
    later(60 * 24 * 2)
    assert not DialogTimer.objects.exists()
    assert chat.say("continue") == "You said: continue"


def test_every_open_flow_is_set_aside_and_each_can_be_gone_on_with(chat: Chat) -> None:
    chat.say("fruit")
    later(31)
    later(240)
    assert DialogTimer.objects.filter(state=State.PARKED).count() == 2
    assert chat.say("continue with the table").startswith("Let us go on with the table.")
    assert chat.say("cancel") == "All right, I dropped the table."
    assert chat.say("继续办水果吧").startswith("我们接着办水果。")


def test_an_answer_begins_the_time_anew_and_the_end_of_the_flow_ends_it(chat: Chat) -> None:
    later(29)
    chat.say("3")
    later(29)
    assert notices() == []
    for text in ("window", "no", "skip", "yes"):
        chat.say(text)
    assert not DialogTimer.objects.exists()


def test_two_sweeps_and_two_workers_write_one_message(chat: Chat) -> None:
    DialogTimer.objects.update(due_at=timezone.now() - timedelta(minutes=1))

    def work() -> None:
        timeouts.enqueue_due()
        for row_id, _platform in inbox.due():
            MessageDispatcher().process(row_id)

    at_once(work, work)
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)
    assert InboundEvent.objects.filter(kind=timeouts.KIND).count() == 1
    assert len(notices()) == 1


@pytest.mark.parametrize("minutes", [31, 241])
def test_killed_before_any_statement_it_happens_once(chat: Chat, minutes: int) -> None:
    if minutes > 240:
        DialogTimer.objects.update(state=State.PARK)
    DialogTimer.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    timeouts.enqueue_due()
    row = InboundEvent.objects.get(kind=timeouts.KIND)
    for number in range(1, 60):
        killed = kill_before_statement(number, lambda: MessageDispatcher().process(row.pk))
        if not killed:
            break
        assert DialogTimer.objects.count() == 1
        recover()
        row.refresh_from_db()
        if row.state == InboundEvent.State.DONE:
            break
    assert len(notices()) == (1 if minutes < 240 else 0)
    timer = DialogTimer.objects.get()
    assert timer.state == (State.PARK if minutes < 240 else State.PARKED)


def test_a_message_that_comes_first_makes_the_timer_do_nothing(chat: Chat) -> None:
    DialogTimer.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    timeouts.enqueue_due()
    row = InboundEvent.objects.get(kind=timeouts.KIND)
    InboundEvent.objects.filter(pk=row.pk).update(due_at=timezone.now() + timedelta(hours=1), state="dead")
    chat.say("4")
    InboundEvent.objects.filter(pk=row.pk).update(due_at=timezone.now(), state="pending")
    MessageDispatcher().process(row.pk)
    assert notices() == []
    assert DialogTimer.objects.get().state == State.REMIND


def test_a_human_who_has_taken_over_is_not_disturbed(chat: Chat) -> None:
    handover.take_over(chat.conversation)
    later(31)
    assert notices() == []
    assert not DialogTimer.objects.exists()


@pytest.mark.parametrize("text", ["/reset", "/new"])
def test_a_new_conversation_drops_what_was_set_aside(chat: Chat, text: str) -> None:
    later(31)
    later(240)
    chat.say(text)
    assert not DialogTimer.objects.exists()


def test_to_forget_everything_drops_the_values_of_flows(chat: Chat) -> None:
    later(31)
    later(240)
    chat.say("fruit")
    chat.say("/forget")
    chat.say("yes")
    assert (chat.frames, DialogTimer.objects.count()) == ([], 0)


def test_a_group_gets_no_reminder(model: StubModel) -> None:
    made = make_chat("Table")
    room = Chat(made.channel, "room")
    room.say("book a table", user="ann", chat_type="group", mentions_bot=True)
    later(31)
    assert notices() == []
    later(240)
    assert room.conversation.state == Conversation.State.ACTIVE
