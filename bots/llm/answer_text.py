"""Separates the text of an answer from the reasoning that models write before it, and from echoes of the prompt."""

from __future__ import annotations

import re

from bots.llm.echo import EchoFilter, without_echo
from bots.llm.types import Messages

_TAGS = re.compile(r"<(/?)think(?:ing)?>", re.IGNORECASE)
_LONGEST_TAG = len("</thinking>")


def of_content(content: object) -> str:
    """Returns the text of `content`, which is null, a string or a list of parts. Leaves out reasoning parts.

    Raises:
        TypeError: It is something else.
    """
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise TypeError
    return "".join(_of_part(part) for part in content)


def _of_part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        raise TypeError
    text = part.get("text") if part.get("type", "text") in ("text", "output_text") else None
    return text if isinstance(text, str) else ""


def without_reasoning(text: str) -> str:
    """Returns the answer without a reasoning block at its beginning: whole, without its opening tag, or cut off."""
    opening = _TAGS.match(text.lstrip())
    closing = next((tag for tag in _TAGS.finditer(text) if tag[1]), None)
    if opening is not None and not opening[1]:
        return text[closing.end() :].lstrip() if closing is not None else ""
    if closing is not None and not any(not tag[1] for tag in _TAGS.finditer(text, 0, closing.start())):
        return text[closing.end() :].lstrip()
    return text


def begins_with_reasoning(text: str) -> bool:
    return without_reasoning(text) != text


def of_answer(text: str, messages: Messages) -> str:
    """Returns the answer without reasoning and without what it repeats from the prompt."""
    return without_echo(without_reasoning(text), messages)


class AnswerStream:
    """Removes the reasoning and echoes of the prompt from a stream. Holds pieces back while they may be either.

    Args:
        messages: The prompt.
        thinks: Begins as if the opening tag had come: some models never send it.
    """

    def __init__(self, messages: Messages = (), *, thinks: bool = False) -> None:
        self._echo = EchoFilter(messages)
        self._held = ""
        self._thinking = thinks
        self._begun = False

    def take(self, piece: str) -> str:
        """Returns what may be shown now."""
        self._held += piece
        if not self._begun and not self._thinking:
            start = self._held.lstrip()
            if not start or (start.startswith("<") and len(start) < _LONGEST_TAG and ">" not in start):
                return ""
            tag = _TAGS.match(start)
            self._thinking = tag is not None and not tag[1]
            self._begun = not self._thinking
        if self._thinking:
            if not any(tag[1] for tag in _TAGS.finditer(self._held)):
                return ""
            self._held = without_reasoning(self._held)
            self._thinking, self._begun = False, bool(self._held)
        shown, self._held = (self._held, "") if self._begun else ("", self._held)
        return self._echo.take(shown)

    def rest(self) -> str:
        """Returns what was held back, at the end of the stream."""
        return self._echo.take(without_reasoning(self._held)) + self._echo.rest()
