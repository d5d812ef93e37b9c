"""Answers that a platform fetches instead of getting them sent: the smart robot of WeCom asks for its stream.

The outbox is the shelf: the first answer to a stream is its content, in whatever process it was made.
"""

from __future__ import annotations

from bots.models import OutboundMessage

# Newest rows that are searched. A stream is asked for every second, and ends with the first answer that is found.
WINDOW = 1000


class OutboxStreams:
    """Streams of one channel, as `adapters.wecom.account.Streams` describes them.

    Args:
        channel_id: The channel's primary key.
    """

    def __init__(self, channel_id: int) -> None:
        self._channel_id = channel_id

    def read(self, stream_id: str) -> tuple[str, bool] | None:
        """The answer to a stream, which is complete; None while there is none."""
        newest = OutboundMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        rows = OutboundMessage.objects.filter(
            pk__gt=newest - WINDOW, channel_id=self._channel_id, payload__reply_token=stream_id
        )
        payload = rows.order_by("pk").values_list("payload", flat=True).first()
        return None if payload is None else (str(payload.get("text", "")), True)

    def write(self, stream_id: str, text: str, finished: bool) -> bool:
        """True when this text is the stream's answer: it lies in the outbox already and needs no other way out."""
        return self.read(stream_id) == (text, finished)
