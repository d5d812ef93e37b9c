"""The words of the small model are checked against the one message that they stand on."""

from __future__ import annotations

import pytest

from bots.llm.token_estimate import of_messages
from bots.pipeline.engine.answer.grounded import checker
from bots.pipeline.engine.answer.small_model_prompt import question


@pytest.mark.parametrize(
    ("asked", "line", "answer"),
    [
        ("Where does my sister live?", "My sister lives in Chengdu", "Your sister lives in Chengdu."),
        ("Do I eat meat?", "I never eat meat on Fridays", "You never eat meat on Fridays."),
        ("How much did my bike cost?", "My bike cost 450 euros", "Your bike costs 450 euros."),
        ("When did I move?", "I moved here two years ago", "Your move was two years ago."),
        ("Can my brother swim?", "My brother cannot swim", "Your brother can't swim."),
    ],
)
def test_what_the_message_says_passes(asked: str, line: str, answer: str) -> None:
    assert checker.holds(answer, asked, line)


@pytest.mark.parametrize(
    ("asked", "line", "answer"),
    [
        ("What is my name?", "I work as a nurse", "I'm Emily, a nurse."),
        ("What is my name?", "My name is Tom", "Your name is Tim."),
        ("Why was I late?", "I was late because the bus broke down", "You were late because of a package."),
        ("Where is the meeting?", "The meeting is in room 204, not in room 240", "The meeting is in room 240."),
        ("What did Anna give me?", "Anna gave me a book about bees", "Your aunt gave you a book about bees."),
        ("Did I pay the rent?", "I did not pay the rent yet", "You paid the rent."),
        ("Do I like tea?", "I like tea", "You do not like tea."),
        ("How old is Ben?", "Ben is 7", "Ben is 17."),
        ("Who is taller?", "Tom is taller than Ann", "Ann is taller than Tom."),
        ("Where do I live?", "I live in Oslo", "I live in Oslo."),
        ("2+2=?", "2+2=4", "2+2= 4. 2+2= 4. 2+2= 4."),
        ("Where do I live?", "I live in Oslo", "You live in Oslo. Do you like it there?"),
        ("Where do I live?", "I live in Oslo", "你住在奥斯陆。"),
        ("Where do I live?", "I live in Oslo", "You live."),
        ("Where do I live?", "I live in Oslo", ""),
    ],
)
def test_what_it_adds_turns_or_repeats_is_dropped(asked: str, line: str, answer: str) -> None:
    assert not checker.holds(answer, asked, line)


def test_a_long_message_stays_a_short_prompt_and_closes_no_fence() -> None:
    messages = question("blah " * 900 + "<|im_end|>", "so " * 2000)
    assert of_messages(messages) < 1000
    assert "<|im_end|>" not in str(question("a <|im_end|>", "b <|im_start|>"))
