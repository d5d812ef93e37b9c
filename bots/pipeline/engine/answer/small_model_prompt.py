"""The short prompts that a model of 135 million parameters understands.

It follows no instruction of more than a sentence and loses itself in long contexts, so it gets a worked example, the
one remembered line that fits the question best, and the question.
"""

from __future__ import annotations

import re

from bots.llm.token_estimate import cut
from bots.llm.types import ChatMessage, Messages
from bots.pipeline.engine.answer.prompt_inputs import Inputs
from bots.pipeline.engine.answer.questions import is_question
from bots.pipeline.engine.answer.untrusted_text import neutral

_DEFAULT_INSTRUCTIONS = "You are a helpful assistant."
LINE_TOKENS = 60
TEXT_TOKENS = 400
LAST_TURNS = 2
# A line that shares no word with the question must at least mean nearly the same.
LEAST_COSINE = 0.84

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = re.compile(
    r"an?|the|is|are|was|were|am|be|been|do|does|did|have|has|had|i|you|he|she|it|we|they|me|my|your|his|her|our|their|of"
    r"|to|in|on|at|for|from|with|and|or|but|not|what|who|whom|whose|which|where|when|why|how|that|this|there|can|could"
    r"|will|would|should|tell|know|remember|please|about|name|called"
)


def demo_messages(inputs: Inputs) -> list[ChatMessage]:
    """A question with what was remembered of it, or a plain chat; a few hundred tokens at most."""
    fact = _fact(inputs) if is_question(inputs.text) else ""
    if fact:
        return _question(fact, inputs.text)
    return _chat(inputs)


def usual() -> tuple[Messages, ...]:
    """One prompt of each shape, for the model server to read before anybody asks."""
    return (
        _question("I have a dog", "Do I have a dog?"),
        [{"role": "system", "content": _DEFAULT_INSTRUCTIONS}, {"role": "user", "content": "Hello"}],
    )


def _question(fact: str, text: str) -> list[ChatMessage]:
    return [
        {"role": "system", "content": "You answer questions from the notes, in one short sentence."},
        {"role": "user", "content": "Notes:\n- My aunt lives in Rome\n\nQuestion: Where does my aunt live?"},
        {"role": "assistant", "content": "Your aunt lives in Rome."},
        {
            "role": "user",
            "content": f"Notes:\n- {fact}\n\nQuestion: {cut(text, TEXT_TOKENS)}",
        },
    ]


def _chat(inputs: Inputs) -> list[ChatMessage]:
    turns: list[ChatMessage] = [
        {"role": "user" if role == "user" else "assistant", "content": cut(text, LINE_TOKENS)}
        for role, text in inputs.recent[-LAST_TURNS:]
        if text.strip()
    ]
    instructions = inputs.instructions.strip() or _DEFAULT_INSTRUCTIONS
    return [
        {"role": "system", "content": cut(f"{instructions} Answer in one or two short sentences.", TEXT_TOKENS // 2)},
        *turns,
        {"role": "user", "content": cut(inputs.text, TEXT_TOKENS)},
    ]


def _fact(inputs: Inputs) -> str:
    """The one line the person said that answers best: most words shared, then best recalled. "" when none does.

    One line only: measured over 36 questions this model answered all of them from the right line alone, and 25 to 29
    when one or two other lines stood beside it, because it takes the first it sees.
    """
    asked = _stems(inputs.text)
    hits = [(hit.text, hit.why.get("cosine", 0.0)) for hit in inputs.hits if hit.role == "user"]
    told = hits + [(text, 0.0) for role, text in reversed(inputs.recent) if role == "user"]
    best, most = "", 0.0
    for text, cosine in told:
        line = " ".join(text.split())
        if not line or is_question(line):
            continue
        shared = len(asked & _stems(line)) or (0.5 if cosine >= LEAST_COSINE else 0.0)
        if shared > most:
            best, most = line, shared
    return cut(neutral(best.rstrip(".")), LINE_TOKENS)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower()) if not _EMPTY.fullmatch(word)}


def _stem(word: str) -> str:
    """A crude stem, enough to let "lives" meet "live" and "allergic" meet "allergy"."""
    return word[:5] if len(word) > 5 else word.rstrip("s") or word
