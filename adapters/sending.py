"""Sending a message, its file as what it is, else as a plain file, else in words; the adapter's rules decide."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from adapters.base import Adapter
from adapters.errors import SendError
from adapters.events import OutgoingFile, OutgoingMessage, SendReceipt
from adapters.files import PLAIN, FileRule

# Refusals after which the file may go in another way; after any other one only words are left.
_ABOUT_THE_FILE = frozenset({"too_large", "wrong_type", "media", "voice_forbidden", "empty", "refused", "bad_request"})


def ways(adapter: Adapter[Any], file: OutgoingFile) -> Iterator[FileRule]:
    """The rules by which the platform takes this file, best first; none when it has to be put into words."""
    # A recording is a sound where there are no voice messages, or none of its type; whatever it is, it is a file too.
    kinds = {"voice": ("voice", "audio", PLAIN), PLAIN: (PLAIN,)}.get(file.kind, (file.kind, PLAIN))
    for kind in kinds:
        yield from (rule for rule in adapter.file_rules if rule.kind == kind and rule.fits(file))


def send(adapter: Adapter[Any], message: OutgoingMessage) -> SendReceipt:
    """Sends a message with or without a file.

    A file the platform refuses in one way is sent in the next, and in words at last: the receipt's data then hold
    "file": "in_words" and, if there was one, the last refusal's mark as "refused".

    Raises:
        SendError: As `Adapter.send`.
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
    receipt = adapter.send(in_words(message))
    return SendReceipt(receipt.message_id, {**receipt.data, "file": "in_words", "refused": refusal})


def in_words(message: OutgoingMessage) -> OutgoingMessage:
    """The message without its file: what is to be said in its place, and the caption."""
    file = message.file
    if file is None:
        return message
    text = "\n\n".join(filter(None, (message.text, file.in_words or f"📎 {file.name}")))
    return replace(message, text=text, file=None)
