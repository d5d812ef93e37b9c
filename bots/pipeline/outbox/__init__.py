"""The durable outbox: rows are written in the transaction that closes a turn and sent once, in order."""

from bots.pipeline.outbox.delivery import deliver, send_claimed
from bots.pipeline.outbox.delivery_reports import note as note_undelivered
from bots.pipeline.outbox.queue import due, enqueue, free_dead_claims, release_abandoned

__all__ = ["deliver", "due", "enqueue", "free_dead_claims", "note_undelivered", "release_abandoned", "send_claimed"]
