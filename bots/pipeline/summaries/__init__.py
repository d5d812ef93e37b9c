"""The rolling summary of a conversation: what was said before the messages that prompts show.

A turn only marks its conversation as due (`Conversation.summary_due_at`), in an UPDATE that it makes anyway. A task
writes the summary later (`writing`): with a model when there is one, else from the most informative sentences
(`extracts`). No turn waits for that, and it takes no slot of a turn. /new hands what is known so far to the next
conversation; /reset hands over nothing.

`ConversationQuerySet.empty_summaries` empties the summaries of a person when one of their messages is edited, deleted
or forgotten, and marks them as due, so that they are written again from what is left.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bots.models import Conversation, sql
from bots.models.sql import Said
from bots.pipeline.summaries import extracts

SHOWN = 12
"""The latest messages of a conversation, which prompts show as they are."""
DELAY = timedelta(seconds=20)  # several messages leave the window within that time; they are one piece of work
CARRIED = 40  # latest messages of a conversation that the extract for the next one is made of


def due(conversation: Conversation, now: datetime, *, window_full: bool) -> dict[str, Any]:
    """Returns the columns that mark a conversation whose messages leave the prompt; none when it is marked."""
    if not window_full or conversation.summary_due_at is not None:
        return {}
    conversation.summary_due_at = now + DELAY
    return {"summary_due_at": conversation.summary_due_at}


def carry(closed: Conversation, following: Conversation, now: datetime) -> None:
    """Opens a conversation with what the closed one was about. Call it in the transaction that closes that.

    It is an extract, because nobody waits for a model here; the task replaces it by the model's summary.
    """
    in_group = closed.chat_type != "private"
    said = sql.latest_messages(closed.pk, CARRIED, in_group=in_group, after=closed.summary_through or 0)
    text = extracts.add(closed.summary, talk(said))
    if not text:
        return
    Conversation.objects.filter(pk=following.pk).update(summary=text)
    Conversation.objects.filter(pk=closed.pk).update(summary_due_at=now)


def talk(said: list[Said]) -> list[Said]:
    """Returns the messages without commands and their answers."""
    kept: list[Said] = []
    command = False
    for one in said:
        if one.role == "user":
            command = one.text.lstrip().startswith(("/", "／"))
        if not command or one.role == "operator":
            kept.append(one)
    return kept
