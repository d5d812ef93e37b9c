"""Reminders and broadcasts: finds what is due and writes it into the outbox, each occurrence and person once.

The sweep looks a little ahead and wakes a worker at the moment itself. A worker locks the row, so two sweeps, two
workers or a lost process make no second message and lose none.
"""

from bots.reminders import broadcasting, upkeep
from bots.reminders.delivery import deliver
from bots.reminders.due import wake_due

__all__ = ["broadcasting", "deliver", "upkeep", "wake_due"]
