"""The durable outbox: rows written in the transaction that closes a turn, sent in order, once."""

from bots.outbox.delivery import deliver, send_claimed
from bots.outbox.queue import due, enqueue, free_dead_claims

__all__ = ["deliver", "due", "enqueue", "free_dead_claims", "send_claimed"]
