"""The small model gets an example, the best memory line and the question."""

from __future__ import annotations

import pytest

from bots.llm.token_estimate import of_messages
from bots.pipeline.engine.answer.questions import is_question
from bots.pipeline.engine.answer.small_model_prompt import demo_messages
from tests.pipeline.engine.answer.builders import make_hit, make_inputs


def test_the_line_that_shares_most_words_with_the_question_is_the_only_one() -> None:
    hits = (
        make_hit("I live in Leeds"),
        make_hit("Where does my sister live?"),
        make_hit("My sister lives in Chengdu."),
        make_hit("Your sister lives in Paris.", role="assistant"),
    )
    last = demo_messages(make_inputs(hits=hits))[-1]["content"]
    assert last == "Notes:\n- My sister lives in Chengdu\n\nQuestion: Where does my sister live?"


def test_what_was_said_in_this_conversation_counts_as_well() -> None:
    inputs = make_inputs(recent=(("user", "My sister lives in Chengdu"), ("assistant", "How nice!")))
    assert "- My sister lives in Chengdu" in demo_messages(inputs)[-1]["content"]


def test_a_line_about_something_else_is_not_used() -> None:
    messages = demo_messages(make_inputs(hits=(make_hit("My flight leaves on Friday"),)))
    assert "flight" not in str(messages)


def test_a_line_that_means_the_same_in_other_words_is_used() -> None:
    hit = make_hit("I work as a nurse", why={"cosine": 0.9})
    assert "nurse" in demo_messages(make_inputs(text="What is my job?", hits=(hit,)))[-1]["content"]


def test_a_statement_is_plain_chat_with_the_bots_instructions() -> None:
    messages = demo_messages(make_inputs(text="I like tea.", hits=(make_hit("I like tea with milk"),)))
    assert messages[0]["content"].startswith("You are Ada, a librarian.")
    assert messages[-1]["content"] == "I like tea."


def test_a_long_conversation_stays_a_short_prompt() -> None:
    inputs = make_inputs(
        instructions="be kind " * 900, recent=tuple(("user", "blah " * 500) for _ in range(12)), text="so " * 2000
    )
    assert of_messages(demo_messages(inputs)) < 1000


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Where does my sister live?", True),
        ("where does my sister live", True),
        ("Do you remember my name", True),
        ("My sister lives in Chengdu", False),
        ("I am happy.", False),
        ("我姐姐住在哪里", True),
        ("我姐姐住在成都。", False),
        ("你还记得我的名字吗？", True),
        ("我叫小明", False),
        ("我叫小明？", True),
    ],
)
def test_questions_are_told_from_statements(text: str, asked: bool) -> None:
    assert is_question(text) is asked
