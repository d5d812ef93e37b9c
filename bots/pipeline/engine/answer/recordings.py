"""What the bot says about recordings that it did not hear."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots import speech
from bots.models import Message, ReceivedFile
from bots.models.file import StoredFile
from bots.pipeline.engine.turn import Reply, Turn
from bots.speech import Unheard
from clawdbot.reasons import Why

KINDS = frozenset({"voice", "audio", "video_note"})
MEND = "voice"  # `meta["mend"]` of the answer that told the team how to connect what listens


def is_recording(file: StoredFile) -> bool:
    """Returns whether the file is a recording of a voice, as far as its kind tells."""
    return file.kind in KINDS or (file.kind == "file" and file.content_type.startswith("audio/"))


def outage(reason: Why) -> Reply:
    """Returns the reply while what listens does not answer. The message stays unanswered."""
    text = _(
        "I cannot listen to recordings at the moment. I have kept yours: please write “retry” in a few minutes, or "
        "write to me what you said."
    )
    meta = {Message.FAILED: True, Message.OUTAGE: True, Message.ASIDE: True}
    return Reply(text, remember=True, remember_answer=False, failure=reason, meta=meta)


def over_limit() -> Reply:
    """Returns the reply while a limit has no room for listening. It names no limit and no money."""
    text = _("I cannot listen to recordings for a while. Could you write to me what you said?")
    return Reply(text, remember=True, remember_answer=False, meta={Message.ASIDE: True})


def unheard(turn: Turn) -> Reply | None:
    """Returns the reply to a message of recordings alone, none of which was heard; None for any other message."""
    files = [file for file in turn.files if is_recording(file)]
    if not files or len(files) != len(turn.files) or any(file.transcript for file in files):
        return None
    if any(file.stored for file in files) and not speech.can_listen():
        return _without_ears(turn)
    return Reply(sentence(files))


def sentence(files: Sequence[ReceivedFile]) -> str:
    """Returns why these recordings were not heard, in the active language."""
    codes = {file.unheard for file in files}
    if Unheard.TOO_LONG in codes:
        minutes = settings.CLAWDBOT.speech.longest_minutes
        return ngettext(
            "This recording is too long: I listen to %(count)s minute at most. Could you send a shorter one, or write "
            "the main point?",
            "This recording is too long: I listen to %(count)s minutes at most. Could you send a shorter one, or write "
            "the main point?",
            minutes,
        ) % {"count": minutes}
    if Unheard.NOTHING in codes:
        return _("I could not hear anything in this recording. Could you say it again, or write it?")
    if Unheard.FORMAT in codes:
        return _("I cannot play this kind of recording. Could you write what you said?")
    if Unheard.REFUSED in codes:
        return _("I could not make out this recording. Could you record it again, or write it?")
    return _("I could not get this recording. Could you send it again, or write it?")


def _without_ears(turn: Turn) -> Reply:
    text = _("I cannot listen to recordings yet. Could you write to me what you said?")
    if not turn.staff or _told(turn):
        return Reply(text)
    mend = _(
        "For the team: connect a model provider of the kind “speech recognition” (Admin → Model providers → Add), "
        "then I listen."
    )
    return Reply(f"{text}\n\n{mend}", meta={"mend": MEND})


def _told(turn: Turn) -> bool:
    """Returns whether this conversation has the hint for the team already."""
    return Message.objects.filter(conversation=turn.conversation, meta__mend=MEND).exists()
