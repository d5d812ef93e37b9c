"""A worker is killed before each statement of a turn whose model calls tools: no effect happens twice, none is lost."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import pytest
from django.db import connection

from bots.models import Channel, InboundEvent, Message, WaitingMemory
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from memory.models import MemoryEntry
from skills.models import ToolCall
from tests.builders import make_event
from tests.killing import Killed, kill_before_statement, recover
from tests.pipeline.engine.answer.tool_loop_builders import asking, give, noted
from tests.skills import tool_samples
from tests.skills.tool_samples import Noting
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def accept(channel: Channel, text: str, chat: str) -> int:
    (row_id,) = inbox.accept(channel, [make_event(text, chat=chat)]).accepted
    return row_id


def calls_once(tool: str) -> Any:
    """A model that looks something up, then writes, then answers: by what its prompt holds, as a real one does."""

    def answer(body: dict[str, Any]) -> Wants:
        said = body["messages"]
        words = next(message["content"] for message in reversed(said) if message["role"] == "user")
        results = [message["content"] for message in said if message["role"] == "tool"]
        if not results:
            return call("forecast", city="Paris")
        if len(results) == 1:
            return call(tool, text=words)
        return Wants(f"Done: {results[1].split(chr(10))[1]}")

    return answer


@pytest.mark.parametrize("tool", ["post", "post_once", "note"])
def test_a_call_happens_once_wherever_the_worker_dies(channel: Channel, tool: str) -> None:
    give("Forecast", "Post", "PostOnce", "Note")
    killed_times = 0
    with asking(calls_once(tool)) as model:
        for number in itertools.count(1):
            chat, words = str(700 + number), f"text {number}"
            row_id = accept(channel, words, chat)
            killed = kill_before_statement(number, lambda row_id=row_id: MessageDispatcher().process(row_id))
            if killed:
                recover()
            assert InboundEvent.objects.get(pk=row_id).state == InboundEvent.State.DONE, number
            (answer,) = Message.objects.filter(inbound=row_id, role="assistant").values_list("text", flat=True)
            rows = ToolCall.objects.filter(begun_by=row_id)
            assert rows.count() == 2, number
            assert not rows.exclude(state__in=("done", "unknown")).exists()
            assert not rows.exclude(sealed="").exists()
            happened = Counter(noted())[words]
            if tool == "post":
                assert happened <= 1
                assert "posted" in answer or "not known" in answer, answer
                assert happened == 1 or "not known" in answer
            elif tool == "post_once":  # its server takes the key, and so does it once
                assert "posted" in answer
                keys = {key for (text, *_), key in zip(Noting.calls, Noting.keys, strict=True) if text == words}
                assert len(keys) == 1
            else:
                memories = MemoryEntry.objects.filter(text=words, kind="turn").count()
                assert memories == 2, (number, memories)  # the message and the note
                assert "noted" in answer
            if not killed:
                break
            killed_times += 1
    assert model.malformed == []
    assert killed_times > 25
    assert not WaitingMemory.objects.exists()


def test_a_call_whose_worker_dies_in_the_middle_is_told_honestly(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    give("Forecast", "Post")

    def dies(self: Any, context: Any, text: str) -> str:
        Noting.calls.append((text, 0.0, 0.0))
        raise Killed

    row_id = accept(channel, "sell", "701")
    with asking(calls_once("post")):
        with monkeypatch.context() as patch:
            patch.setattr(tool_samples.Post, "execute", dies)
            # the skill's thread dies, and with it, as SIGKILL does, the whole process
            patch.setattr("skills.limits.Running.outcome", _raising_killed)
            with pytest.raises(Killed):
                MessageDispatcher().process(row_id)
        connection.close()
        recover()
    assert noted().count("sell") <= 1
    assert "not known" in Message.objects.get(inbound=row_id, role="assistant").text
    assert ToolCall.objects.get(tool="post").state == ToolCall.State.UNKNOWN


def _raising_killed(self: Any, limit_s: float, stopped: Any = None) -> Any:
    self._done.wait(5)
    if isinstance(self._error, Killed):
        raise Killed
    if self._error is not None:
        raise self._error
    return self._value
