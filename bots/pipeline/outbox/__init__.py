"""The durable outbox: rows written in the transaction that closes a turn, sent in order, once."""

from bots.pipeline.outbox.delivery import deliver, send_claimed
from bots.pipeline.outbox.delivery_reports import note as note_undelivered
from bots.pipeline.outbox.queue import due, enqueue, free_dead_claims

__all__ = ["deliver", "due", "enqueue", "free_dead_claims", "note_undelivered", "send_claimed"]
