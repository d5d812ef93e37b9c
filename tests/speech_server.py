"""A server that speaks OpenAI's /audio/transcriptions and /audio/speech, with their errors, on loopback."""

from __future__ import annotations

import io
import json
import math
import struct
import threading
import time
import wave
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from tests.http_server import Answer, Recorded, Server, json_answer, serve

# The endings that OpenAI takes.
_ENDINGS = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm"})
# An Ogg page with an Opus head, and a last page that says: two seconds.
OPUS = (
    b"OggS\x00\x02" + bytes(8) + bytes(12) + b"\x01\x13OpusHead\x01\x01" + bytes(9)
    + b"OggS\x00\x04" + (96_000).to_bytes(8, "little") + bytes(40)
)  # fmt: skip
MP3 = b"\xff\xfb\x90\x00" + bytes(16_000)  # 128 kbit/s: one second


def sound(seconds: float = 1.0, *, loud: bool = True) -> bytes:
    """Returns a tone, or silence, as WAV."""
    target = io.BytesIO()
    with wave.open(target, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        height = 3000 if loud else 0
        samples = (round(height * math.sin(at / 5)) for at in range(round(8000 * seconds)))
        written.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return target.getvalue()


@dataclass(frozen=True)
class Asked:
    """One request to listen: its fields, and the file as (name, content type, bytes)."""

    fields: dict[str, str]
    name: str
    content_type: str
    body: bytes


@dataclass
class SpeechServer:
    """Hears `hears` in every recording, and speaks `speaks`.

    Attributes:
        hears: A text, or a function of the request that returns a text or a whole answer.
        details: Members of the detailed answer beside text, language and duration.
        knows_details: Without them it refuses response_format verbose_json, as newer models do.
        fault: What it answers instead of anything, if any.
        wait_s: Seconds before each answer.
        speaks: The bytes of each spoken answer.
        formats: Formats in which it speaks.
        asked: Requests to listen.
        spoken: Requests to speak.
    """

    hears: str | Callable[[Asked], str | Answer] = "Where does my sister live?"
    details: dict[str, Any] = field(default_factory=dict)
    knows_details: bool = True
    fault: Answer | None = None
    wait_s: float = 0.0
    speaks: bytes = OPUS
    formats: tuple[str, ...] = ("opus", "mp3")
    asked: list[Asked] = field(default_factory=list)
    spoken: list[dict[str, Any]] = field(default_factory=list)
    before: Callable[[], object] = bool
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def server(self) -> AbstractContextManager[Server]:
        return serve(self._answer)

    def _answer(self, request: Recorded) -> Answer:
        self.before()
        time.sleep(self.wait_s)
        if request.path.endswith("/audio/transcriptions"):
            asked = _parsed(request)
            with self._lock:
                self.asked.append(asked)
            return self.fault or self._heard(asked)
        if request.path.endswith("/audio/speech"):
            with self._lock:
                self.spoken.append(request.json)
            return self.fault or self._said(request.json)
        return refused("Not Found", 404)

    def _heard(self, asked: Asked) -> Answer:
        form = asked.fields.get("response_format", "json")
        if not asked.fields.get("model"):
            return refused("you must provide a model parameter")
        if form == "verbose_json" and not self.knows_details:
            return refused("response_format 'verbose_json' is not compatible with this model", param="response_format")
        if asked.name.rpartition(".")[2] not in _ENDINGS:
            return refused("Invalid file format. Supported formats: flac, m4a, mp3, mp4, ogg, wav, webm")
        found = self.hears(asked) if callable(self.hears) else self.hears
        if isinstance(found, Answer):
            return found
        if form == "text":
            return Answer(200, found.encode(), {"Content-Type": "text/plain"})
        details = {"language": "english", "duration": 2.0, **self.details} if form == "verbose_json" else {}
        return json_answer({"text": found, **details})

    def _said(self, body: dict[str, Any]) -> Answer:
        if body.get("response_format", "mp3") not in self.formats:
            return refused("response_format must be one of mp3", param="response_format")
        if len(body["input"]) > 4096:
            return refused("string too long: input", code="string_above_max_length")
        return Answer(200, self.speaks, {"Content-Type": "application/octet-stream"})


def refused(message: str, status: int = 400, *, param: str | None = None, code: str | None = None) -> Answer:
    error = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    return json_answer({"error": error}, status)


def _parsed(request: Recorded) -> Asked:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    form = BytesParser(policy=HTTP).parsebytes(head + request.body)
    fields: dict[str, str] = {}
    name, kind, body = "", "", b""
    for part in form.iter_parts():  # type: ignore[attr-defined]
        payload = part.get_payload(decode=True)
        if part.get_filename() is None:
            fields[part.get_param("name", header="content-disposition")] = payload.decode()
        else:
            name, kind, body = part.get_filename(), part.get_content_type(), payload
    return Asked(fields, name, kind, body)


def said(text: str, **values: Any) -> str:
    """Returns the detailed answer of one part."""
    return json.dumps({"text": text, "segments": [{"text": text, **values}]})
