"""Simulates Slack: sends signed events of direct messages and serves the Web API methods that answer them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from adapters.events import WebhookRequest
from adapters.media import content_type_of
from adapters.simulation import ApiAnswer, ApiCall, Shown, ShownFile, Simulator, json_answer
from clawdbot import signatures

_SECRET = "simulated-secret"  # noqa: S105 - of a channel that only this machine reaches
_CHANNEL = "D0SIM"


class SlackSimulator(Simulator):
    """Simulates one app. Redelivers up to three times: at once, after a minute, after five minutes."""

    platform = "slack"
    redelivery_s = (0.5, 60.0, 300.0)

    def account(self, base_url: str) -> dict[str, Any]:
        token = "xoxb-simulated"  # noqa: S105 - see above
        self._uploads = f"{base_url}/upload"
        return {
            "signing_secret": _SECRET,
            "bot_token": token,
            "bot_user_id": "U0BOT",
            "base_url": base_url,
            "allowed_hosts": [urlsplit(base_url).netloc],
        }

    def message(self, text: str) -> WebhookRequest:
        number = self.number()
        event = {
            "type": "message",
            "channel_type": "im",
            "channel": _CHANNEL,
            "user": "U0SAM",
            "text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
            "ts": f"{int(self.clock())}.{number % 1_000_000:06}",
        }
        body = {"type": "event_callback", "team_id": "T0SIM", "event_id": f"Ev{number}", "event": event}
        return self._signed(json.dumps(body, ensure_ascii=False).encode())

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same event, signed anew."""
        return self._signed(request.body)

    def _signed(self, body: bytes) -> WebhookRequest:
        stamp = str(int(self.clock()))
        signature = "v0=" + signatures.hmac_hex(_SECRET, b"v0:" + stamp.encode() + b":" + body)
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        return WebhookRequest("POST", headers=headers | {"Content-Type": "application/json"}, body=body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        method, body = call.path.rsplit("/", 1)[-1], call.json()
        if method in ("chat.postMessage", "chat.update"):
            edited = method == "chat.update"
            stamp = str(body["ts"]) if edited else f"{int(self.clock())}.{self.number() % 1_000_000:06}"
            shown = Shown(str(body.get("channel", "")), _text(body), stamp, edited)
            return json_answer({"ok": True, "ts": stamp, "channel": body.get("channel", "")}, shown)
        if method == "files.getUploadURLExternal":
            handle = f"F{self.number()}"
            self._kept[handle] = ShownFile(call.query.get("filename", ""), size=0)
            return json_answer({"ok": True, "upload_url": f"{self._uploads}/{handle}", "file_id": handle})
        if method in self._kept:
            self._kept[method] = replace(
                self._kept[method], size=len(call.body), content_type=content_type_of(call.body)
            )
            return ApiAnswer(body=b"OK")
        if method == "files.completeUploadExternal":
            (file,) = body["files"]
            said = str(body.get("initial_comment", ""))
            shown = Shown(str(body.get("channel_id", "")), said, file["id"], file=self.kept(file["id"]))
            return json_answer({"ok": True, "files": [{"id": file["id"]}]}, shown)
        if method == "auth.test":
            return json_answer({"ok": True, "user_id": "U0BOT", "bot_id": "B0BOT", "team_id": "T0SIM", "user": "bot"})
        sign = (Shown(_CHANNEL, sign="typing"),) if method == "assistant.threads.setStatus" else ()
        return json_answer({"ok": True}, *sign)


def _text(body: dict[str, Any]) -> str:
    return str(body.get("text") or body.get("markdown_text") or "")
