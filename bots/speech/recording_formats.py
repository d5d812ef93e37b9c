"""Brings recordings into a form that endpoints take: a right file name, or another format by ffmpeg."""

from __future__ import annotations

from typing import NamedTuple

from adapters.media import content_type_of
from bots.speech import ffmpeg
from bots.speech.unheard import NotHeard, Unheard

# Endpoints tell the format by the ending of the file name; platforms name it otherwise (.oga, .bin, none). Some read
# a type "video/…" as a film without sound.
_ENDINGS = {
    "audio/ogg": "ogg",
    "audio/opus": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/mp4": "m4a",
    "audio/m4a": "m4a",
    "audio/x-m4a": "m4a",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/webm": "webm",
    "video/webm": "webm",
    "video/ogg": "ogg",
    "video/mp4": "mp4",
    "video/quicktime": "mp4",
}
_SENT_AS = {"video/webm": "audio/webm", "video/ogg": "audio/ogg"}
LARGEST = 25 * 1024 * 1024  # bytes that endpoints take
WAV_BYTES_PER_S = 32_000


class Recording(NamedTuple):
    """A recording as an endpoint takes it."""

    body: bytes
    name: str
    content_type: str


def sendable(body: bytes, content_type: str, *, longest_s: float) -> Recording:
    """Returns the recording in a form that endpoints take.

    Args:
        body: Its bytes.
        content_type: Its type, detected from the bytes.
        longest_s: More than so many seconds are left out by a conversion.

    Raises:
        NotHeard: It has a format that nothing here converts, or is too large.
    """
    if content_type not in _ENDINGS:  # people's programs have many names for one format
        content_type = content_type_of(body)
    ending = _ENDINGS.get(content_type)
    if ending is None:
        made = _as_wav(body, content_type, longest_s)
        if made is None:
            raise NotHeard(Unheard.FORMAT)
        return made
    if len(body) > LARGEST:
        raise NotHeard(Unheard.TOO_LONG)
    return Recording(body, f"recording.{ending}", _SENT_AS.get(content_type, content_type))


def plainer(recording: Recording, *, longest_s: float) -> Recording | None:
    """Returns the recording as WAV, for an endpoint that refuses it as it is; None when that cannot be made."""
    return None if recording.name.endswith(".wav") else _as_wav(recording.body, recording.content_type, longest_s)


def _as_wav(body: bytes, content_type: str, longest_s: float) -> Recording | None:
    kind = content_type_of(body) if content_type not in ffmpeg.DEMUXERS else content_type
    longest_s = min(longest_s, (LARGEST - 1000) / WAV_BYTES_PER_S)
    made = ffmpeg.convert(body, kind, ("-ac", "1", "-ar", "16000", "-f", "wav"), longest_s=longest_s)
    return Recording(made, "recording.wav", "audio/wav") if made else None
