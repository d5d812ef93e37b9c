"""Converts sound with the program ffmpeg, where it is installed."""

from __future__ import annotations

import logging
import shutil
import subprocess
from collections.abc import Sequence

logger = logging.getLogger(__name__)

# ffmpeg's names of formats. It gets the name, because its own guess also opens lists of addresses.
DEMUXERS = {
    "audio/amr": "amr",
    "audio/aac": "aac",
    "audio/x-caf": "caf",
    "audio/3gpp": "mov",
    "video/3gpp": "mov",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "mov",
    "video/mp4": "mov",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "video/webm": "matroska",
}
_LONGEST_WAIT_S = 20.0


def is_installed() -> bool:
    return shutil.which("ffmpeg") is not None


def convert(body: bytes, content_type: str, output: Sequence[str], *, longest_s: float) -> bytes | None:
    """Returns the sound in another format, without pictures; None when it cannot be converted.

    Args:
        body: The bytes of the sound.
        content_type: Its type, a key of `DEMUXERS`.
        output: Arguments of ffmpeg for the result.
        longest_s: More than so many seconds are left out.
    """
    program, known = shutil.which("ffmpeg"), DEMUXERS.get(content_type)
    if known is None:
        return None
    if program is None:
        logger.warning("ffmpeg is not installed, so sound of the type %s cannot be converted", content_type)
        return None
    command = [program, "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe", "-f", known, "-i", "pipe:0"]
    command += ["-vn", "-t", str(longest_s), *output, "pipe:1"]
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=_LONGEST_WAIT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        logger.info("sound of the type %s could not be converted: %s", content_type, type(error).__name__)
        return None
    return done.stdout or None
