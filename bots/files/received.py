"""Downloads the files of a message before the turn is answered; each file once, however often the turn is retried."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile

from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from adapters.events import Attachment, Event, Media, Passage
from bots.models import Conversation, InboundEvent, ReceivedFile
from bots.models.lengths import ERROR_LENGTH
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Why, columns, why
from clawdbot.storable_text import storable

logger = logging.getLogger(__name__)

FETCHED = frozenset({"image", "voice", "audio", "video", "video_note", "file", "sticker"})
MAX_FILES = 10  # per message; further files are not fetched
QUOTED = 100  # position of the first file of a quoted message, in the turn that quotes it
MAX_QUOTED = 4
TRIES = 3  # of a turn; then a file with a temporary error is given up
EXTENSIONS = {
    "image/png": ".png",
    "image/jpeg": ".jpg",
    "image/gif": ".gif",
    "image/webp": ".webp",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
    "audio/amr": ".amr",
    "audio/mp4": ".m4a",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "video/webm": ".webm",
    "audio/flac": ".flac",
    "audio/aac": ".aac",
    "audio/silk": ".silk",
    "audio/x-caf": ".caf",
    "video/mp4": ".mp4",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
}


class NotYetThere(ClawdbotError):
    """A file cannot be downloaded now; the turn is retried later."""

    permanent = False


def collect(
    row: InboundEvent, event: Event, conversation: Conversation, adapter: Adapter[Any]
) -> tuple[ReceivedFile, ...]:
    """Returns the files of a message in order; one that could not be downloaded has an error instead of bytes.

    Raises:
        NotYetThere: A download failed temporarily.
    """
    wanted = [(n, item) for n, item in enumerate(event.attachments[:MAX_FILES]) if item.type in FETCHED]
    if not wanted:
        return ()
    known = {file.position: file for file in ReceivedFile.objects.filter(inbound=row)}
    files = [
        known.get(position) or _fetch(row, position, item, event.message_id, conversation, adapter)
        for position, item in wanted
    ]
    return tuple(files)


def collect_quoted(
    row: InboundEvent, quote: Passage, conversation: Conversation, adapter: Adapter[Any]
) -> tuple[ReceivedFile, ...]:
    """Returns the files of a quoted message. One that cannot be downloaded now is given up at once."""
    wanted = [(n, item) for n, item in enumerate(quote.attachments, QUOTED) if item.type in FETCHED][:MAX_QUOTED]
    if not wanted:
        return ()
    known = {file.position: file for file in ReceivedFile.objects.filter(inbound=row, position__gte=QUOTED)}
    return tuple(
        known.get(position) or _fetch(row, position, item, quote.message_id, conversation, adapter, tries=0)
        for position, item in wanted
    )


def _fetch(
    row: InboundEvent,
    position: int,
    attachment: Attachment,
    message_id: str | None,
    conversation: Conversation,
    adapter: Adapter[Any],
    *,
    tries: int = TRIES,
) -> ReceivedFile:
    file = ReceivedFile(
        conversation=conversation,
        inbound=row,
        position=position,
        kind=attachment.type[:20],
        name=(attachment.name or "")[:200],
        transcript=storable(attachment.transcript or ""),
    )
    try:
        media = adapter.fetch_media(attachment, message_id=message_id, max_bytes=settings.CLAWDBOT.uploads.max_bytes)
    except NotSupported as error:
        _note(file, why(error))
    except SendError as error:
        if not error.permanent and row.attempts < tries:
            raise NotYetThere(f"{attachment.type}: {error.mark or error}", retry_after=error.retry_after) from None
        logger.info("file %s of inbound %s was not stored: %s", position, row.pk, error.mark or error)
        _note(file, why(error))
    else:
        _store(file, media, row)
    file.save(force_insert=True)
    return file


def _note(file: ReceivedFile, reason: Why) -> None:
    for name, value in columns("error", reason, ERROR_LENGTH).items():
        setattr(file, name, value)


def _store(file: ReceivedFile, media: Media, row: InboundEvent) -> None:
    # Our own name, because the sender's is untrusted. It is the same in each try, so a retry overwrites the bytes.
    name = f"{row.channel.public_id}/{row.pk}-{file.position}{EXTENSIONS.get(media.content_type, '.bin')}"
    storage = file.file.storage
    if storage.exists(name):
        storage.delete(name)
    file.file.save(name, ContentFile(media.body), save=False)
    file.content_type, file.size = media.content_type[:100], len(media.body)
    file.name = file.name or media.name[:200]
