"""Bad input of models and tools: wrong arguments, broken, slow and hostile tools, and a person who stops them."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from django.db import connection

from bots.models import Channel, InboundEvent, ModelProvider
from memory.models import MemoryEntry
from skills import tools
from skills.models import BotTool, ToolCall
from tests.builders import say
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.skills.tool_samples import Noting
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


@pytest.mark.parametrize(
    ("wrong_json", "complaint"),
    [
        ("[1]", "must be a JSON object"),
        ("3", "must be a JSON object"),
        ("true", "must be a JSON object"),
        ('"foo"', "not JSON"),
        ("null", "required property"),
        ("Paris", "not JSON"),
        ('{"city": 5}', "'string'"),
        ('{"city": "Par{"city": "Paris"}', "not valid JSON"),
    ],
)
def test_wrong_calls_tell_the_model_how_to_mend_them(channel: Channel, wrong_json: str, complaint: str) -> None:
    give("Forecast")
    wrong = Wants("", (("weather", {}), ("forecast", {}), ("forecast", wrong_json)))
    with asking(wrong, Wants("Sorry.")) as model:
        ask(channel)
    told = model.results
    assert "no tool “weather”. The tools are: forecast" in told[0]
    assert "'city' is a required property" in told[1]
    assert complaint in told[2]
    assert noted() == []
    assert set(ToolCall.objects.values_list("state", flat=True)) == {"cancelled"}


@pytest.mark.parametrize(
    "written",
    [
        '{"city": "Paris",}',
        "{'city': 'Paris'}",
        '{"city": "Paris"',
        '"{\\"city\\": \\"Paris\\"}"',
        '{"city": "Paris", "days": null}',
        '```json\n{"city": "Paris"}\n```',
    ],
)
def test_arguments_that_are_nearly_right_are_mended(channel: Channel, written: str) -> None:
    give("Forecast")
    with asking(Wants("", (("forecast", written),)), Wants("It rains.")):
        assert ask(channel) == "It rains."
    assert noted() == ["Paris"]


def test_a_tool_that_says_nothing_has_a_result(channel: Channel) -> None:
    give("Silent")
    with asking(call("silent"), Wants("Done.")) as model:
        assert ask(channel) == "Done."
    assert "(nothing)" in model.results[0] or "answered nothing" in model.results[0]
    assert all(message["content"] is not None for message in model.requests[-1]["messages"])


def test_arguments_that_were_cut_off_are_not_guessed(channel: Channel) -> None:
    give("Post")
    with asking(Wants("", (("post", '{"text": "Sell ten'),), "length"), Wants("Sorry.")):
        assert ask(channel) == "Sorry."
    assert noted() == []


def test_a_broken_tool_is_an_answer_to_the_model(channel: Channel) -> None:
    give("Broken", "Hanging", "Refusing")
    with asking(Wants("", (("broken", {}), ("hanging", {}), ("refusing", {}))), Wants("Sorry.")) as model:
        assert ask(channel) == "Sorry."
    broken, hanging, refusing = model.results
    assert "RuntimeError" in broken
    assert "abcdefghijklmnop" not in broken
    assert "did not answer" in hanging
    assert "only do that on Sundays" in refusing
    assert not ToolCall.objects.exclude(state="failed").exists()


def test_a_tool_that_keeps_failing_is_switched_off(channel: Channel) -> None:
    give("Broken", "Forecast")
    for number in range(3):
        with asking(call("broken", text=f"{number}a"), call("broken", text=f"{number}b"), Wants("Sorry.")):
            assert ask(channel) == "Sorry."
    rule = BotTool.objects.get()
    assert (rule.tool, rule.paused_until is not None) == ("broken", True)
    assert "RuntimeError" in rule.last_error
    tools.clear_cache()
    with asking(Wants("Hello.")) as model:
        ask(channel)
    assert [one["function"]["name"] for one in model.requests[0]["tools"]] == ["forecast"]


def test_a_megabyte_is_cut_and_secrets_are_masked(channel: Channel) -> None:
    give("Huge", "Leaking")
    with asking(Wants("", (("huge", {}), ("leaking", {}))), Wants("Done.")) as model:
        ask(channel)
    huge, leaking = model.results
    assert len(huge) < 20_000
    assert "begin" in huge[:30]
    assert "sk-abc" not in leaking
    stored = "".join(json.dumps([row.result, row.arguments]) for row in ToolCall.objects.all())
    assert "sk-abc" not in stored
    assert len(stored) < 40_000


def test_a_result_cannot_leave_its_fence(channel: Channel) -> None:
    give("Commanding")
    with asking(call("commanding"), Wants("Done.")) as model:
        ask(channel)
    (result,) = model.results
    assert result.startswith("<result>\n")
    assert result.endswith("\n</result>")
    assert result.count("</result>") == 1
    assert "<|im_start|>" not in result


def test_stop_ends_the_loop(channel: Channel) -> None:
    give("Forecast")

    def stop(body: dict[str, Any]) -> Wants:
        InboundEvent.objects.open().update(cancel_requested=True)
        return call("forecast", "Let me look.", city="Paris")

    with asking(stop, Wants("never")) as model:
        text = ask(channel)
    assert text.startswith(("Let me look.", "Stopped."))
    assert noted() == []
    assert len(model.requests) == 1


def test_stop_during_a_slow_tool_ends_the_wait(channel: Channel) -> None:
    give("Forecast")
    Noting.pause_s = 5.0
    two = Wants("", (("forecast", {"city": "Paris"}), ("forecast", {"city": "Rome"})))

    def press() -> None:
        time.sleep(0.5)
        InboundEvent.objects.open().update(cancel_requested=True)
        connection.close()

    with asking(two, Wants("never")) as model:
        stopper = threading.Thread(target=press)
        stopper.start()
        started = time.monotonic()
        assert ask(channel) == "Stopped."
        assert time.monotonic() - started < 4.5
        stopper.join()
    assert len(model.requests) == 1
    assert set(ToolCall.objects.values_list("state", flat=True)) == {"cancelled"}
    time.sleep(max(0.0, started + 6 - time.monotonic()))  # the abandoned calls end before the next test


def test_small_windows_still_hold_the_rounds(channel: Channel) -> None:
    give("Huge")
    with asking(*[call("huge", text=str(number)) for number in range(4)], Wants("Done.")) as model:
        ModelProvider.objects.update(context_tokens=4096)
        assert ask(channel) == "Done."
    assert model.malformed == []
    assert len(json.dumps(model.requests[-1]["messages"])) < 60_000


def test_a_prompt_that_is_refused_after_a_call_does_not_write_twice(channel: Channel) -> None:
    give("Note")
    say(channel, "hello")  # so that there is something to leave out of the next prompt

    def answer(body: dict[str, Any]) -> Wants:
        if not any(message["role"] == "tool" for message in body["messages"]):
            return call("note", text="milk")
        refused.append(len(body["messages"]))
        return Wants("", (), "content_filter") if len(refused) == 1 else Wants("Noted.")

    refused: list[int] = []
    with asking(answer) as model:
        assert ask(channel, "Remember milk") == "Noted."
    assert len(refused) == 2
    assert noted() == ["milk"]
    assert MemoryEntry.objects.filter(text="milk").count() == 1
    assert model.malformed == []
