"""Sends web chat answers. The socket consumer writes the events, so this adapter receives none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from adapters.accounts import Account
from adapters.base import Adapter
from adapters.errors import AdapterError, SendError
from adapters.events import BotIdentity, OutgoingMessage, Received, SendReceipt, WebhookRequest
from clawdbot.reasons import Reason

Publish = Callable[[str, dict[str, Any]], None]
"""Sends a frame to all sockets of a conversation: publish(chat_id, frame)."""


class WebAccount(Account):
    """The account of the product's own chat page. The app injects `publish`; nobody sets it in a form."""

    publish: Publish | None = None


class WebAdapter(Adapter[WebAccount]):
    """Publishes frames to the sockets of a conversation. Clients drop a frame whose id they already have."""

    platform = "web"
    label = {"en": "Web chat", "zh": "网页聊天"}
    schema = WebAccount
    idempotent_send = True
    supports_typing = True
    text_limit = 100_000

    def receive(self, request: WebhookRequest) -> Received:
        raise AdapterError(Reason("socket_not_webhook"), status=405)

    def send(self, message: OutgoingMessage) -> SendReceipt:
        """Publishes {"type": "message", "role": "assistant", "id", "text", ...}.

        `message.data` adds fields or replaces them.
        """
        frame: dict[str, Any] = {
            "type": "message",
            "role": "assistant",
            "id": message.idempotency_key,
            "text": message.text,
            **message.data,
        }
        if message.reply_to:
            frame.setdefault("reply_to", message.reply_to)
        self._publish(message.chat_id, frame)
        return SendReceipt(str(frame["id"]))

    def classify(self, status: int, headers: Mapping[str, str], body: bytes) -> SendReceipt:
        """Accepts any 2xx as published, because a frame has no HTTP response."""
        if 200 <= status < 300:
            return SendReceipt()
        raise SendError(Reason("status", code=status), permanent=400 <= status < 500, mark="refused")

    def send_typing(self, chat_id: str, thread_id: str | None = None, *, message_id: str | None = None) -> None:
        self._publish(chat_id, {"type": "typing"})

    def whoami(self) -> BotIdentity:
        return BotIdentity("web", "Web chat")

    def _publish(self, chat_id: str, frame: dict[str, Any]) -> None:
        publish = self.account.publish
        if publish is None:
            raise SendError(Reason("no_publish_function"), mark="not_connected")
        try:
            publish(chat_id, frame)
        except SendError:
            raise
        except Exception as error:
            # The channel layer may be Redis, in memory or a test double; every failure is worth a retry.
            raise SendError(Reason("publishing_failed", error=type(error).__name__), mark="not_reached") from None
