"""Completes what a message quotes or forwards: from stored messages, else from the platform.

A message that was deleted or forgotten is not brought back, not even when the platform sends its words again. Every
failure leaves the turn without the quoted words, and the model is told so.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

from django.utils import translation

from adapters.base import Adapter
from adapters.earlier_messages import FetchesMessages
from adapters.events import Event, Passage
from adapters.parts import as_lines
from bots.files import received
from bots.models import InboundEvent
from bots.people import author_names
from bots.pipeline import engine
from bots.pipeline.dispatch import attachment_words, earlier_messages, passages
from bots.pipeline.dispatch.earlier_messages import Stored
from clawdbot import http
from clawdbot.errors import ClawdbotError

logger = logging.getLogger(__name__)

FETCH_S = 6.0  # for all look-ups of a turn together: the person waits
FILES_S = 20.0  # for the files of the quoted message


def complete(row: InboundEvent, turn: engine.Turn, adapter: Adapter[Any]) -> None:
    """Adds to the turn what its message quotes, and the content of forwarded messages that have only an id."""
    with http.within(FETCH_S), translation.override(turn.language):
        _complete_forwards(turn, adapter)
        if _reaches_the_model(turn.event):
            _complete_quote(turn, adapter)
    if turn.quote is not None and not turn.quoted_files:
        with http.within(FILES_S):
            turn.quoted_files = received.collect_quoted(row, turn.quote, turn.conversation, adapter)


def _reaches_the_model(event: Event) -> bool:
    """Returns False for buttons, and for typed commands: `turns` has left only those that the bot knows."""
    return event.kind == "command" or (event.kind == "message" and not event.command)


def _complete_forwards(turn: engine.Turn, adapter: Adapter[Any]) -> None:
    found: list[Passage] = []
    for passage in turn.forwards:
        if passage.has_content or not passage.message_id:
            found.append(passage)
        else:
            found += _fetch(turn.event, adapter, passage.message_id) or ()
    if turn.forwards:
        turn.forwards = author_names.named(turn.channel, turn.event.chat_id, found)
        turn.passed_on = passages.block(turn.forwards)


def _complete_quote(turn: engine.Turn, adapter: Adapter[Any]) -> None:
    told = turn.event.quote or Passage()
    ids = [one for one in dict.fromkeys((turn.event.reply_to or "", told.message_id)) if one]
    if not ids and not told.has_content:
        return
    stored = next((found for one in ids if (found := earlier_messages.find(turn, one)) is not None), None)
    if stored is not None and _opens_this_thread(turn, stored):
        return  # it is among the recent turns, or in the memory
    quote = _content(turn, adapter, told, ids, stored)
    if quote is None or not quote.has_content:
        turn.quote_unseen = True
        return
    if stored is not None:
        turn.quoted_files = stored.files
    (quote,) = author_names.named(turn.channel, turn.event.chat_id, [quote])
    turn.quote = _with_parts_in_words(turn.event, quote)


def _opens_this_thread(turn: engine.Turn, stored: Stored) -> bool:
    """Returns whether the quoted message only opens the thread, and is in this very conversation."""
    return turn.event.reply_to == turn.event.thread_id and stored.conversation_id == turn.conversation.pk


def _content(
    turn: engine.Turn, adapter: Adapter[Any], told: Passage, ids: list[str], stored: Stored | None
) -> Passage | None:
    if stored is not None and stored.passage is None:
        return None
    if told.has_content:
        return told
    if stored is not None:
        return stored.passage
    return _fetched(turn.event, adapter, ids[0]) or _without_turn(turn, ids[0])


def _fetched(event: Event, adapter: Adapter[Any], message_id: str) -> Passage | None:
    """Returns the message from the platform; an empty passage when it is gone there; None when it cannot be asked."""
    found = _fetch(event, adapter, message_id)
    if found is None:
        return None
    if len(found) == 1:
        return found[0]
    return Passage(as_lines(found), message_id=message_id) if found else Passage(message_id=message_id)


def _fetch(event: Event, adapter: Adapter[Any], message_id: str) -> tuple[Passage, ...] | None:
    if not isinstance(adapter, FetchesMessages) or not event.chat_id:
        return None
    try:
        return adapter.fetch_message(message_id, event.chat_id)
    except ClawdbotError as error:
        logger.info("a quoted or forwarded message could not be fetched: %s", error)
        return None


def _without_turn(turn: engine.Turn, message_id: str) -> Passage | None:
    if turn.group is None:
        return None
    row = earlier_messages.without_turn(turn.channel, turn.conversation.chat_id, message_id)
    return earlier_messages.passage_of(row) if row is not None else None


def _with_parts_in_words(event: Event, quote: Passage) -> Passage:
    """Writes places, contacts and the like of the quoted message into its text."""
    shared = attachment_words.in_words(replace(event, attachments=quote.attachments))
    return replace(quote, text="\n".join(filter(None, (quote.text.strip(), shared))))
