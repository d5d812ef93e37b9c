"""Answers that the platform polls for: WeCom's smart robot asks for its stream.

The queue tables hold the stream, so every process sees the same. The inbox row of the message holds the partial answer;
the first outbox message that answers the stream completes it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from bots.models import InboundEvent, OutboundMessage

# Number of newest rows that are searched. The platform polls every second and stops at the first complete answer.
WINDOW = 1000
_CLOSED = frozenset({InboundEvent.State.DONE, InboundEvent.State.IGNORED, InboundEvent.State.DEAD})


class OutboxStreams:
    """The streams of one channel, as `adapters.wecom.account.Streams` describes them.

    Args:
        channel_id: The channel's primary key.
    """

    def __init__(self, channel_id: int) -> None:
        self._channel_id = channel_id

    def read(self, stream_id: str) -> tuple[str, bool] | None:
        """Returns the answer to a stream so far and whether it is complete; None while there is none."""
        payload = self._rows(OutboundMessage, stream_id).order_by("pk").values_list("payload", flat=True).first()
        if payload is not None:
            return str(payload.get("text", "")), True
        asked = self._rows(InboundEvent, stream_id).values_list("draft_text", "state").first()
        text, state = asked or ("", "")
        if state in _CLOSED:
            return "", True  # the turn was closed without an answer
        return (text, False) if text else None

    def write(self, stream_id: str, text: str, finished: bool) -> bool:
        """Stores a partial answer; with `finished` only checks, because the outbox holds the finished answer already.

        Returns:
            False when the stream has another answer.
        """
        if finished:
            return self.read(stream_id) == (text, True)
        if self._rows(OutboundMessage, stream_id).exists():
            return False
        return self._rows(InboundEvent, stream_id).update(draft_text=text) > 0

    def _rows(self, queue: type[Any], stream_id: str) -> QuerySet[Any]:
        newest = queue.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        found: QuerySet[Any] = queue.objects.filter(
            pk__gt=newest - WINDOW, channel_id=self._channel_id, payload__reply_token=stream_id
        )
        return found
