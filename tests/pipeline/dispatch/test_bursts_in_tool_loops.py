"""What a person writes while tools are called is taken at the next boundary of the model, in order and once."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from typing import Any

import pytest

from adapters.events import Attachment
from bots.models import Bot, Channel, InboundEvent, Message
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from skills.models import ToolCall
from tests.builders import answers, make_event
from tests.killing import kill_before_statement, recover
from tests.pipeline.dispatch.bursts import accept, ids_of, questions, use
from tests.pipeline.dispatch.waiting_rows import wait
from tests.pipeline.engine.answer.tool_loop_builders import asking, give, noted
from tests.threads import on_another_connection
from tests.tool_model import Step, Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]

State = InboundEvent.State
MODES = [Bot.Bursts.INTERRUPT, Bot.Bursts.COLLECT]


def spoken(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Who said what in the prompt, from the question of the turn on."""
    found = [(one["role"], str(one["content"] or "")) for one in body["messages"] if one["role"] != "system"]
    start = next(at for at, (role, text) in enumerate(found) if role == "user" and "Post it" in text)
    return found[start:]


def process(channel: Channel, *texts: str) -> None:
    (row_id, *_rest) = accept(channel, *texts)
    wait(60)
    MessageDispatcher().process(row_id)


@pytest.mark.parametrize("mode", MODES)
def test_a_message_during_a_call_is_told_to_the_model_after_its_result(channel: Channel, mode: str) -> None:
    use(channel, mode)
    give("Post")

    def first(body: dict[str, Any]) -> Wants:
        accept(channel, make_event("and tell Bo", message_id="late-1"), make_event("and Cy", message_id="late-2"))
        return call("post", text="hello")

    with asking(first, Wants("Posted, and I tell both.")) as model:
        process(channel, "Post it")
        last = spoken(model.requests[-1])
        assert [role for role, _text in last] == ["user", "assistant", "tool", "user"]
        assert last[0][1].endswith("Post it")
        assert last[3][1] == "and tell Bo\nand Cy"
        assert len(model.requests) == 2
        assert model.malformed == []
    assert noted() == ["hello"]
    assert questions() == ["Post it\nand tell Bo\nand Cy"]
    assert ids_of(Message.objects.get(role="user"))[1:] == ["late-1", "late-2"]
    assert answers() == ["Posted, and I tell both."]
    assert not InboundEvent.objects.exclude(state=State.DONE).exists()


def test_answer_each_is_as_it_was(channel: Channel) -> None:
    give("Post")

    def first(body: dict[str, Any]) -> Wants:
        accept(channel, "and tell Bo")
        return call("post", text="hello")

    with asking(first, Wants("Posted."), Wants("I tell him.")) as model:
        process(channel, "Post it")
        assert "Bo" not in str(spoken(model.requests[1]))
    assert questions() == ["Post it", "and tell Bo"]
    assert answers() == ["Posted.", "I tell him."]


def test_a_message_while_the_model_writes_after_a_call_does_not_begin_anew(channel: Channel) -> None:
    use(channel, Bot.Bursts.INTERRUPT)
    give("Post")

    def second(body: dict[str, Any]) -> Wants:
        accept(channel, "wait, in red")
        time.sleep(2.5)  # the check of an answer that comes as a whole begins after a second
        return Wants("This answer is out of date.")

    with asking(call("post", text="hello"), second, Wants("Posted, and now in red.")) as model:
        process(channel, "Post it")
        assert [role for role, _text in spoken(model.requests[2])] == ["user", "assistant", "tool", "user"]
    assert noted() == ["hello"]
    assert answers() == ["Posted, and now in red."]
    assert ToolCall.objects.count() == 1


def test_a_message_before_the_first_call_begins_anew_as_before(channel: Channel) -> None:
    use(channel, Bot.Bursts.INTERRUPT)
    give("Post")

    def first(body: dict[str, Any]) -> Wants:
        accept(channel, "in red")
        time.sleep(2.5)
        return call("post", text="out of date")

    with asking(first, call("post", text="red"), Wants("Done.")) as model:
        process(channel, "Post it")
        assert spoken(model.requests[1])[-1][1].endswith("Post it\nin red")
    assert noted() == ["red"]
    assert answers() == ["Done."]


def test_a_file_during_a_call_is_not_pressed_into_words(channel: Channel) -> None:
    use(channel, Bot.Bursts.COLLECT)
    give("Post")

    def first(body: dict[str, Any]) -> Wants:
        photo = Attachment("location", name="here", details="1, 2")
        inbox.accept(channel, [make_event("look", attachments=(photo,))])
        return call("post", text="hello")

    with asking(first, Wants("Posted.")):
        process(channel, "Post it")
        assert questions() == ["Post it"]
        wait(60)
        for row_id, _platform in inbox.due():
            MessageDispatcher().process(row_id)
    assert len(questions()) == 2


def test_messages_of_another_member_wait_for_their_own_turn(channel: Channel) -> None:
    use(channel, Bot.Bursts.INTERRUPT)
    give("Post")
    values = {"chat": "group", "chat_type": "group", "mentions_bot": True}

    def first(body: dict[str, Any]) -> Wants:
        if len(answers()) == 0 and not noted():
            inbox.accept(channel, [make_event("me too", user="bob", **values)])
        return call("post", text="hello")

    with asking(first, Wants("Posted."), Wants("Yes?")):
        (row_id,) = inbox.accept(channel, [make_event("Post it", user="ann", **values)]).accepted
        MessageDispatcher().process(row_id)
    assert len(answers()) == 2
    assert "me too" not in questions()[0]


def test_stop_during_a_call_ends_the_loop_and_takes_nothing_more(channel: Channel) -> None:
    use(channel, Bot.Bursts.INTERRUPT)
    give("Post")

    def first(body: dict[str, Any]) -> Wants:
        accept(channel, "/stop")
        return Wants("", (("post", {"text": "one"}), ("post", {"text": "two"})))

    with asking(first, Wants("Never asked.")) as model:
        process(channel, "Post it")
        assert len(model.requests) == 1
    assert "two" not in noted()


@pytest.mark.databases
@pytest.mark.parametrize("mode", MODES)
def test_wherever_the_worker_dies_each_message_counts_once(channel: Channel, mode: str) -> None:
    use(channel, mode)
    give("PostOnce")

    def steps(words: str, chat: str) -> list[Step]:
        def answer(body: dict[str, Any]) -> Wants:
            if any(one["role"] == "tool" for one in body["messages"]):
                return Wants("Done.")
            more = make_event(f"more {words}", chat=chat, key=f"more-{chat}")
            on_another_connection(lambda: inbox.accept(channel, [more]))
            return call("post_once", text=words)

        return [answer]

    for number in itertools.count(1, 3):
        chat, words = f"kill-{number}", f"Post it {number}"
        with asking(*steps(words, chat)) as model:
            (row_id,) = inbox.accept(channel, [make_event(words, chat=chat)]).accepted
            wait(60)
            killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
            for _again in range(4):
                recover()
                wait(60)
                for due, _platform in inbox.due():
                    MessageDispatcher().process(due)
            assert model.malformed == [], number
        rows = Message.objects.filter(conversation__chat_id=chat, role="user").order_by("id")
        said = "\n".join(row.text for row in rows)
        assert Counter(said.split("\n")) == Counter([words, f"more {words}"]), (number, said)
        assert said.startswith(words), number
        assert not InboundEvent.objects.exclude(state=State.DONE).exists(), number
        assert Message.objects.filter(conversation__chat_id=chat, role="assistant").count() == rows.count()
        if not killed:
            break
