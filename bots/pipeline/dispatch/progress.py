"""Tells the person what a slow skill or tool is doing, once it has taken a while.

Where an answer grows on the screen, the text stands in its place. Elsewhere one message of its own tells it, at most
one for each event: the row of the event notes it in the transaction that writes the message. An answer that is faster
stands alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import connections, transaction
from django.utils import translation

from bots.models import InboundEvent, Message
from bots.pipeline import engine, inbox
from bots.pipeline.dispatch import waiting
from bots.pipeline.outbox import proactive

logger = logging.getLogger(__name__)

AFTER_S = 3.0  # since the first text


class Progress:
    """Shows the latest text of one turn, `AFTER_S` after the first one, unless the turn has ended by then.

    Args:
        show: Shows a text; called in a thread of its own, at most once.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._text, self._is_over = "", False
        self._timer: threading.Timer | None = None

    def say(self, text: str) -> None:
        with self._lock:
            self._text = text
            if self._timer is None and not self._is_over:
                self._timer = threading.Timer(AFTER_S, self._due)
                self._timer.daemon = True
                self._timer.start()

    def end(self) -> None:
        """Shows nothing any more. Waits for a text that is being shown, so that the answer comes behind it."""
        with self._lock:
            self._is_over = True
            if self._timer is not None:
                self._timer.cancel()

    def _due(self) -> None:
        try:
            with self._lock:
                if not self._is_over:
                    self._is_over = True
                    self._show(self._text)
        except Exception:  # best effort: no error here may cost the answer
            logger.exception("what a skill is doing was not shown")
        finally:
            connections.close_all()


def tell(row: InboundEvent, turn: engine.Turn, text: str) -> None:
    """Sends the text as a message of its own, where a chat takes any number of messages; once for each event."""
    if not waiting.takes_more_messages(turn):
        return
    with transaction.atomic():
        if not inbox.note_told(row):
            return
        with translation.override(turn.language):
            meta = {"notice": "progress", Message.ASIDE: True}
            proactive.write(turn.conversation, text, Message.Role.ASSISTANT, meta)
    row.told_to_wait = True
