"""Every shape in which recognizers answer."""

from __future__ import annotations

import json

import pytest

from bots.llm.errors import ProviderError
from bots.speech.transcripts import read


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"text": "hello there"}', "hello there"),
        (b"hello there\n", "hello there"),
        (b'"hello there"', "hello there"),
        (json.dumps({"text": "<|zh|><|HAPPY|><|Speech|>你好"}).encode(), "你好"),
        (b'{"text": ""}', ""),
        (b"", ""),
    ],
)
def test_a_text_is_read(body: bytes, text: str) -> None:
    assert read(body).text == text


def test_details_tell_length_and_language() -> None:
    found = read(json.dumps({"text": "你好", "language": "chinese", "duration": 3.5}).encode())
    assert (found.text, found.language, found.seconds) == ("你好", "chinese", 3.5)


@pytest.mark.parametrize(
    "body", [b'{"error": {"message": "x"}}', b'{"text": 5}', b"[1]", b'{"text": ', b'{"text": null}']
)
def test_anything_else_is_a_failure(body: bytes) -> None:
    with pytest.raises(ProviderError):
        read(body)


def test_parts_that_are_silence_or_a_loop_are_left_out() -> None:
    parts = [
        {"text": "Call my sister.", "no_speech_prob": 0.02, "avg_logprob": -0.2, "compression_ratio": 1.1},
        {"text": " Goodbye.", "no_speech_prob": 0.9, "avg_logprob": -1.4, "compression_ratio": 0.8},
        {"text": " la la la", "no_speech_prob": 0.1, "avg_logprob": -1.2, "compression_ratio": 9.0},
    ]
    value = {"text": "Call my sister. Goodbye. la la la", "segments": parts}
    assert read(json.dumps(value).encode()).text == "Call my sister."


def test_odd_details_are_no_failure() -> None:
    value = {"text": "hi", "language": 7, "duration": "NaN", "segments": [None, {"text": 3}, {"no_speech_prob": "x"}]}
    assert read(json.dumps(value).encode()).text == "hi"
