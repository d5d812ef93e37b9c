"""Times out open questions of flows: reminds once, then sets the flow aside, then drops it.

The sweep turns a due timer into an inbox row of its chat. So it is handled in order with the messages of the chat, by
one worker, and once: a message that arrives before it has already moved the timer on, and the row then does nothing.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.models import Conversation, DialogTimer, InboundEvent, Message, StateTransition
from bots.models.sql import clock
from bots.pipeline import engine, inbox
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import wakeups

KIND = "timer"
AGAIN_AFTER = timedelta(minutes=15)
"""A timer whose row became a dead letter is tried again after this time."""
AT_ONCE = 200

State = DialogTimer.State


def enqueue_due(now: datetime | None = None) -> int:
    """Makes inbox rows of the due timers; returns how many. Safe at any time, also concurrently."""
    moment = now or clock.now()
    due = (
        DialogTimer.objects.filter(due_at__lte=moment).order_by("due_at", "id").select_related("conversation__channel")
    )
    made = 0
    for timer in due[:AT_ONCE]:
        with transaction.atomic():
            mine = DialogTimer.objects.filter(pk=timer.pk, due_at=timer.due_at, state=timer.state)
            if mine.update(due_at=moment + AGAIN_AFTER):  # another sweep may have been quicker
                _enqueue(timer)
                made += 1
    return made


def _enqueue(timer: DialogTimer) -> None:
    chat = timer.conversation
    row = InboundEvent.objects.create(
        channel_id=chat.channel_id,
        conversation=chat,
        dedupe_key=f"{KIND}:{timer.pk}:{timer.due_at.timestamp()}",
        queue_key=f"{chat.channel_id}:{chat.chat_id}:{chat.thread_id}"[:255],
        kind=KIND,
        payload={"timer": timer.pk, "state": timer.state, "asked_in": timer.asked_in},
        due_at=clock.now(),
    )
    wakeups.after_commit(wakeups.PROCESS, row.pk, chat.channel.platform, queue_key=row.queue_key)


def apply(row: InboundEvent) -> None:
    """Does what the timer of the row says, and closes the row, in one transaction.

    Raises:
        ClaimLost: Another worker has the row; nothing was written.
    """
    with transaction.atomic():
        inbox.finish(row, conversation_id=row.conversation_id)
        mine = DialogTimer.objects.filter(
            pk=row.payload["timer"], state=row.payload["state"], asked_in=row.payload["asked_in"]
        )
        timer = mine.first()
        if timer is None:
            return
        chat = Conversation.objects.select_for_update(of=("self",)).get(pk=timer.conversation_id)
        if timer.state == State.PARKED or not _still_asks(chat, timer):
            timer.delete()
        elif timer.state == State.REMIND:
            _remind(chat, timer)
        else:
            _park(chat, timer)


def _still_asks(chat: Conversation, timer: DialogTimer) -> bool:
    return any(frame.kind == "flow" and frame.asked_in == timer.asked_in for frame in engine.frames.of(chat))


def _remind(chat: Conversation, timer: DialogTimer) -> None:
    """Asks once more, with the question as it was asked."""
    with translation.override(chat.person.language or settings.LANGUAGE_CODE):
        open_one = engine.open_question(chat, translation.get_language() or "en")
        if open_one is not None and chat.channel.enabled and chat.bot.enabled:
            ending = ngettext(
                "You can also answer later: I keep it for %(count)s day. “cancel” drops it.",
                "You can also answer later: I keep it for %(count)s days. “cancel” drops it.",
                timer.keep_days,
            ) % {"count": timer.keep_days}
            lead = _("We were in the middle of %(what)s, and this is still open:") % {"what": open_one.title}
            text = f"{lead}\n{open_one.question}\n\n{ending}"
            meta = {"notice": "reminder", Message.ASIDE: True, **open_one.meta}
            proactive.write(chat, text, Message.Role.ASSISTANT, meta)
    timer.state, timer.due_at = State.PARK, timer.park_at or timer.due_at
    timer.save(update_fields=["state", "due_at"])


def _park(chat: Conversation, timer: DialogTimer) -> None:
    """Ends the question, and keeps each open flow for as long as its definition says."""
    kept = [frame for frame in engine.frames.of(chat) if frame.kind == "flow"]
    source = chat.state
    chat.resume()
    chat.save(update_fields=["state", "state_data"])
    StateTransition.objects.create(conversation=chat, name="resume", source=source, target=chat.state)
    if timer.keep_days:
        until = clock.now() + timedelta(days=timer.keep_days)
        rows = [
            DialogTimer(
                conversation=chat, state=State.PARKED, due_at=until, keep_days=timer.keep_days, frame=asdict(frame)
            )
            for frame in kept
        ]
        DialogTimer.objects.bulk_create(rows)
    timer.delete()
