"""A prompt never holds a call without its result, whatever was aborted before."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bots.llm import anthropic, token_estimate, tool_history
from bots.llm.alternation import alternating
from tests.tool_model import problem_of

IDS = st.sampled_from(["", "a", "b", "c", None])
CALLS = st.builds(
    lambda id_, name, arguments: {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}},
    IDS,
    st.sampled_from(["weather", "clock", ""]),
    st.sampled_from(["{}", '{"city": "Paris"}', "", "{", "[1]", {"city": "Rome"}, None]),
)
MESSAGES = st.lists(
    st.one_of(
        st.builds(lambda text: {"role": "user", "content": text}, st.sampled_from(["hi", "yes"])),
        st.builds(lambda text: {"role": "assistant", "content": text}, st.sampled_from(["hello", ""])),
        st.builds(
            lambda text, calls: {"role": "assistant", "content": text, "tool_calls": calls},
            st.sampled_from(["One moment.", ""]),
            st.lists(CALLS, max_size=4),
        ),
        st.builds(
            lambda text, id_: {"role": "tool", "content": text, "tool_call_id": id_},
            st.sampled_from(["noon", "rain"]),
            IDS,
        ),
    ),
    max_size=12,
).map(lambda messages: [{"role": "system", "content": "You are a bot."}, {"role": "user", "content": "?"}, *messages])


@given(MESSAGES)
def test_every_call_has_its_result_in_the_shape_of_openai(messages: Any) -> None:
    formed = tool_history.well_formed(messages)
    assert problem_of([dict(message) for message in formed]) == ""
    assert problem_of([dict(message) for message in alternating(formed)]) == ""
    assert tool_history.well_formed(formed) == formed
    assert token_estimate.of_messages(formed) > 0


@given(MESSAGES)
def test_every_call_has_its_result_in_the_shape_of_anthropic(messages: Any) -> None:
    system, found = anthropic.conversation(tool_history.well_formed(messages))
    assert system == "You are a bot."
    roles = [message["role"] for message in found]
    assert roles[0] == "user"
    assert all(first != second for first, second in itertools.pairwise(roles))
    for place, message in enumerate(found):
        used = [block["id"] for block in message["content"] if block["type"] == "tool_use"]
        following = found[place + 1]["content"] if place + 1 < len(found) else []
        assert [block["tool_use_id"] for block in following[: len(used)] if block["type"] == "tool_result"] == used
        given_ids = [block["tool_use_id"] for block in message["content"] if block["type"] == "tool_result"]
        before = found[place - 1]["content"] if place else []
        assert given_ids == [block["id"] for block in before if block["type"] == "tool_use"]
        assert all(isinstance(block["input"], dict) for block in message["content"] if block["type"] == "tool_use")
        assert all(block["text"] for block in message["content"] if block["type"] == "text")


@given(MESSAGES)
def test_as_text_no_call_is_left_and_no_result_is_lost(messages: Any) -> None:
    formed = tool_history.well_formed(messages)
    plain = tool_history.as_text(formed)
    assert not any(message["role"] == "tool" or "tool_calls" in message for message in plain)
    results = [message["content"] for message in formed if message["role"] == "tool"]
    assert [
        message["content"].split("\n", 1)[1] for message in plain if str(message["content"]).startswith("Result of")
    ] == results


def test_an_aborted_call_is_cancelled() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "clock", "arguments": "{}"}}
    formed = tool_history.well_formed(
        [{"role": "user", "content": "?"}, {"role": "assistant", "content": "", "tool_calls": [call]}]
    )
    assert formed[-1] == {"role": "tool", "content": tool_history.CANCELLED, "tool_call_id": "a", "failed": True}


def test_a_prompt_without_calls_is_left_alone() -> None:
    messages: Any = [{"role": "user", "content": json.dumps({"tool": 1})}, {"role": "assistant", "content": ""}]
    assert tool_history.well_formed(messages) == messages
