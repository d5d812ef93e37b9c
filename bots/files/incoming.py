"""A recording that the chat page uploads: stored before its event, so that the turn finds it as a received file."""

from __future__ import annotations

from datetime import timedelta

from django.core.files.base import ContentFile
from django.utils import timezone

from adapters.media import content_type
from bots.files.received import EXTENSIONS
from bots.models import Conversation, ReceivedFile

_GIVEN_UP_AFTER = timedelta(hours=1)


def recording_type(body: bytes, told: str) -> str:
    """Returns the content type of a recording by its bytes; "" when it is none."""
    found = content_type(body, told)
    return found if found.startswith("audio/") or found in ("video/webm", "video/mp4") else ""


def keep(conversation: Conversation, body: bytes, kind: str, *, name: str) -> ReceivedFile:
    """Stores a recording without an event. Its row comes before its bytes, so an erasure finds both.

    Args:
        conversation: The conversation of the visitor.
        body: The bytes.
        kind: Content type of the recording.
        name: Unique name of the file in the storage, without ending.
    """
    unused = ReceivedFile.objects.filter(conversation=conversation, inbound=None)
    unused.filter(created_at__lt=timezone.now() - _GIVEN_UP_AFTER, kind="voice").delete()
    row = ReceivedFile(
        conversation=conversation,
        kind="voice",
        content_type=kind,
        size=len(body),
        file=f"{conversation.channel.public_id}/{name}{EXTENSIONS.get(kind, '.bin')}",
    )
    row.save(force_insert=True)
    row.file.storage.save(str(row.file.name), ContentFile(body))
    return row
