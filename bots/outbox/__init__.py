"""The durable outbox: rows written in the transaction that closes a turn, sent in order, once."""

from bots.outbox.delivery import deliver, send_claimed
from bots.outbox.queue import due, enqueue, free_dead_claims
from bots.outbox.undelivered import note as note_undelivered

__all__ = ["deliver", "due", "enqueue", "free_dead_claims", "note_undelivered", "send_claimed"]
