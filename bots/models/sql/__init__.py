"""Reads and writes rows of bots with SQL instead of the ORM; no other module of bots executes SQL.

It holds only the few statements that run for every message. The ORM takes 0.5 to 3 ms of CPU to build one of them,
several times as long as the database takes to run it. Values pass through the fields' own conversion, so a field
behaves here as in the ORM.
"""

from bots.models.sql.claims import (
    claim,
    claims_of,
    is_queue_free,
    next_waiting,
    open_rows,
    open_rows_of_prefix,
    update_claimed,
    waiting_ids,
)
from bots.models.sql.ledger import count_message, end_reservation, note_reservation, reserve, spend, unflushed
from bots.models.sql.locks import read_locked
from bots.models.sql.messages import NEWEST_ID, Said, latest_messages
from bots.models.sql.rows import get_with, insert
from bots.models.sql.sums import add

__all__ = [
    "NEWEST_ID",
    "Said",
    "add",
    "claim",
    "claims_of",
    "count_message",
    "end_reservation",
    "get_with",
    "insert",
    "is_queue_free",
    "latest_messages",
    "next_waiting",
    "note_reservation",
    "open_rows",
    "open_rows_of_prefix",
    "read_locked",
    "reserve",
    "spend",
    "unflushed",
    "update_claimed",
    "waiting_ids",
]
