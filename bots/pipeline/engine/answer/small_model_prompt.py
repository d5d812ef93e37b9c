"""Builds the short prompt of a model of 135 million parameters, which may word one remembered message.

Such a model follows only one-sentence instructions and fails on long contexts. So it gets a worked example, the one
message that answers the question, and the question.
"""

from __future__ import annotations

from bots.llm.token_estimate import cut, cut_middle
from bots.llm.types import ChatMessage, Messages
from bots.pipeline.engine.answer.untrusted_text import neutral

LINE_TOKENS = 60
TEXT_TOKENS = 400


def question(line: str, text: str) -> list[ChatMessage]:
    """Returns the prompt that asks the question about one message of the person; a few hundred tokens at most.

    Exactly one line: of 36 measured questions this model answered all from the right line alone, but only 25 to 29 with
    one or two other lines beside it, because it takes the first line.
    """
    fact = cut(neutral(line).rstrip("."), LINE_TOKENS)
    return [
        {"role": "system", "content": "You answer questions from the notes, in one short sentence."},
        {"role": "user", "content": "Notes:\n- My aunt lives in Rome\n\nQuestion: Where does my aunt live?"},
        {"role": "assistant", "content": "Your aunt lives in Rome."},
        {"role": "user", "content": f"Notes:\n- {fact}\n\nQuestion: {cut_middle(neutral(text), TEXT_TOKENS)}"},
    ]


def usual() -> tuple[Messages, ...]:
    """Returns a prompt of this shape, for the model server to cache before the first turn."""
    return (question("I have a dog", "Do I have a dog?"),)
