"""Brings recordings into a form that endpoints take: a right file name, or another format by ffmpeg."""

from __future__ import annotations

import logging
import shutil
import subprocess
from typing import NamedTuple

from adapters.media import content_type_of
from bots.speech.unheard import NotHeard, Unheard

logger = logging.getLogger(__name__)

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
# ffmpeg's names of formats. It gets the name, because its own guess also opens lists of addresses.
_DEMUXERS = {
    "audio/amr": "amr",
    "audio/aac": "aac",
    "audio/x-caf": "caf",
    "audio/3gpp": "mov",
    "video/3gpp": "mov",
    "ogg": "ogg",
    "mp3": "mp3",
    "m4a": "mov",
    "mp4": "mov",
    "flac": "flac",
    "webm": "matroska",
}
_CONVERT_S = 20.0
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
    ending = recording.name.rpartition(".")[2]
    return _as_wav(recording.body, ending, longest_s) if ending != "wav" else None


def _as_wav(body: bytes, kind: str, longest_s: float) -> Recording | None:
    program, known = shutil.which("ffmpeg"), _DEMUXERS.get(kind)
    if program is None or known is None:
        return None
    longest_s = min(longest_s, (LARGEST - 1000) / WAV_BYTES_PER_S)
    command = [program, "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe", "-f", known, "-i", "pipe:0"]
    command += ["-vn", "-t", str(longest_s), "-ac", "1", "-ar", "16000", "-f", "wav", "pipe:1"]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=_CONVERT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        logger.info("a recording of type %s could not be converted: %s", kind, type(error).__name__)
        return None
    return Recording(done.stdout, "recording.wav", "audio/wav")
