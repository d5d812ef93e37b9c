"""The short prompts that a model of 135 million parameters understands.

It follows no instruction of more than a sentence and loses itself in long contexts, so it gets a worked example, the
one to three remembered lines that share words with the question, and the question.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bots.engine.second_person import is_question
from bots.llm.tokens import cut
from bots.llm.values import ChatMessage

if TYPE_CHECKING:
    from bots.engine.prompt import Inputs

MOST_FACTS = 3
LINE_TOKENS = 60
TEXT_TOKENS = 400
LAST_TURNS = 2

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = re.compile(
    r"an?|the|is|are|was|were|am|be|been|do|does|did|have|has|had|i|you|he|she|it|we|they|me|my|your|his|her|our|their|of"
    r"|to|in|on|at|for|from|with|and|or|but|not|what|who|whom|whose|which|where|when|why|how|that|this|there|can|could"
    r"|will|would|should|tell|know|remember|please|about|name|called"
)


def demo_messages(inputs: Inputs) -> list[ChatMessage]:
    """A question with remembered facts, or a plain chat; a few hundred tokens at most."""
    facts = _facts(inputs)
    if facts and is_question(inputs.text):
        return _question(facts, inputs.text)
    return _chat(inputs)


def _question(facts: list[str], text: str) -> list[ChatMessage]:
    return [
        {"role": "system", "content": "You answer questions from the notes, in one short sentence."},
        {"role": "user", "content": "Notes:\n- My aunt lives in Rome\n\nQuestion: Where does my aunt live?"},
        {"role": "assistant", "content": "Your aunt lives in Rome."},
        {
            "role": "user",
            "content": "Notes:\n"
            + "\n".join(f"- {fact}" for fact in facts)
            + f"\n\nQuestion: {cut(text, TEXT_TOKENS)}",
        },
    ]


def _chat(inputs: Inputs) -> list[ChatMessage]:
    turns: list[ChatMessage] = [
        {"role": "user" if role == "user" else "assistant", "content": cut(text, LINE_TOKENS)}
        for role, text in inputs.recent[-LAST_TURNS:]
        if text.strip()
    ]
    instructions = inputs.instructions.strip() or "You are a helpful assistant."
    return [
        {"role": "system", "content": cut(f"{instructions} Answer in one or two short sentences.", TEXT_TOKENS // 2)},
        *turns,
        {"role": "user", "content": cut(inputs.text, TEXT_TOKENS)},
    ]


def _facts(inputs: Inputs) -> list[str]:
    """What the person said before that shares words with the message, the best line last: nearest to the question."""
    told = [hit.text for hit in inputs.hits if hit.role == "user"]
    told += [text for role, text in reversed(inputs.recent) if role == "user"]
    asked = _stems(inputs.text)
    seen: set[str] = set()
    ranked: list[tuple[int, str]] = []
    for text in told:
        line = " ".join(text.split())
        stems = _stems(line)
        if line.casefold() in seen or is_question(line) or not (shared := len(asked & stems)):
            continue
        seen.add(line.casefold())
        ranked.append((shared, cut(line.rstrip("."), LINE_TOKENS)))
    best = max((shared for shared, _line in ranked), default=0)
    # Lines that share fewer words than the best one only distract so small a model.
    return [line for shared, line in ranked if shared == best][:MOST_FACTS][::-1]


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower()) if not _EMPTY.fullmatch(word)}


def _stem(word: str) -> str:
    """A crude stem, enough to let "lives" meet "live" and "allergic" meet "allergy"."""
    return word[:5] if len(word) > 5 else word.rstrip("s") or word
