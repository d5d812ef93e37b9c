"""Sends a message with its file: as its own kind, else as a plain file, else as text. The adapter's rules decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adapters.base import Adapter
from adapters.errors import SendError
from adapters.events import OutgoingFile, OutgoingMessage, SendReceipt
from adapters.files import PLAIN, FileRule

# After these refusals the next rule is tried; after any other one only the text is left.
_ABOUT_THE_FILE = frozenset({"too_large", "wrong_type", "media", "voice_forbidden", "empty", "refused", "bad_request"})


def ways(adapter: Adapter[Any], file: OutgoingFile) -> Iterator[FileRule]:
    """Yields the rules that accept this file, best first; none when only text can be sent."""
    # A voice message falls back to audio, and everything falls back to a plain file.
    kinds = {"voice": ("voice", "audio", PLAIN), PLAIN: (PLAIN,)}.get(file.kind, (file.kind, PLAIN))
    for kind in kinds:
        yield from (rule for rule in adapter.file_rules if rule.kind == kind and rule.fits(file))


def send(adapter: Adapter[Any], message: OutgoingMessage) -> SendReceipt:
    """Sends a message with or without a file.

    When the platform refuses the file under one rule, the next rule is tried. The last resort is text: the receipt's
    data then hold "file": "in_words" and "refused", the mark of the last refusal or "". A dispensable file without text
    is left out ("file": "left_out").

    Raises:
        SendError: As in `Adapter.send`.
    """
    file = message.file
    if file is None:
        return adapter.send(message)
    refusal = ""
    for rule in ways(adapter, file):
        try:
            return adapter.send_file(message, file, rule.kind)
        except SendError as error:
            if not error.permanent or error.maybe_sent:
                raise
            refusal = error.mark
            if refusal not in _ABOUT_THE_FILE:
                break
    if file.dispensable and not message.text.strip():
        return SendReceipt("", {"file": "left_out", "refused": refusal})
    receipt = adapter.send(in_words(message))
    return SendReceipt(receipt.message_id, {**receipt.data, "file": "in_words", "refused": refusal})


def in_words(message: OutgoingMessage) -> OutgoingMessage:
    """Returns the message without its file: the caption, then the text that replaces the file."""
    file = message.file
    if file is None:
        return message
    instead = "" if file.dispensable else file.in_words or f"📎 {file.name}"
    text = "\n\n".join(filter(None, (message.text, instead)))
    return replace(message, text=text, file=None)
