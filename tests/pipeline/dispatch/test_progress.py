"""A person who waits for a slow skill or tool reads what it does: once, before the answer, and only when it is slow."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection

from bots.models import Channel, InboundEvent, Message, OutboundMessage
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch import progress
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from skills import catalogue
from skills.models import Skill
from tests.builders import make_event, say, use_policy
from tests.killing import Killed, recover
from tests.peers import BotApi
from tests.pipeline.engine.answer.tool_loop_builders import asking, give
from tests.skills.tool_samples import Noting, Slow
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER_S", 0.3)
    give("Slow", "Forecast")
    Noting.pause_s = 1.0


def delivered(api: BotApi, chat: str = "7") -> list[str]:
    """What the person got, when the outbox is worked off."""
    for _ in range(3):
        for row_id, _platform in outbox.due():
            outbox.deliver(row_id)
    return api.texts(chat)


def is_told(text: str) -> bool:
    return text.startswith("Still counting sheep, key ") and "sk-abc" not in text


def by_words(channel: Channel, **values: Any) -> InboundEvent:
    Skill.objects.filter(name="slow").update(triggers=["count"])
    catalogue.clear_cache()
    return say(channel, "count sheep", **values)


@pytest.mark.parametrize("by_tool", [False, True])
def test_the_text_comes_once_and_before_the_answer(channel: Channel, api: BotApi, by_tool: bool) -> None:
    steps = (call("slow", text="sheep"), Wants("Counted.")) if by_tool else (Wants("Yes."),)
    with asking(*steps) as model:
        row = say(channel, "Sheep?", chat="7") if by_tool else by_words(channel, chat="7")
        first, answer = delivered(api)
        say(channel, "And now?", chat="7")
    assert is_told(first)
    assert answer == ("Counted." if by_tool else "counted sheep")
    assert InboundEvent.objects.get(pk=row.pk).told_to_wait
    assert "counting" not in str(model.requests[-1]["messages"]), "no prompt holds it"
    assert Message.objects.filter(meta__notice="progress").count() == 1


def test_a_quick_tool_says_nothing(channel: Channel, api: BotApi) -> None:
    Noting.pause_s = 0.0
    with asking(call("slow", text="sheep"), Wants("Counted.")):
        say(channel, "Sheep?", chat="7")
        time.sleep(0.5)
    assert delivered(api) == ["Counted."]


def test_two_slow_tools_of_a_turn_say_it_once(channel: Channel, api: BotApi) -> None:
    with asking(call("slow", text="sheep"), call("slow", text="goats"), Wants("Counted.")):
        say(channel, "Sheep?", chat="7")
    assert len(delivered(api)) == 2


def test_typing_goes_on(channel: Channel, api: BotApi) -> None:
    Noting.pause_s = 1.5
    with asking(call("slow", text="sheep"), Wants("Counted.")):
        say(channel, "Sheep?", chat="7")
    assert api.calls["sendChatAction"] >= 1


@pytest.mark.parametrize("where", [{"chat_type": "group", "mentions_bot": True}, {"reply_token": "once"}])
def test_where_one_message_is_the_answer_only_typing_is_shown(
    channel: Channel, api: BotApi, where: dict[str, Any]
) -> None:
    with asking(call("slow", text="sheep"), Wants("Counted.")):
        say(channel, "Sheep?", chat="7", **where)
    assert not Message.objects.filter(meta__notice="progress").exists()
    assert len(delivered(api)) == 1


def test_a_draft_shows_it_in_its_own_place(channel: Channel, api: BotApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.telegram.adapter.TelegramAdapter.edit_interval_s", 0.0)
    use_policy(channel, stream_replies=True)
    with asking(call("slow", text="sheep"), Wants("Counted.")):
        say(channel, "Sheep?", chat="7")
    (draft,) = delivered(api)
    assert is_told(draft)
    assert api.edits[-1][1] == "Counted."
    assert not Message.objects.filter(meta__notice="progress").exists()


def test_a_worker_that_dies_behind_it_does_not_send_it_again(
    channel: Channel, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(self: Any, context: Any, text: str = "") -> Any:
        context.progress("Still counting sheep, key …")
        time.sleep(0.8)
        raise Killed

    def outcome(self: Any, limit_s: float, stopped: Any = None) -> Any:
        self._done.wait(5)
        if isinstance(self._error, Killed):
            raise Killed
        return self._value

    (row_id,) = inbox.accept(channel, [make_event("Sheep?", chat="7")]).accepted
    with asking(call("slow", text="sheep"), call("slow", text="sheep"), Wants("Counted.")):
        with monkeypatch.context() as patch:
            patch.setattr(Slow, "execute", dies)
            patch.setattr("skills.limits.Running.outcome", outcome)
            with pytest.raises(Killed):
                MessageDispatcher().process(row_id)
        connection.close()
        recover()
    told, answer = delivered(api)
    assert is_told(told)
    assert answer == "Counted."
    assert OutboundMessage.objects.count() == 2


def test_a_worker_that_has_lost_its_row_says_nothing(channel: Channel) -> None:
    (row_id,) = inbox.accept(channel, [make_event("Sheep?", chat="7")]).accepted
    row = inbox.claim(row_id)
    assert row is not None
    InboundEvent.objects.filter(pk=row_id).update(owner="another")
    assert not inbox.note_told(row)
    InboundEvent.objects.filter(pk=row_id).update(owner=row.owner)
    assert [inbox.note_told(row), inbox.note_told(row)] == [True, False]
