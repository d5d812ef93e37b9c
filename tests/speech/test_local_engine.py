"""The local model really listens. Runs only where WHISPER_FOLDER names the folder of a model (docs/voice.md)."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bots.llm.errors import NoModelAvailable
from bots.speech import NotHeard, Unheard, local_engine, transcribe
from tests.conftest import Configured
from tests.speech_server import sound

FOLDER = os.environ.get("WHISPER_FOLDER", "")
SPEAKER = shutil.which("espeak-ng")
really = pytest.mark.skipif(not (FOLDER and SPEAKER), reason="no local Whisper model, or no espeak-ng")


def spoken(words: str) -> bytes:
    """Returns words as espeak-ng reads them, as WAV."""
    return subprocess.run([SPEAKER or "", "-s", "140", "--stdout", words], capture_output=True, check=True).stdout


@pytest.fixture
def local(configured: Configured) -> None:
    configured("speech", model_folder=FOLDER or "/nonexistent/whisper")


@pytest.mark.django_db
@really
def test_it_hears_english_and_no_words_in_silence(local: None) -> None:
    heard = transcribe(spoken("Please remind me to call my sister tomorrow at three p.m."), "audio/wav")
    print(heard)
    assert "call my sister tomorrow" in heard.text.lower()
    assert (heard.provider, heard.language, heard.cost) == ("local", "en", 0)
    with pytest.raises(NotHeard) as nothing:
        transcribe(sound(3.0, loud=False), "audio/wav")
    assert nothing.value.code is Unheard.NOTHING


@really
def test_what_is_no_sound_or_too_long_is_told() -> None:
    with pytest.raises(NotHeard) as wrong:
        local_engine.transcribe(Path(FOLDER), b"no sound at all", longest_s=60.0)
    assert wrong.value.code is Unheard.FORMAT
    with pytest.raises(NotHeard) as long:
        local_engine.transcribe(Path(FOLDER), sound(3.0), longest_s=2.0)
    assert long.value.code is Unheard.TOO_LONG


@pytest.mark.django_db
@pytest.mark.skipif(bool(FOLDER), reason="the model is there")
def test_without_the_model_it_is_an_outage_that_waiting_does_not_end(local: None) -> None:
    with pytest.raises(NoModelAvailable) as missing:
        transcribe(sound(), "audio/wav")
    assert missing.value.permanent
