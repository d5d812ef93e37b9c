"""Simulates WeCom: sends encrypted callbacks of an application and serves the endpoints that send its messages."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from adapters.events import WebhookRequest
from adapters.simulation import ApiAnswer, ApiCall, Shown, Simulator, json_answer
from adapters.wecom import envelope

_TOKEN = "simulated"  # noqa: S105 - of a channel that only this machine reaches
_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
_CORP = "wwsimulated"


class WeComSimulator(Simulator):
    """Simulates one application. Delivers up to three times, five seconds apart, encrypted anew each time."""

    platform = "wecom"
    redelivery_s = (5.0, 5.0)

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._last = b""

    def account(self, base_url: str) -> dict[str, Any]:
        return {
            "token": _TOKEN,
            "encoding_aes_key": _KEY,
            "corp_id": _CORP,
            "agent_id": "7",
            "secret": f"simulated-{base_url}",
            "base_url": base_url,
        }

    def message(self, text: str) -> WebhookRequest:
        self._last = (
            f"<xml><ToUserName>{_CORP}</ToUserName><FromUserName>sam</FromUserName>"
            f"<CreateTime>{int(self.clock())}</CreateTime><MsgType>text</MsgType><Content>{escape(text)}</Content>"
            f"<MsgId>{self.number()}</MsgId><AgentID>7</AgentID></xml>"
        ).encode()
        return self._sealed()

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the same message with another nonce and new random bytes."""
        return self._sealed()

    def _sealed(self) -> WebhookRequest:
        encrypted = envelope.encrypt(_KEY, self._last, _CORP)
        stamp, nonce = str(int(self.clock())), str(self.number())
        query = {
            "msg_signature": envelope.signature(_TOKEN, stamp, nonce, encrypted),
            "timestamp": stamp,
            "nonce": nonce,
        }
        body = f"<xml><ToUserName>{_CORP}</ToUserName><Encrypt>{encrypted}</Encrypt></xml>".encode()
        return WebhookRequest("POST", query, {"Content-Type": "text/xml"}, body)

    def answer(self, call: ApiCall) -> ApiAnswer:
        if call.path.endswith("/gettoken"):
            return json_answer({"errcode": 0, "errmsg": "ok", "access_token": f"t{self.number()}", "expires_in": 7200})
        if call.path.endswith("/media/upload"):
            return json_answer({"errcode": 0, "errmsg": "ok", "media_id": self.keep(call)})
        if call.path.endswith("/message/send"):
            body = call.json()
            inner = body.get(str(body.get("msgtype", "text"))) or {}
            number = f"msg{self.number()}"
            file = self.kept(inner.get("media_id"))
            shown = Shown(str(body.get("touser", "")), str(inner.get("content", "")), number, file=file)
            return json_answer({"errcode": 0, "errmsg": "ok", "msgid": number}, shown)
        return json_answer({"errcode": 0, "errmsg": "ok", "agentid": 7, "name": "Simulated"})
