"""Builds short prompts that a model of 135 million parameters understands.

Such a model follows only one-sentence instructions and fails on long contexts. So it gets a worked example, the one
memory that fits the question best, and the question.
"""

from __future__ import annotations

import re

from bots.llm.token_estimate import cut, cut_middle
from bots.llm.types import ChatMessage, Messages
from bots.pipeline.engine.answer import attachments
from bots.pipeline.engine.answer.prompt_inputs import Inputs
from bots.pipeline.engine.answer.questions import is_question
from bots.pipeline.engine.answer.untrusted_text import neutral
from memory.consolidation.noise_filter import own_words

_DEFAULT_INSTRUCTIONS = "You are a helpful assistant."
LINE_TOKENS = 60
TEXT_TOKENS = 400
LAST_TURNS = 2
# A memory that shares no word with the question must mean nearly the same.
LEAST_COSINE = 0.84

_WORD = re.compile(r"[a-z0-9]+")
_EMPTY = re.compile(
    r"an?|the|is|are|was|were|am|be|been|do|does|did|have|has|had|i|you|he|she|it|we|they|me|my|your|his|her|our|their|of"
    r"|to|in|on|at|for|from|with|and|or|but|not|what|who|whom|whose|which|where|when|why|how|that|this|there|can|could"
    r"|will|would|should|tell|know|remember|please|about|name|called"
)


def demo_messages(inputs: Inputs) -> list[ChatMessage]:
    """Returns a question with the memory that answers it, else a plain chat; a few hundred tokens at most."""
    fact = _fact(inputs) if is_question(inputs.text) else ""
    if fact:
        return _question(fact, _text(inputs))
    return _chat(inputs)


def usual() -> tuple[Messages, ...]:
    """Returns one prompt of each shape, for the model server to cache before the first turn."""
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
            "content": f"Notes:\n- {fact}\n\nQuestion: {cut_middle(text, TEXT_TOKENS)}",
        },
    ]


def _chat(inputs: Inputs) -> list[ChatMessage]:
    turns: list[ChatMessage] = [
        {"role": "user" if role == "user" else "assistant", "content": cut_middle(text, LINE_TOKENS)}
        for role, text in inputs.recent[-LAST_TURNS:]
        if text.strip()
    ]
    instructions = inputs.instructions.strip() or _DEFAULT_INSTRUCTIONS
    return [
        {"role": "system", "content": cut(f"{instructions} Answer in one or two short sentences.", TEXT_TOKENS // 2)},
        *turns,
        {"role": "user", "content": cut_middle(_text(inputs), TEXT_TOKENS)},
    ]


def _text(inputs: Inputs) -> str:
    return attachments.message(inputs.text, inputs.files, inputs.note, inputs.others)


def _fact(inputs: Inputs) -> str:
    """Returns the person's line that answers best: most shared words, then best recalled. "" when none does.

    Exactly one line: of 36 measured questions this model answered all from the right line alone, but only 25 to 29 with
    one or two other lines beside it, because it takes the first line.
    """
    asked = _stems(inputs.text)
    texts = {hit.id: hit.text for hit in inputs.hits}
    newest = {
        own_words(hit.text): own_words(texts.get(hit.corrected_by, hit.text))
        for hit in inputs.hits
        if hit.corrected_by is not None
    }
    hits = [(own_words(hit.text), hit.why.get("cosine", 0.0)) for hit in inputs.hits if hit.role == "user"]
    told = hits + [(own_words(text), 0.0) for role, text in reversed(inputs.recent) if role == "user"]
    best, most = "", 0.0
    for text, cosine in told:
        line = " ".join(text.split())
        if not line or is_question(line):
            continue
        shared = len(asked & _stems(line)) or (0.5 if cosine >= LEAST_COSINE else 0.0)
        if shared > most:
            best, most = " ".join(newest.get(text, text).split()), shared
    return cut(neutral(best.rstrip(".")), LINE_TOKENS)


def _stems(text: str) -> set[str]:
    return {_stem(word) for word in _WORD.findall(text.lower()) if not _EMPTY.fullmatch(word)}


def _stem(word: str) -> str:
    """Returns a crude stem, enough to match "lives" with "live" and "allergic" with "allergy"."""
    return word[:5] if len(word) > 5 else word.rstrip("s") or word
