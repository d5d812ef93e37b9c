"""Estimates token counts cheaply and conservatively, without downloading a tokenizer.

Byte-pair vocabularies use about one token per four Latin letters and up to two per Han character (models trained on
little Chinese). A high estimate only shortens a prompt; with a low one the endpoint refuses the prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from bots.llm.types import ChatMessage

_WORD = re.compile(r"[A-Za-z]+|[0-9]|\s+|[^\x00-\x7f]|.", re.DOTALL)

_HUMP = re.compile(r"(?<=[a-z])[A-Z]")

# Role and separators around each message of a chat template.
MESSAGE_OVERHEAD = 6
# Tokens that vision models count for an image of usual size.
IMAGE_TOKENS = 1000


def _cost(piece: str) -> float:
    if piece[0] > "\x7f":
        return 1.5 if piece[0] < "\U00010000" else 3.0
    if piece.isalpha():
        # A longer run is a name, a key or an address rather than a word; vocabularies split it into short tokens.
        by_length = (len(piece) - 1) // (5 if len(piece) <= 12 else 2)
        # Letters of both sizes without order are encoded data: about two tokens for three letters.
        return 1.0 + (by_length if piece[1:].islower() else max(by_length, len(_HUMP.findall(piece))))
    if piece.isspace():
        # A single space is part of the following word's token.
        return 0.0 if len(piece) == 1 and piece == " " else 1.0
    return 1.0


class _Costs(dict[str, float]):
    """The costs of words that came before, as most words of a prompt did."""

    def __missing__(self, piece: str) -> float:
        cost = _cost(piece)
        if len(piece) <= _LONGEST_KEPT and len(self) < _MOST_KEPT:
            self[piece] = cost
        return cost


_LONGEST_KEPT, _MOST_KEPT = 16, 30_000  # about 3 MB
_costs = _Costs()


def estimate(text: str) -> int:
    """Returns the tokens of `text`, rounded up; slightly more than common vocabularies use."""
    return int(sum(map(_costs.__getitem__, _WORD.findall(text))) + 0.999)


def at_most(text: str) -> int:
    """Returns an upper bound of `estimate` from the length alone."""
    return len(text) if text.isascii() else 3 * len(text)


def of_messages(messages: Sequence[ChatMessage]) -> int:
    """Returns the tokens of a whole prompt, including the overhead of the chat template per message."""
    return sum(_of_message(message) + MESSAGE_OVERHEAD for message in messages)


def _of_message(message: ChatMessage) -> int:
    calls = sum(
        estimate(json.dumps(call.get("function"), ensure_ascii=False)) for call in message.get("tool_calls") or ()
    )
    return _of_content(message["content"]) + calls


def _of_content(content: Any) -> int:
    if isinstance(content, str):
        return estimate(content)
    return sum(estimate(part["text"]) if part["type"] == "text" else IMAGE_TOKENS for part in content)


MARK = " […]"
# An estimated token is at most a word of five letters and a space; only white space has more characters.
_CHARACTERS = 6


def cut(text: str, limit: int) -> str:
    """Returns `text` if it fits into `limit` tokens, else its beginning with `MARK`; "" if not even `MARK` fits."""
    if estimate(text) <= limit:
        return text
    room = limit - estimate(MARK) - 1
    if room < 0:
        return ""
    return text[: _within(_WORD.findall(text), room)] + MARK


def cut_middle(text: str, limit: int) -> str:
    """Returns `text` if it fits into `limit` tokens, else its beginning, `MARK` and its end; "" if `MARK` does not fit.

    A question stands at the beginning or at the end of a long message, so both stay.
    """
    longest = _CHARACTERS * limit + 1
    if len(text) <= 2 * longest and estimate(text) <= limit:
        return text
    room = limit - estimate(MARK) - 2
    if room < 0:
        return ""
    # Far longer texts are not counted as a whole: that would take a second for each million characters.
    head = _within(_WORD.findall(text[:longest]), room / 2)
    tail = _within(_WORD.findall(text[-longest:])[::-1], room / 2)
    begin, end = text[:head].rstrip(), text[len(text) - tail :].lstrip()
    return f"{begin}{MARK} {end}" if end else f"{begin}{MARK}"


def _within(pieces: Sequence[str], room: float) -> int:
    """Returns the number of characters of the first pieces that fit into `room` tokens."""
    used, length = 0.0, 0
    for piece in pieces:
        used += _cost(piece)
        if used > room:
            break
        length += len(piece)
    return length
