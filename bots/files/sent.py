"""Files of answers: stored before the answer, positioned within its text, read when they are sent."""

from __future__ import annotations

import mimetypes
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _

from adapters.errors import SendError
from adapters.events import OutgoingFile
from adapters.media import content_type, duration_s, kind_of
from bots.files import signed_urls
from bots.files.received import EXTENSIONS
from bots.models import Conversation, InboundEvent, Message, SentFile
from clawdbot.errors import ClawdbotError
from clawdbot.files import File
from clawdbot.reasons import Reason

MAX_FILES = 10  # per answer
_GIVEN_UP_AFTER = timedelta(hours=1)
_UNWANTED = re.compile(r'[\x00-\x1f\x7f"<>|:*?\\/]+')


class FileRefused(ClawdbotError):
    """A file cannot be sent: it is empty, too large, one too many, or gone."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an answer: a text, or a file (an entry of `Message.attachments`) with its caption as text."""

    text: str
    file: dict[str, Any] | None = None


class SpokenAnswer(File):
    """An answer that is read aloud. Its words are in the answer's text, so nothing replaces a file that is not sent."""


def check(file: File) -> None:
    """Checks that a file can be sent.

    Raises:
        FileRefused: It is empty or too large; the text is for the person.
    """
    largest = settings.CLAWDBOT.uploads.max_bytes
    if not file.body:
        raise FileRefused(_("The file “%(name)s” is empty.") % {"name": file.name})
    if len(file.body) > largest:
        raise FileRefused(
            _("The file “%(name)s” is too large (%(size)s, at most %(most)s).")
            % {"name": file.name, "size": filesizeformat(len(file.body)), "most": filesizeformat(largest)}
        )


def keep(
    conversation: Conversation, parts: Sequence[str | File], inbound: InboundEvent | None = None
) -> tuple[str, list[dict[str, Any]]]:
    """Stores the files of an answer. Returns its text (with captions) and its attachments, see `parts_of`.

    Call it before the transaction that stores the message, and `attach` inside it. A file that cannot be sent becomes a
    sentence that says so.

    Args:
        conversation: The conversation of the answer.
        parts: Texts and files in order.
        inbound: The event that is answered; files that an earlier try of its turn stored are deleted.
    """
    _drop_unused(conversation, inbound)
    text, attachments = "", list[dict[str, Any]]()
    for part in parts:
        said, row = (
            (part, None) if isinstance(part, str) else _stored_or_refused(conversation, part, len(attachments), inbound)
        )
        said = said.strip()
        text += ("\n\n" if text and said else "") + said
        if row is not None:
            entry = {"type": row.kind, "id": str(row.pk), "name": row.name, "mime": row.content_type, "size": row.size}
            attachments.append(entry | {"at": len(text) - len(said), "caption": len(said)})
    return text, attachments


def _stored_or_refused(
    conversation: Conversation, file: File, position: int, inbound: InboundEvent | None
) -> tuple[str, SentFile | None]:
    try:
        if position >= MAX_FILES:
            raise FileRefused(_("The file “%(name)s” is left out: there are too many.") % {"name": file.name})
        check(file)
    except FileRefused as refused:
        why = "" if isinstance(file, SpokenAnswer) else str(refused)
        return "\n\n".join(filter(None, (file.caption, why))), None
    return file.caption, _store(conversation, file, position, inbound)


def _store(conversation: Conversation, file: File, position: int, inbound: InboundEvent | None) -> SentFile:
    guessed = mimetypes.guess_type(file.name)[0] or ""
    found = content_type(file.body, guessed)
    ending = EXTENSIONS.get(found, ".bin")
    row = SentFile(
        conversation=conversation,
        inbound=inbound,
        position=position,
        kind=kind_of(found, voice=file.voice),
        spoken=isinstance(file, SpokenAnswer),
        content_type=found[:100],
        name=_clean(file.name, ending),
        size=len(file.body),
        duration_s=file.duration_s or duration_s(file.body),
        file=f"{conversation.channel.public_id}/sent/{uuid.uuid4().hex}{ending}",
    )
    row.save(force_insert=True)
    row.file.storage.save(str(row.file.name), ContentFile(file.body))
    if not SentFile.objects.filter(pk=row.pk).exists():  # the person was erased meanwhile
        row.file.storage.delete(str(row.file.name))
    return row


def _clean(name: str, ending: str) -> str:
    bare = _UNWANTED.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" ._")[-150:]
    return (bare if "." in bare else f"{bare or 'file'}{ending}").encode("utf-8", "ignore").decode("utf-8")


def _drop_unused(conversation: Conversation, inbound: InboundEvent | None) -> None:
    unused = SentFile.objects.filter(conversation=conversation, message=None)
    if inbound is not None:
        unused.filter(inbound=inbound).delete()
    unused.filter(created_at__lt=timezone.now() - _GIVEN_UP_AFTER).delete()


def attach(message: Message) -> None:
    """Assigns the stored files to their message, inside its transaction.

    Raises:
        FileRefused: One of them was deleted.
    """
    ids = [int(item["id"]) for item in message.attachments]
    if ids and SentFile.objects.filter(pk__in=ids, message=None).update(message=message) != len(ids):
        raise FileRefused("a file of this answer is gone")


def parts_of(message: Message) -> Iterator[Part]:
    """Yields the texts and files of an answer in order."""
    done = 0
    for item in message.attachments:
        at, end = item["at"], item["at"] + item["caption"]
        if before := message.text[done:at].strip():
            yield Part(before)
        yield Part(message.text[at:end], item)
        done = end
    if rest := message.text[done:].strip():
        yield Part(rest)


def outgoing(file_id: int, in_words: str = "") -> OutgoingFile:
    """Returns the file as adapters take it; a deleted file has only its text.

    Args:
        file_id: Primary key of the SentFile.
        in_words: The text to send instead of the file; by default a sentence in the active language.
    """
    row = SentFile.objects.filter(pk=file_id).first()
    if row is None:
        return OutgoingFile("file", "?", "", 0, bytes, in_words=in_words or _("The file is no longer there."))
    return OutgoingFile(
        kind=row.kind,
        name=row.name,
        content_type=row.content_type,
        size=row.size,
        read=lambda: _read(row),
        url=(url := signed_urls.public(row.pk, row.name)),
        preview_url=signed_urls.public_preview(row.kind),
        duration_s=row.duration_s,
        in_words="" if row.spoken else in_words or _in_words(row, url),
        dispensable=row.spoken,
    )


def _in_words(row: SentFile, url: str) -> str:
    values = {"name": row.name, "size": filesizeformat(row.size).replace("\xa0", " ")}
    if url:
        return f"📎 {values['name']} ({values['size']}): {url}"
    return _("📎 I have the file “%(name)s” (%(size)s) for you, but it cannot be sent in this chat.") % values


def _read(row: SentFile) -> bytes:
    try:
        with row.file.open("rb") as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        raise SendError(Reason("stored_file_gone"), permanent=True, mark="media_gone") from None
    except Exception as error:  # any error of a storage may be temporary
        raise SendError(Reason("storage_failed", error=type(error).__name__), mark="storage") from None
