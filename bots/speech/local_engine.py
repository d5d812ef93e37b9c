"""Listens with a local Whisper model by faster-whisper: the extra `speech`, off by default.

The folder holds what CTranslate2 needs: model.bin, config.json, tokenizer.json, vocabulary.json or .txt. Nothing is
downloaded.
"""

from __future__ import annotations

import io
import logging
import os
import threading
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

from bots.llm.errors import NoModelAvailable
from bots.speech import transcripts
from bots.speech.transcripts import Transcript
from bots.speech.unheard import NotHeard, Unheard
from clawdbot.reasons import Reason

logger = logging.getLogger(__name__)

LONGEST_S = 120.0  # for one recording; checked after each half minute of sound
_WAIT_S = 60.0  # for other recordings of this process, which are heard one after the other
_one_at_a_time = threading.Lock()


def transcribe(folder: Path, body: bytes, *, longest_s: float, language: str = "") -> Transcript:
    """Returns what is said.

    Args:
        folder: The folder of the model.
        body: The recording, in any format that ffmpeg's libraries read.
        longest_s: Length that is allowed, in seconds.
        language: "zh" or "en"; "" to detect it.

    Raises:
        NotHeard: It is no recording, or it is too long.
        NoModelAvailable: The model cannot be loaded, or is busy or too slow.
    """
    if not _one_at_a_time.acquire(timeout=_WAIT_S):
        raise NoModelAvailable(Reason("no_answer_in_time"))
    try:
        return _transcribe(_model(folder), body, longest_s, language)
    finally:
        _one_at_a_time.release()


def _transcribe(model: Any, body: bytes, longest_s: float, language: str) -> Transcript:
    deadline = time.monotonic() + LONGEST_S
    try:
        # With the text so far as its prompt, Whisper repeats itself for ever once it errs.
        parts, info = model.transcribe(
            io.BytesIO(body), language=language or None, condition_on_previous_text=False, vad_filter=False, beam_size=1
        )
    except Exception as error:  # its libraries raise errors of their own for what is no sound
        logger.info("a recording could not be read: %s", type(error).__name__)
        raise NotHeard(Unheard.FORMAT) from None
    if info.duration > longest_s:
        raise NotHeard(Unheard.TOO_LONG)
    found = []
    for part in parts:
        found.append(
            {
                "text": part.text,
                "no_speech_prob": part.no_speech_prob,
                "avg_logprob": part.avg_logprob,
                "compression_ratio": part.compression_ratio,
            }
        )
        if time.monotonic() > deadline:
            raise NoModelAvailable(Reason("answer_too_slow"))
    return transcripts.of_parts("".join(one["text"] for one in found), found, info.duration, info.language)


@lru_cache(maxsize=1)
def _model(folder: Path) -> Any:
    if not (folder / "model.bin").is_file():  # the library takes any other text for the name of a download
        logger.error("speech.model_folder: there is no model.bin in %s", folder)
        raise NoModelAvailable(Reason("no_model_folder", model=str(folder)), permanent=True)
    try:
        from faster_whisper import WhisperModel
    except ImportError:
        logger.exception(
            "speech.model_folder is set, but faster-whisper is not installed: pip install -r requirements-speech.txt, "
            "or the extra: pip install 'clawdbot[speech]'"
        )
        raise NoModelAvailable(Reason("speech_not_installed"), permanent=True) from None
    threads = max(1, (os.cpu_count() or 2) // 2)
    try:
        return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)
    except Exception as error:  # CTranslate2 raises RuntimeError, the tokenizer errors of its own
        logger.exception("the model in %s cannot be loaded", folder)
        raise NoModelAvailable(Reason("speech_model_unusable", error=type(error).__name__), permanent=True) from None


def clear_cache() -> None:
    """Forgets the loaded model."""
    _model.cache_clear()
