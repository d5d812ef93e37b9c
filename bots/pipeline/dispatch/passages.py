"""Separates what a person says from the words of others that the message passes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from adapters.events import Event, Passage
from bots.pipeline.dispatch import attachment_words
from bots.pipeline.engine.answer.untrusted_text import neutral, neutral_lines

LONGEST = 8000  # characters of all forwarded messages of one message
LONGEST_AUTHOR = 80
_BRACKETS = str.maketrans("[]【】", "()()")


def said(event: Event, typed: str) -> tuple[str, tuple[Passage, ...]]:
    """Returns the person's own words and the messages that they forward, in the active language.

    Args:
        event: The message.
        typed: Its text, the transcript of its recording, or what was pressed.
    """
    shared = "" if event.command and not event.forwarded else attachment_words.in_words(event)
    if not event.forwarded:
        return _joined(typed, shared), event.forwards
    if event.kind not in ("command", "action"):
        return "", _forwards(event, typed, shared)
    # A command or button on somebody's message: the person chose the command, and nothing else.
    own = event.command.removeprefix("/") if event.kind == "command" else typed
    return own, _forwards(event, event.text, shared)


def _forwards(event: Event, typed: str, shared: str) -> tuple[Passage, ...]:
    if len(event.forwards) > 1:
        return event.forwards
    only = event.forwards[0] if event.forwards else Passage()
    words = _joined(only.text or typed, shared)
    if only.message_id and not only.has_content and not words:
        return (only,)  # its content has to be fetched
    return (replace(only, text=words, attachments=only.attachments or event.attachments),)


def _joined(*parts: str) -> str:
    return "\n".join(filter(None, (part.strip() for part in parts)))


def block(forwards: Sequence[Passage]) -> str:
    """Returns forwarded messages as a block quote under a heading; "" when they have no words.

    Messages and memories are stored in this form. `memory.consolidation.noise_filter` takes it off again, so that no
    fact about the person is made of it.
    """
    told = [passage for passage in forwards if passage.text.strip()]
    if not told:
        return ""
    author = _name(told[0]).translate(_BRACKETS) if len(told) == 1 else ""
    heading = _("[Forwarded from %(author)s]") % {"author": author} if author else _("[Forwarded]")
    return "\n".join((heading, *(f"> {line}" for line in _lines(told, with_author=len(told) > 1))))


def _name(passage: Passage) -> str:
    return neutral(passage.author)[:LONGEST_AUTHOR].strip()


def _lines(told: Sequence[Passage], *, with_author: bool) -> Iterator[str]:
    left = LONGEST
    for passage in told:
        words = neutral_lines(passage.text)
        if with_author and passage.author:
            words = f"{_name(passage)}: {words}"
        yield from words[:left].split("\n")
        left -= len(words)
        if left <= 0:
            yield "…"
            return
