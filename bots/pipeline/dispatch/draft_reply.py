"""Streams an answer into the chat by editing one message, on platforms that can edit.

The draft is not the answer: the finished text goes through the outbox and replaces it. The inbox row holds the draft's
id, so a retried turn continues the same message.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from adapters.events import Event, OutgoingMessage
from bots.models import Channel, InboundEvent
from bots.models.lengths import ID_LENGTH

logger = logging.getLogger(__name__)

# An answer that is complete before this is sent whole.
FIRST_AFTER_S = 1.5
CURSOR = " …"


class Draft:
    """The draft message of one turn. `id` is the platform's message id, "" until the first part is shown."""

    def __init__(self, row: InboundEvent, adapter: Adapter[Any], address: dict[str, Any]) -> None:
        self._row, self._adapter, self._address = row, adapter, address
        self._pieces: list[str] = []
        self._due = time.monotonic() + FIRST_AFTER_S
        self._given_up = False
        self._lock = threading.Lock()

    @classmethod
    def of(cls, row: InboundEvent, channel: Channel, event: Event, adapter: Adapter[Any]) -> Draft | None:
        """Returns the draft of this turn; None where the platform or the channel does not stream."""
        if not channel.stream_replies or not adapter.supports_edit:
            return None
        address = {
            "chat_id": event.chat_id or event.user_id or "",
            "user_id": event.user_id,
            "thread_id": event.thread_id,
            "reply_token": event.reply_token,  # in Discord the answer takes the place of "thinking…"
        }
        return cls(row, adapter, address)

    @property
    def id(self) -> str:
        return self._row.draft_id

    def token(self, text: str) -> None:
        with self._lock:
            self._pieces.append(text)
            if time.monotonic() >= self._due:
                self._update()

    def restart(self) -> None:
        with self._lock:
            self._pieces.clear()

    def show_now(self) -> None:
        """Shows what there is, for a text behind which nothing comes for a while."""
        with self._lock:
            self._update()

    def _update(self) -> None:
        if not self._given_up:
            self._show("".join(self._pieces))
            self._due = time.monotonic() + self._adapter.edit_interval_s

    def _show(self, text: str) -> None:
        shown = self._adapter.split(text)[0] + CURSOR if text.strip() else ""
        if not shown:
            return
        message = OutgoingMessage(**self._address, text=shown, growing=True, idempotency_key=f"draft-{self._row.pk}")
        try:
            if self.id:
                self._adapter.edit(self.id, message)
                return
            self._row.draft_id = self._adapter.send(message).message_id[:ID_LENGTH]
            InboundEvent.objects.filter(pk=self._row.pk).update(draft_id=self._row.draft_id)
            self._given_up = not self._row.draft_id
        except (SendError, NotSupported) as error:
            # The finished answer still goes through the outbox with its retries.
            logger.info("the draft of inbound %s is no longer updated: %s", self._row.pk, error)
            self._given_up = True
