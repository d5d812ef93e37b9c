"""Puts what was heard in recordings where it was said: beside its caption, and in the order of the messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from adapters.events import Attachment, Event
from bots.models import ReceivedFile
from bots.pipeline.windows import PARTS

Heard = Mapping[int, str]
"""What was heard, by the position of the file."""


def heard_in(files: Iterable[ReceivedFile]) -> Heard:
    return {file.position: file.transcript for file in files if file.transcript}


def of_platform(attachments: Sequence[Attachment]) -> str:
    """Returns what the platform itself heard."""
    return " ".join(item.transcript.strip() for item in attachments if item.transcript)


def joined(text: str, *heard: str) -> str:
    """Returns a text and what was heard beside it; some platforms send their transcript as the text, too."""
    parts = [text.strip()]
    parts += [words.strip() for words in heard if words.strip() and words.strip() not in parts[0]]
    return "\n".join(filter(None, parts))


def with_words(event: Event, payload: Mapping[str, Any], heard: Heard) -> Event:
    """Returns the message with what was heard as text; words of a forwarded message stay those of its author.

    Args:
        event: The message, or several that are one turn.
        payload: The payload of its row, which tells the messages of the turn.
        heard: What was heard in its files.
    """
    # An edit may not name the files again.
    count = max(len(event.attachments), 1 + max(heard, default=-1))
    parts = payload.get(PARTS) or [{"text": event.text, "files": count, "forwards": 0}]
    forwards, texts = list(event.forwards), []
    file_at = forward_at = 0
    for part in parts:
        end = file_at + int(part.get("files", 0))
        said = [words for at in range(file_at, end) if (words := heard.get(at) or _transcript(event.attachments, at))]
        if part.get("forwards") and not part["text"]:
            if forward_at < len(forwards) and not forwards[forward_at].text.strip():
                forwards[forward_at] = replace(forwards[forward_at], text=joined("", *said))
        else:
            texts.append(joined(str(part["text"]), *said))
        file_at, forward_at = end, forward_at + int(part.get("forwards", 0))
    return replace(event, text="\n".join(filter(None, texts)), forwards=tuple(forwards))


def _transcript(attachments: Sequence[Attachment], at: int) -> str:
    return (attachments[at].transcript or "") if at < len(attachments) else ""
