"""A call that reaches outside waits for a yes to exactly this call: of the person, or of an operator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import AuditEntry, Channel, Conversation, InboundEvent, Message
from bots.operations import queues, tool_calls
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from skills import journal, tools
from skills.models import BotTool, ToolCall
from tests.builders import answers, make_event, say
from tests.killing import kill_before_statement, recover
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]

State = ToolCall.State
MAIL = call("mail", to="Ann", body="hello")


def mails(body: dict[str, Any]) -> Wants:
    """A model that wants a mail to be sent, and says at the end what its tool said."""
    results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
    return Wants(f"So: {results[-1].split(chr(10))[1]}") if results else MAIL


def work_off() -> None:
    for row_id, _platform in inbox.due():
        MessageDispatcher().process(row_id)


@pytest.mark.parametrize(
    ("question", "yes", "asks"),
    [("Write to Ann", "Yes, please!", "Type “yes” or “no”"), ("给 Ann 写信", "好的。", "“yes”")],
)
def test_the_call_is_shown_and_made_after_a_yes(channel: Channel, question: str, yes: str, asks: str) -> None:
    give("Mail")
    with asking(mails) as model:
        text = ask(channel, question)
        assert "Send “hello” to Ann." in text
        assert asks in text or "是" in text
        assert noted() == []
        row = ToolCall.objects.get()
        assert (row.state, row.asked) == (State.WAITING, "person")
        assert ask(channel, yes.replace(", please", "")) == "So: sent to Ann"
    assert noted() == ["Ann: hello"]
    row.refresh_from_db()
    assert (row.state, row.decided_by, row.sealed, row.expires_at) == (State.DONE, "person", "", None)
    assert model.malformed == []
    assert Conversation.objects.get().state == Conversation.State.ACTIVE


@pytest.mark.parametrize(("answer", "state"), [("no", State.REFUSED), ("不要", State.REFUSED)])
def test_after_a_no_the_model_knows_it(channel: Channel, answer: str, state: str) -> None:
    give("Mail")
    with asking(mails):
        ask(channel, "Write to Ann")
        assert "Not allowed" in ask(channel, answer)
    assert noted() == []
    assert ToolCall.objects.get().state == state


def test_a_message_about_something_else_is_no_yes(channel: Channel) -> None:
    give("Mail")
    with asking(MAIL, Wants("It is noon."), Wants("Yes what?")):
        ask(channel, "Write to Ann")
        assert ask(channel, "yes, and what time is it?") == "It is noon."
        assert ToolCall.objects.get().state == State.CANCELLED
        assert ask(channel, "yes") == "Yes what?"
    assert noted() == []


def test_a_yes_that_comes_late_is_no_yes(channel: Channel) -> None:
    give("Mail")
    with asking(mails):
        ask(channel, "Write to Ann")
        ToolCall.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert "No answer" in ask(channel, "yes")
    assert noted() == []
    assert ToolCall.objects.get().state == State.EXPIRED


def test_other_arguments_are_asked_about_again(channel: Channel) -> None:
    give("Mail")
    with asking(MAIL, call("mail", to="Eve", body="hello"), Wants("Done.")):
        ask(channel, "Write to Ann")
        assert "to Eve" in ask(channel, "yes")
        assert noted() == ["Ann: hello"]
        assert ask(channel, "yes") == "Done."
    assert noted() == ["Ann: hello", "Eve: hello"]


def test_the_same_call_again_is_asked_about_again(channel: Channel) -> None:
    give("Mail")
    with asking(MAIL, MAIL, Wants("Done.")):
        ask(channel, "Write to Ann")
        ask(channel, "yes")
        assert ToolCall.objects.order_by("-id")[0].state == State.WAITING
        ask(channel, "no")
    assert noted() == ["Ann: hello"]


def test_two_calls_of_one_answer_are_asked_about_one_by_one(channel: Channel) -> None:
    give("Mail", "Forecast")
    both = Wants("", (("forecast", {"city": "Paris"}), *MAIL.calls, ("mail", {"to": "Bob", "body": "hi"})))
    with asking(both, call("mail", to="Bob", body="hi"), Wants("Done.")) as model:
        assert "to Ann" in ask(channel, "Write to both")
        assert noted() == ["Paris"]
        assert "to Bob" in ask(channel, "yes")
        assert ask(channel, "yes") == "Done."
    assert noted() == ["Paris", "Ann: hello", "Bob: hi"]
    assert model.malformed == []


def test_a_withdrawn_tool_is_not_called(channel: Channel) -> None:
    give("Mail")
    with asking(MAIL, Wants("Sorry.")):
        ask(channel, "Write to Ann")
        BotTool.objects.create(bot=channel.bot, tool="mail", enabled=False)
        tools.clear_cache()
        ask(channel, "yes")
    assert noted() == []
    assert ToolCall.objects.get().state == State.CANCELLED


def test_the_operator_may_let_a_tool_go_without_a_question(channel: Channel) -> None:
    give("Mail")
    BotTool.objects.create(bot=channel.bot, tool="mail", approval="never")
    with asking(mails):
        assert ask(channel, "Write to Ann") == "So: sent to Ann"


def test_a_worker_that_dies_between_yes_and_effect_sends_one_mail(channel: Channel) -> None:
    give("Mail")
    killed_times = 0
    with asking(mails) as model:
        for number in range(1, 200):
            chat = str(700 + number)
            say(channel, "Write to Ann", chat=chat)
            (row_id,) = inbox.accept(channel, [make_event("yes", chat=chat)]).accepted
            before = len(noted())
            killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
            if killed:
                killed_times += 1
                recover()
            assert InboundEvent.objects.get(pk=row_id).state == "done"
            row = ToolCall.objects.get(conversation__chat_id=chat)
            answer = Message.objects.get(inbound=row_id, role="assistant").text
            assert len(noted()) - before <= 1, number
            assert (row.state, len(noted()) - before) in ((State.DONE, 1), (State.UNKNOWN, 0), (State.UNKNOWN, 1)), (
                number
            )
            assert ("not known" in answer) == (row.state == State.UNKNOWN)
            if not killed:
                break
    assert killed_times > 20
    assert model.malformed == []


def by_operator(channel: Channel) -> None:
    give("Mail")
    BotTool.objects.create(bot=channel.bot, tool="mail", approval="operator")
    tools.clear_cache()


@pytest.mark.parametrize(("allowed", "told"), [(True, "sent to Ann"), (False, "Not allowed")])
def test_an_operator_decides_and_the_turn_goes_on(channel: Channel, allowed: bool, told: str) -> None:
    by_operator(channel)
    with asking(mails) as model:
        assert "A member of the team must allow" in ask(channel, "Write to Ann")
        row = ToolCall.objects.get()
        assert (row.state, row.asked) == (State.WAITING, "operator")
        assert tool_calls.decide([row.pk], allowed=allowed, actor="olga") == 1
        assert tool_calls.decide([row.pk], allowed=not allowed, actor="oscar") == 0
        work_off()
    assert told in answers()[-1]
    assert noted() == (["Ann: hello"] if allowed else [])
    row.refresh_from_db()
    assert row.decided_by == "olga"
    audit = AuditEntry.objects.get(subject__startswith="skills.toolcall")
    assert (audit.actor, audit.field_names) == ("olga", ["allowed" if allowed else "refused"])
    assert model.malformed == []
    assert Message.objects.filter(role="user").count() == 1
    assert not InboundEvent.objects.open().exists()


def test_when_no_operator_answers_the_person_learns_it(channel: Channel) -> None:
    by_operator(channel)
    with asking(mails):
        ask(channel, "Write to Ann")
        ToolCall.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        queues.sweep()
        work_off()
        queues.sweep()
        work_off()
    assert "nobody said in time" in answers()[-1]
    assert len(answers()) == 2
    assert ToolCall.objects.get().state == State.EXPIRED
    assert not journal.decide(ToolCall.objects.get(), allowed=True, by="olga", now=timezone.now())


def test_a_person_cannot_allow_what_an_operator_must(channel: Channel) -> None:
    by_operator(channel)
    with asking(mails, mails, Wants("I wait for the team.")):
        ask(channel, "Write to Ann")
        assert ask(channel, "yes") == "I wait for the team."
    assert noted() == []
    assert ToolCall.objects.get().state == State.WAITING


def test_a_conversation_that_a_human_has_taken_over_is_left_alone(channel: Channel) -> None:
    from bots.operations import handover

    by_operator(channel)
    with asking(mails):
        ask(channel, "Write to Ann")
        handover.take_over(Conversation.objects.get())
        tool_calls.decide([ToolCall.objects.get().pk], allowed=True, actor="olga")
        work_off()
    assert len(answers()) == 1
    assert noted() == []
