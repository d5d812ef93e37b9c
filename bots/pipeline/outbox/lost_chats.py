"""Stops what would go on writing to a chat that takes no message any more.

The platform's refusal of any message shows it: the person has blocked the bot, the bot has left the group, or the time
is over in which the platform lets it write.
"""

from __future__ import annotations

from collections.abc import Iterable

from bots.models import OutboundMessage, Person, Schedule
from bots.models.lengths import ERROR_LENGTH
from clawdbot.reasons import Why, columns

# What adapters report when no message can reach the chat, whatever it says.
MARKS = frozenset(
    {
        "bot_removed", "chat_not_found", "needs_template", "no_conversation", "no_recipient", "no_reply_url",
        "opted_out", "undeliverable", "user_blocked", "user_deactivated", "user_not_found",
    }
)  # fmt: skip


def note(row: OutboundMessage, mark: str, reason: Why) -> int:
    """Stops the reminders of a dead letter's chat if the mark says that the chat is lost. Returns their number."""
    if mark not in MARKS:
        return 0
    there = Schedule.objects.filter(channel=row.channel_id, conversation__chat_id=row.conversation.chat_id)
    return stop(list(there.filter(state__in=Schedule.OPEN)), reason)


def stop(rows: Iterable[Schedule], reason: Why) -> int:
    """Stops these reminders; the operator sees why, and the person reads it with the next answer."""
    stopped = {row.pk: row.person_id for row in rows}
    if not stopped:
        return 0
    values = columns("stopped", reason, ERROR_LENGTH) | {"state": Schedule.State.STOPPED, "next_at": None}
    count = Schedule.objects.filter(pk__in=stopped, state__in=Schedule.OPEN).update(**values, told=False)
    Person.objects.filter(pk__in=set(stopped.values())).update(news=True)
    return count
