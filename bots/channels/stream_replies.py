"""Answers that a platform fetches instead of getting them sent: the smart robot of WeCom asks for its stream.

The queues are the shelf, so every process sees the same: while an answer is being written, what there is of it lies on
the inbox row of its message; the first message of the outbox that answers the stream is its end.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from bots.models import InboundEvent, OutboundMessage

# Newest rows that are searched. A stream is asked for every second, and ends with the first answer that is found.
WINDOW = 1000
_CLOSED = frozenset({InboundEvent.State.DONE, InboundEvent.State.IGNORED, InboundEvent.State.DEAD})


class OutboxStreams:
    """Streams of one channel, as `adapters.wecom.account.Streams` describes them.

    Args:
        channel_id: The channel's primary key.
    """

    def __init__(self, channel_id: int) -> None:
        self._channel_id = channel_id

    def read(self, stream_id: str) -> tuple[str, bool] | None:
        """The answer to a stream so far, and whether it is complete; None while there is none."""
        payload = self._rows(OutboundMessage, stream_id).order_by("pk").values_list("payload", flat=True).first()
        if payload is not None:
            return str(payload.get("text", "")), True
        asked = self._rows(InboundEvent, stream_id).values_list("draft_text", "state").first()
        text, state = asked or ("", "")
        if state in _CLOSED:
            return "", True  # the bot has nothing to say to this
        return (text, False) if text else None

    def write(self, stream_id: str, text: str, finished: bool) -> bool:
        """Gives the answer, or with `finished` unset what there is of it; False when the stream has another one.

        A finished answer lies in the outbox already and needs no other way out.
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
