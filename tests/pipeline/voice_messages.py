"""A voice message of each platform: what it posts, what it hands out, and the request that carries it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.events import WebhookRequest
from tests.adapters.builders import message
from tests.adapters.contract import CASES, fixture
from tests.adapters.wecom.builders import CORP, app_request, xml
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.speech_server import OPUS

M4A = b"\x00\x00\x00\x18ftypM4A " + bytes(60)
AMR = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100
NOW_S = 1_700_000_000.0
# Discord's own mark, and the loudness that its clients draw.
_VOICE_MESSAGE, _WAVEFORM = 1 << 13, "AAECAwQFBgcICQ=="

Body = Callable[[str], bytes]
"""(address of the platform's server) -> what the platform posts."""


def _telegram(url: str) -> bytes:
    update: dict[str, Any] = message(update_id=4)
    said = update["message"]
    del said["text"]
    said["voice"] = {"file_id": "v1", "file_unique_id": "u", "duration": 2, "mime_type": "audio/ogg", "file_size": 90}
    return json.dumps(update).encode()


def _whatsapp(url: str) -> bytes:
    value = json.loads(fixture("whatsapp", "messages__username_only"))
    said = value["entry"][0]["changes"][0]["value"]["messages"][0]
    del said["text"]
    said |= {"type": "audio", "audio": {"id": "77", "mime_type": "audio/ogg; codecs=opus", "voice": True}}
    return json.dumps(value).encode()


def _line(url: str) -> bytes:
    value = json.loads(fixture("line", "message__media"))
    value["events"] = value["events"][:1]
    return json.dumps(value).encode()


def _slack(url: str) -> bytes:
    """A clip without a transcript: it is still being made, or the workspace has it switched off."""
    value = json.loads(fixture("slack", "message__file_share"))
    clip = {
        "id": "F9",
        "name": "audio_message.m4a",
        "mimetype": "audio/mp4",
        "subtype": "slack_audio",
        "mode": "hosted",
    }
    places = {"url_private": f"{url}/media/F9", "url_private_download": f"{url}/media/download/F9"}
    value["event"] |= {
        "text": "",
        "files": [clip | places | {"duration_ms": 2500, "transcription": {"status": "none"}}],
    }
    return json.dumps(value).encode()


def _discord_file(url: str) -> dict[str, Any]:
    told = {"id": "61", "filename": "voice-message.ogg", "size": 90, "content_type": "audio/ogg"}
    return told | {"url": f"{url}/media/voice-message.ogg?ex=1", "duration_secs": 2.1, "waveform": _WAVEFORM}


def _discord(url: str) -> bytes:
    """A command on somebody's voice message: without the gateway, Discord posts it in no other way."""
    value = json.loads(fixture("discord", "command__message_menu"))
    told = value["data"]["resolved"]["messages"]["555"]
    told |= {"content": "", "flags": _VOICE_MESSAGE, "attachments": [_discord_file(url)]}
    return json.dumps(value).encode()


def _discord_upload(url: str) -> bytes:
    value = json.loads(fixture("discord", "command__direct_with_file"))
    value["data"]["name"] = "ask"
    value["data"]["resolved"]["attachments"]["61"] = _discord_file(url)
    return json.dumps(value).encode()


def _dingtalk(url: str) -> bytes:
    value = json.loads(fixture("dingtalk", "message__audio"))
    del value["content"]["recognition"]
    return json.dumps(value).encode()


def _wecom(url: str) -> bytes:
    return xml("voice", "<MediaId>m9</MediaId><Format>amr</Format><MsgId>77</MsgId>").encode()


def _wecom_request(body: bytes, secret: str, at: float) -> WebhookRequest:
    return app_request(body, token=secret)


@dataclass(frozen=True)
class Voice:
    """A voice message.

    Attributes:
        platform: Name in the registry.
        body: See `Body`.
        sound: The bytes that the platform hands out.
        name: Name under which an endpoint gets them.
        account: Keys of the account beside those of the contract tests.
        sign: Makes the request; by default that of the contract tests.
        bearer: What the download has to carry as Authorization, if anything.
    """

    platform: str
    body: Body
    sound: bytes = OPUS
    name: str = "recording.ogg"
    account: Mapping[str, Any] = field(default_factory=dict)
    sign: Callable[[bytes, str, float], WebhookRequest] | None = None
    bearer: str = ""

    def request(self, url: str, at: float = NOW_S) -> WebhookRequest:
        case = CASES[self.platform]
        return (self.sign or case.sign)(self.body(url), case.secrets[0], at)


_APPLICATION = {"corp_id": CORP, "agent_id": "7", "secret": "corp-secret-1"}
VOICES = {
    "telegram": Voice("telegram", _telegram),
    "whatsapp": Voice("whatsapp", _whatsapp, bearer="Bearer wa-token-1"),
    "line": Voice("line", _line, M4A, "recording.m4a", bearer="Bearer line-token-1"),
    "feishu": Voice("feishu", lambda url: fixture("feishu", "message__audio"), bearer="Bearer t"),
    "slack": Voice("slack", _slack, M4A, "recording.m4a", bearer="Bearer xoxb-1"),
    "discord": Voice("discord", _discord),
    "discord upload": Voice("discord", _discord_upload),
    "dingtalk": Voice("dingtalk", _dingtalk),
    "wecom": Voice("wecom", _wecom, AMR, "recording.wav", _APPLICATION, _wecom_request),
}


def is_download(request: Recorded) -> bool:
    places = ("/media/", "/file/", "/cgi-bin/media/get")
    return request.path.startswith(places) or "/content" in request.path or "/resources/" in request.path


def platform_api(server: Server, voice: Voice) -> Callable[[Recorded], Answer]:
    """Answers downloads with the recording, and everything else as any of the platforms does."""
    place = f"{server.url}/media/77"
    values = {
        "ok": True, "code": 0, "errcode": 0, "tenant_access_token": "t", "access_token": "t", "accessToken": "t",
        "result": {"message_id": 9, "file_path": "v1"}, "data": {"message_id": "om_2", "file_key": "f1"},
        "messages": [{"id": "wamid.O1"}], "sentMessages": [{"id": "461"}], "url": place, "downloadUrl": place,
        "id": "m-up", "media_id": "m-up", "msgid": "m2", "processQueryKey": "q1", "ts": "1700000001.000100",
        "channel": "D01", "file_size": len(voice.sound), "upload_url": f"{server.url}/upload/1", "file_id": "F2",
        "files": [{"id": "F2"}],
    }  # fmt: skip

    def answer(request: Recorded) -> Answer:
        if not is_download(request) or request.method == "POST":
            return json_answer(values)
        if voice.bearer and request.headers.get("authorization") != voice.bearer:
            return Answer(200, b"<!DOCTYPE html><title>Log in</title>", {"Content-Type": "text/html"})
        return Answer(200, voice.sound, {"Content-Type": "application/octet-stream"})

    return answer
