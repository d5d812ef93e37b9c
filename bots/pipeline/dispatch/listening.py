"""Listens to the recordings of a message before its turn is judged, so that what is said is its text.

What was heard is stored on the file at once, with its usage: a turn that is tried again listens to nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import translation

from adapters.events import Event
from adapters.media import duration_s
from bots import speech
from bots.limits.account import Account
from bots.llm.errors import Cancelled, LimitReached, NoModelAvailable
from bots.models import Conversation, InboundEvent, Message, ReceivedFile, TurnUsage, sql
from bots.models.file import StoredFile
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch import gathering, spoken_words, turns
from bots.pipeline.engine.answer import recordings
from clawdbot.chinese import simplified
from clawdbot.reasons import why
from memory.types import Turn as MemoryTurn

logger = logging.getLogger(__name__)


def listen(row: InboundEvent, turn: engine.Turn) -> engine.Reply | None:
    """Adds to the turn what its recordings say. Returns a reply only when nothing that listens answers.

    Raises:
        NoSlot: All slots of this process are taken.
        NoModelAvailable: Nothing that listens answers, and the turn may wait for it.
        Interrupted: A message came that joins this turn.
    """
    if turn.stopped or not _is_said(turn.event):
        return None
    try:
        _hear_all(turn, turn.files)
    except Cancelled:
        if not inbox.stop_requested(row):
            raise gathering.Interrupted from None
        turn.stopped = True
    except LimitReached:
        if turn.conversation.state != Conversation.State.HUMAN:
            with translation.override(turn.language):
                return recordings.over_limit()
    except NoModelAvailable as error:
        if turn.conversation.state != Conversation.State.HUMAN:  # a human is there to listen
            if not error.permanent and turn.may_wait():
                raise
            with translation.override(turn.language):
                return recordings.outage(why(error))
    _take_words(row, turn)
    return None


def _is_said(event: Event) -> bool:
    """Returns whether what the recordings of this event say is what the person wants."""
    if event.kind == "message":
        return not event.command
    # In Discord every message is a command: /ask with a recording, or an entry of the menu of a voice message.
    name = simplified(event.command.lower().removeprefix("/"))
    return event.kind == "command" and (event.forwarded or name not in engine.COMMAND_NAMES)


def listen_to_quote(turn: engine.Turn) -> None:
    """Adds to the quoted message what its recordings say; without it the model is told that it cannot hear them."""
    quote = turn.quote
    if quote is None or quote.text.strip() or turn.stopped:
        return
    try:
        _hear_all(turn, turn.quoted_files)
    except (Cancelled, NoModelAvailable, engine.NoSlot) as error:
        logger.info("a quoted recording was not heard: %s", type(error).__name__)
    said = [file.transcript for file in turn.quoted_files if isinstance(file, ReceivedFile) and file.transcript]
    turn.quote = replace(quote, text="\n".join(said))


def listen_again(turn: engine.Turn) -> None:
    """Listens to the recordings of earlier messages that the turn repeats, and gives those messages their words.

    Raises:
        NoModelAvailable: Nothing that listens answers, and the turn may wait for it.
    """
    silent = [file for file in turn.files if _is_unheard(file)]
    try:
        _hear_all(turn, silent)
    except LimitReached:
        logger.info("earlier recordings are not heard: a limit is reached")
    except NoModelAvailable as error:
        if not error.permanent and turn.may_wait():
            raise
    heard = [file for file in silent if file.transcript]
    turn.text = spoken_words.joined(turn.text, *(file.transcript for file in heard))
    for message in Message.objects.filter(inbound__in={file.inbound_id for file in heard}, role=Message.Role.USER):
        said = [file.transcript for file in heard if file.inbound_id == message.inbound_id]
        text = spoken_words.joined(message.text, *said)
        turn.staged.append(partial(_give_words, message, text))
        turn.memories.append(_memory(turn, message, text))


def _give_words(message: Message, text: str) -> None:
    Message.objects.filter(pk=message.pk).update(text=text, meta=message.meta | {Message.HEARD: True})


def _memory(turn: engine.Turn, message: Message, text: str) -> MemoryTurn:
    return MemoryTurn(
        bot_id=turn.bot.pk,
        person_id=turn.scope.person_id,
        conversation_id=message.conversation_id,
        message_id=message.pk,
        role="user",
        speaker=turn.person.display_name,
        text=text,
        occurred_at=message.occurred_at.astimezone(turn.zone),
        origin_id=None if turn.group else turn.origin_id,
    )


def _is_unheard(file: StoredFile) -> bool:
    return isinstance(file, ReceivedFile) and recordings.is_recording(file) and not (file.transcript or file.unheard)


def _hear_all(turn: engine.Turn, files: Sequence[StoredFile]) -> None:
    unheard = [file for file in files if isinstance(file, ReceivedFile) and _is_unheard(file)]
    if not unheard or not speech.can_listen():
        return
    turn.take_slot()
    for file in unheard:
        if file.stored:
            _hear(turn, file)


def _hear(turn: engine.Turn, file: ReceivedFile) -> None:
    with file.file.open("rb") as opened:
        body = bytes(opened.read())
    try:
        heard = speech.transcribe(
            body,
            file.content_type,
            seconds=duration_s(body) or _told_s(turn, file),
            language=turn.language[:2],
            cancelled=turn.cancelled,
            account=Account(turn.owners, turn.payments),
        )
    except speech.NotHeard as error:
        logger.info("recording %s of inbound %s is not heard: %s", file.position, file.inbound_id, error.code)
        file.unheard = error.code
        _store(turn, file, "unheard", error.paid)
        return
    file.transcript = heard.text
    _store(turn, file, "transcript", heard)


def _store(turn: engine.Turn, file: ReceivedFile, field: str, heard: speech.Heard | None) -> None:
    """Stores what became of a recording, with what it has cost."""
    with transaction.atomic():
        file.save(update_fields=[field])
        if heard is not None:
            sql.insert(_usage(turn, heard))
        if turn.payments is not None:
            turn.payments.write()


def _told_s(turn: engine.Turn, file: ReceivedFile) -> float:
    """Returns the length that the platform tells."""
    attachments = turn.event.attachments
    told = attachments[file.position].duration if file.position < len(attachments) else None
    return float(told or 0.0)


def _usage(turn: engine.Turn, heard: speech.Heard) -> TurnUsage:
    return usage(turn, heard.provider, heard.model, heard.ms, heard_s=heard.seconds, cost=heard.cost)


def usage(turn: engine.Turn, provider: str, model: str, ms: int, **values: Any) -> TurnUsage:
    """Returns the row of a call that listened or spoke in this turn; not stored yet."""
    return TurnUsage(
        bot=turn.bot,
        person=turn.person,
        origin_id=turn.origin_id,
        conversation=turn.conversation,
        purpose=TurnUsage.Purpose.VOICE,
        provider=provider[:60],
        model=model[:120],
        model_ms=ms,
        total_ms=ms,
        **values,
    )


def _take_words(row: InboundEvent, turn: engine.Turn) -> None:
    heard = spoken_words.heard_in(turn.files)
    if not heard:
        return
    turn.heard = True
    turns.reword(turn, spoken_words.with_words(turn.event, row.payload, heard))
