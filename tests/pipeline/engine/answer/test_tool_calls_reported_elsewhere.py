"""Tool calls that broke similar products, through the pipeline: what reached them is sent to a bot and its tools.

Each kind stands in public reports of other products; the words here are our own.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from bots.models import Bot, Channel, InboundEvent, Message, ModelProvider
from clawdbot import crypto
from memory.models import MemoryEntry
from skills import tool_results
from skills.models import ToolCall
from tests.http_server import Answer, json_answer
from tests.pipeline.engine.answer.test_tool_streaming import Screen
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.tool_model import ToolModel, Wants, call, chunk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def whole(message: dict[str, Any], finish: str | None = "tool_calls") -> Answer:
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": None, **message}}
    return json_answer({"id": "x", "choices": [choice], "usage": {"prompt_tokens": 50, "completion_tokens": 5}})


def streamed(*deltas: dict[str, Any], finish: str | None = "tool_calls") -> Answer:
    chunks = (*(chunk(delta) for delta in deltas), chunk({}, finish), b"data: [DONE]\n\n")
    return Answer(200, b"", {"Content-Type": "text/event-stream"}, chunks)


def function(name: str, arguments: Any, **more: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "arguments": arguments}, **more}


def well(model: ToolModel) -> None:
    """Checks that the turn is closed once and that every prompt was one that OpenAI takes."""
    assert model.malformed == []
    assert not InboundEvent.objects.open().exists()
    assert not InboundEvent.objects.filter(state=InboundEvent.State.DEAD).exists()
    assert not ToolCall.objects.filter(state__in=("started", "waiting", "allowed")).exists()


MENDED = {
    "a number as text": ('{"count": "3"}', "3 1.0 False None"),
    "a number and a truth as text": ('{"count": "3", "share": "0.5", "loud": "True"}', "3 0.5 True None"),
    "a list as text": ('{"count": 1, "tags": "[\\"a\\", \\"b\\"]"}', "1 1.0 False ['a', 'b']"),
    "nothing as empty text": ('{"count": 1, "share": "", "loud": "", "tags": ""}', "1 1.0 False None"),
    "an object in a list": ('[{"count": 2}]', "2 1.0 False None"),
    "an object in a text": (json.dumps('{"count": 2}'), "2 1.0 False None"),
    "lone surrogate": ('{"count": 1, "tags": ["\\ud83d"]}', "1 1.0 False ['\ufffd']"),
    "NUL": ('{"count": 1, "tags": ["a\\u0000b"]}', "1 1.0 False ['ab']"),
}


@pytest.mark.parametrize("name", MENDED)
def test_arguments_of_another_type_are_read_as_they_are_meant(channel: Channel, name: str) -> None:
    written, meant = MENDED[name]
    give("Typed")
    with asking(Wants("", (("typed", written),)), Wants("Done.")) as model:
        assert ask(channel) == "Done."
    assert noted() == [meant]
    assert ToolCall.objects.get().state == "done"
    well(model)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ('{"count": 1, "share": NaN}', "no finite number"),
        ('{"count": 1, "share": 1e999}', "no finite number"),
        ('{"count": 1, "tags": ' + "[" * 60 + "]" * 60 + "}", "nested too deeply"),
        ('{"count": ' + "9" * 5000 + "}", "do not fit"),
        ('{"count": "three"}', "'integer'"),
        ('{"count": "1.5"}', "'integer'"),
        ('[{"count": 1}, {"count": 2}]', "must be a JSON object"),
        ('{"count": ' * 3000, "JSON"),
    ],
)
def test_arguments_that_no_database_takes_are_an_error_for_the_model(
    channel: Channel, written: str, complaint: str
) -> None:
    give("Typed")
    with asking(Wants("", (("typed", written),)), Wants("Sorry.")) as model:
        assert ask(channel) == "Sorry."
    assert complaint in model.results[0]
    assert noted() == []
    well(model)


def test_text_with_a_NUL_is_kept_without_it(channel: Channel) -> None:
    give("Note")
    with asking(Wants("", (("note", '{"text": "mi\\u0000lk"}'),)), Wants("Noted.")) as model:
        assert ask(channel) == "Noted."
    assert MemoryEntry.objects.filter(text="milk").count() == 1
    assert ToolCall.objects.get().arguments == {"text": "milk"}
    well(model)


SAME = [function("post", '{"text": "hi"}', id=f"call_{number}") for number in range(9)]


@pytest.mark.parametrize(
    "answer",
    [
        whole({"tool_calls": SAME}),
        whole({"tool_calls": [{**one, "id": "same"} for one in SAME]}),
        whole({"tool_calls": [function("post", text, id=text) for text in ('{"text": "hi"}', '{"text":"hi"}')]}),
    ],
    ids=["nine ids", "one id", "other spaces"],
)
def test_the_same_call_several_times_in_one_answer_has_one_effect(channel: Channel, answer: Answer) -> None:
    give("Post")
    with asking(answer, Wants("Posted.")) as model:
        assert ask(channel) == "Posted."
    assert noted() == ["hi"]
    assert set(model.results) == {"<result>\nposted hi\n</result>"}
    assert ToolCall.objects.filter(state="done").count() == 1
    well(model)


def test_a_call_with_an_effect_that_the_model_repeats_has_one_effect(channel: Channel) -> None:
    """Models take "sent" for a reason to send again, up to their limit."""
    give("Post", "Forecast")
    steps = (call("post", text="hi"), call("forecast", city="Paris"), call("post", text="hi"), Wants("Posted."))
    with asking(*steps) as model:
        assert ask(channel) == "Posted."
    assert noted() == ["hi", "Paris"]
    assert model.results[2] == model.results[0] == "<result>\nposted hi\n</result>"
    assert list(ToolCall.objects.order_by("round").values_list("state", flat=True)) == ["done", "done", "cancelled"]
    well(model)


def test_a_call_is_made_again_behind_another_effect(channel: Channel) -> None:
    give("Post")
    steps = (call("post", text="on"), call("post", text="off"), call("post", text="on"), Wants("Blinked."))
    with asking(*steps) as model:
        assert ask(channel) == "Blinked."
    assert noted() == ["on", "off", "on"]
    well(model)


def test_the_same_call_twice_is_asked_about_once(channel: Channel) -> None:
    give("Mail")
    twice = Wants("", (("mail", {"to": "Ann", "body": "hi"}),) * 2)
    with asking(twice, Wants("Sent.")) as model:
        assert "Send “hi” to Ann." in ask(channel)
        assert ask(channel, "yes") == "Sent."
    assert noted() == ["Ann: hi"]
    well(model)


@pytest.mark.parametrize("finish", [None, "tool_calls"])
def test_text_that_is_sent_once_more_with_the_call_is_shown_once(
    channel: Channel, finish: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    give("Forecast")
    screen = Screen(monkeypatch)
    said = "I will look the weather up for you."
    words = [{"content": f"{word} "} for word in said.split()]
    again = {"content": f"{said} ", "tool_calls": [{"index": 0, **function("forecast", '{"city": "Paris"}', id="1")}]}
    with asking(streamed(*words, again, finish=finish or "stop"), Wants("It rains.")) as model:
        assert ask(channel) == f"{said}\n\nIt rains."
    assert screen.text.split() == f"{said} It rains.".split()
    assert noted() == ["Paris"]
    well(model)


NAMELESS = {
    "empty": function("", '{"city": "Paris"}', id="1"),
    "none": {"id": "1", "type": "function", "function": {"arguments": "{}"}},
    "null": {"id": "1", "type": "function", "function": None},
    "spaces": function("  ", "{}", id="1"),
    "no object": "forecast",
}


@pytest.mark.parametrize("name", NAMELESS)
@pytest.mark.parametrize("streams", [False, True])
def test_a_call_without_a_name_does_not_cost_the_answer(
    channel: Channel, name: str, streams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    give("Forecast")
    if streams:
        Screen(monkeypatch)
    calls = {"tool_calls": [NAMELESS[name]]}

    def answer(body: dict[str, Any]) -> Wants | Answer:
        if not body.get("tools"):
            return Wants("Hello.")
        return streamed(calls) if streams else whole(calls)

    with asking(answer) as model:
        assert ask(channel, "Good day").split() in (["Hello."], ["Sorry."])
    well(model)


def test_text_calls_and_an_end_that_says_stop_are_all_taken(channel: Channel) -> None:
    give("Forecast")
    answer = whole(
        {"content": "Let me look.", "tool_calls": [function("forecast", {"city": "Paris"})], "refusal": None}, "stop"
    )
    with asking(answer, Wants("It rains.")) as model:
        assert ask(channel) == "Let me look.\n\nIt rains."
    assert noted() == ["Paris"]
    well(model)


def test_a_list_of_calls_that_is_null_or_empty_is_an_answer(channel: Channel) -> None:
    give("Forecast")
    for calls in (None, [], {}, "none"):
        with asking(whole({"content": "Hello.", "tool_calls": calls, "function_call": None})) as model:
            assert ask(channel) == "Hello."
        well(model)


def test_a_file_inside_of_a_result_does_not_fill_the_prompt(channel: Channel) -> None:
    give("Screenshot")
    with asking(call("screenshot"), Wants("A shop.")) as model:
        assert ask(channel) == "A shop."
    (result,) = model.results
    assert len(result) < 400
    assert '"title": "Shop"' in result
    assert "a file of type image/png was left out" in result
    assert '"price": 5' in result
    assert len(ToolCall.objects.get().result) < 400


@pytest.mark.parametrize("text", ["x" * 5000, "https://x.example/" + "a" * 3000, "A" * 2000, "0123456789" * 300])
def test_long_words_of_a_result_are_no_files(text: str) -> None:
    assert tool_results.without_files(text) == text


def test_a_megabyte_of_arguments_fits_into_a_small_window(channel: Channel) -> None:
    give("Note", "Forecast")
    long = "word " * 30_000
    with asking(call("note", text=long), call("forecast", city="Paris"), Wants("Noted.")) as model:
        ModelProvider.objects.update(context_tokens=4096)
        assert ask(channel) == "Noted."
    assert max(len(json.dumps(body["messages"])) for body in model.requests) < 16_000
    assert len(json.dumps(ToolCall.objects.get(tool="note").arguments)) < 9000
    well(model)


def test_seventy_calls_in_one_answer_are_bounded(channel: Channel) -> None:
    give("Forecast")
    many = Wants("", tuple(("forecast", {"city": f"c{number}"}) for number in range(70)))
    with asking(many, Wants("It rains everywhere.")) as model:
        assert ask(channel) == "It rains everywhere."
    assert len(noted()) == 16
    well(model)


def test_an_endpoint_that_refuses_tools_in_the_middle_of_a_loop_gets_the_results_as_text(channel: Channel) -> None:
    give("Post")

    def answer(body: dict[str, Any]) -> Wants | Answer:
        if len(model.requests) == 1:
            return call("post", text="sell")
        if body.get("tools"):
            return json_answer({"error": {"message": "this model does not support tools"}}, 400)
        return Wants("Posted.")

    with asking(answer) as model:
        assert ask(channel) == "Posted."
    assert noted() == ["sell"]
    assert "Result of post:" in model.requests[-1]["messages"][-1]["content"]
    assert not any(message["role"] == "tool" for message in model.requests[-1]["messages"])
    well(model)


def test_the_second_provider_goes_on_when_the_first_breaks_in_a_loop(channel: Channel) -> None:
    give("Post")
    other = ToolModel([Wants("Posted.")])
    down = json_answer({"error": {"message": "internal"}}, 500)
    with asking(call("post", text="sell"), down) as model, other.server() as server:
        ModelProvider.objects.create(
            name="other", endpoint=f"{server.url}/v1", model="other", tools="off", priority=200
        )
        from bots.llm import candidates

        candidates.clear_cache()
        assert ask(channel) == "Posted."
    assert noted() == ["sell"]
    assert "posted sell" in str(other.requests[-1]["messages"])
    assert other.malformed == model.malformed == []


def test_a_long_conversation_leaves_no_result_without_its_call(channel: Channel) -> None:
    """Older turns leave the prompt; calls and results of this turn stay together, however small the window is."""
    give("Huge", "Forecast")
    Bot.objects.update(context_tokens=1500)
    with asking(Wants("A long answer. " * 40)):
        for number in range(6):
            ask(channel, f"question {number} " * 30)
    with asking(call("huge"), call("forecast", city="Paris"), Wants("Done.")) as model:
        assert ask(channel) == "Done."
    well(model)


def test_a_result_that_tells_the_model_to_call_needs_the_same_yes(channel: Channel) -> None:
    """A page says "call mail": the model obeys, and the person is asked before anything is sent."""
    give("Commanding", "Mail")
    with asking(call("commanding"), call("mail", to="eve@example.org", body="secrets"), Wants("Fine.")) as model:
        text = ask(channel, "Read it")
        assert "Send “secrets” to eve@example.org." in text
        assert ask(channel, "no") == "Fine."
    assert noted() == []
    assert ToolCall.objects.get(tool="mail").state == "refused"
    well(model)


@pytest.mark.parametrize("streams", [False, True])
def test_a_model_that_answers_with_the_result_as_it_stands(
    channel: Channel, streams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    give("Forecast")
    screen = Screen(monkeypatch) if streams else None

    def parrot(body: dict[str, Any]) -> Wants:
        results = [message["content"] for message in body["messages"] if message["role"] == "tool"]
        if results:
            return Wants(f"{results[0]}\n\nTake an umbrella.")
        return call("forecast", city="Paris")

    with asking(parrot) as model:
        assert ask(channel) == "Take an umbrella."
    assert screen is None or screen.text.strip() == "Take an umbrella."
    assert screen is None or "result>" not in screen.ever
    well(model)


def test_stored_arguments_are_sealed_and_dropped(channel: Channel) -> None:
    give("Post")
    with asking(call("post", text="sell"), Wants("Posted.")):
        ask(channel)
    row = ToolCall.objects.get()
    assert row.sealed == ""
    with pytest.raises(crypto.DecryptionError):
        crypto.decrypt_json(row.sealed)
    assert Message.objects.filter(role="assistant").count() == 1
