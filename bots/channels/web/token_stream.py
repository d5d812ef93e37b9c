"""Sends the tokens of a streamed answer to the web chat, batched so that a fast model does not flood the socket."""

from __future__ import annotations

import logging
import time
from typing import Any

from adapters.events import Event
from adapters.web.events import facts_of
from bots.channels.web import broadcast
from bots.models import Channel

logger = logging.getLogger(__name__)

BUNDLE_S = 0.04


class TokenStream:
    """Sends the frames of one turn: typing, tokens, restart, waiting."""

    def __init__(self, channel_id: int, chat_id: str, client_id: str) -> None:
        self._channel_id, self._chat_id, self._client_id = channel_id, chat_id, client_id
        self._pieces: list[str] = []
        self._sent_at = 0.0
        self._failed = False

    @classmethod
    def of(cls, channel: Channel, event: Event) -> TokenStream:
        return cls(channel.pk, event.chat_id or "", facts_of({"data": event.data}).client_id)

    def begin(self, *, restart: bool) -> None:
        self._publish({"type": "typing", "restart": True} if restart else {"type": "typing"})

    def token(self, text: str) -> None:
        self._pieces.append(text)
        if time.monotonic() - self._sent_at >= BUNDLE_S:
            self.flush()

    def restart(self) -> None:
        self._pieces.clear()
        self.begin(restart=True)

    def waiting(self, text: str) -> None:
        """Tells the page that the answer takes longer."""
        self._publish({"type": "waiting", "text": text})

    def heard(self, text: str) -> None:
        """Shows the words of a recording in place of its sign."""
        self._publish({"type": "heard", "text": text})

    def flush(self) -> None:
        if self._pieces:
            self._publish({"type": "token", "text": "".join(self._pieces)})
            self._pieces.clear()
            self._sent_at = time.monotonic()

    def _publish(self, frame: dict[str, Any]) -> None:
        try:
            broadcast.publish(self._channel_id, self._chat_id, frame | {"client_id": self._client_id})
        except Exception as error:  # the channel layer may be a Redis that is away; the page gets the whole answer
            if not self._failed:
                logger.warning("frames of a turn are not shown: %s", type(error).__name__)
            self._failed = True
