"""What a restore holds: messages to answer, messages to send, reminders and broadcasts that waited in the backup.

They may have been answered, sent or told after the backup was made, so nothing happens with them until an operator
releases or drops them. Everything else goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, Count, Value
from django.utils.translation import gettext_noop as _

from bots.models import AuditEntry, Broadcast, InboundEvent, OutboundMessage, Schedule
from bots.models.lengths import ID_LENGTH
from bots.models.sql import clock
from bots.people.audit_log import Actor
from bots.pipeline.dispatch import decisions
from bots.pipeline.queue import wakeups

logger = logging.getLogger(__name__)

ANSWER, SEND, REMINDER, BROADCAST = "answer", "send", "reminder", "broadcast"
KINDS = {ANSWER: _("to answer"), SEND: _("to send"), REMINDER: _("reminder"), BROADCAST: _("broadcast")}
_TEXT = 80


@dataclass(frozen=True, slots=True)
class Held:
    """One thing that is held.

    Attributes:
        kind: A key of `KINDS`.
        id: The id of its row.
        bot: Slug of the bot.
        channel: Public id of the channel; empty for a broadcast.
        who: The chat or the person.
        text: The beginning of its text.
        since: When it came in, was made or was due.
        begun: A worker had it when the backup was made, so it is likely that it was done.
    """

    kind: str
    id: int
    bot: str
    channel: str
    who: str
    text: str
    since: datetime | None
    begun: bool


def _inbound() -> Any:
    return InboundEvent.objects.filter(state=InboundEvent.State.HELD)


def _outbound() -> Any:
    return OutboundMessage.objects.filter(state=OutboundMessage.State.HELD)


def _reminders() -> Any:
    return Schedule.objects.filter(state=Schedule.State.ACTIVE, next_at=None)


def _broadcasts() -> Any:
    return Broadcast.objects.open().filter(due_at=None)


_SETS: Mapping[str, Callable[[], Any]] = {
    ANSWER: _inbound,
    SEND: _outbound,
    REMINDER: _reminders,
    BROADCAST: _broadcasts,
}


def counts() -> dict[str, int]:
    """Returns how many of each kind are held; without the kinds of which there are none."""
    # In one query: the dashboard asks it each time.
    parts = [
        rows().order_by().annotate(kind_of=Value(kind, CharField())).values("kind_of").annotate(number=Count("pk"))
        for kind, rows in _SETS.items()
    ]
    found = dict(parts[0].union(*parts[1:], all=True).values_list("kind_of", "number"))
    return {kind: found[kind] for kind in KINDS if found.get(kind)}


def pending(limit: int = 500) -> list[Held]:
    """Returns what is held, oldest first within its kind, at most `limit` of each kind."""
    found = [_event(row) for row in _inbound().select_related("channel__bot").order_by("id")[:limit]]
    chats = ("channel__bot", "conversation__person")
    found += [_message(row) for row in _outbound().select_related(*chats).order_by("id")[:limit]]
    found += [_reminder(row) for row in _reminders().select_related("channel__bot", "person").order_by("id")[:limit]]
    found += [_broadcast(row) for row in _broadcasts().select_related("bot").order_by("id")[:limit]]
    return found


def _event(row: InboundEvent) -> Held:
    payload = row.payload if isinstance(row.payload, dict) else {}
    who = str(payload.get("user_name") or payload.get("user_id") or payload.get("chat_id") or row.queue_key)
    text = str(payload.get("text") or payload.get("command") or row.kind)
    channel = row.channel
    begun = row.claimed_at is not None
    return Held(ANSWER, row.pk, channel.bot.slug, channel.public_id, who, text[:_TEXT], row.received_at, begun)


def _message(row: OutboundMessage) -> Held:
    payload = row.payload if isinstance(row.payload, dict) else {}
    who = str(row.conversation.person.display_name or row.conversation.chat_id)
    text = str(payload.get("text") or "")[:_TEXT]
    begun = row.claimed_at is not None
    return Held(SEND, row.pk, row.channel.bot.slug, row.channel.public_id, who, text, row.created_at, begun)


def _reminder(row: Schedule) -> Held:
    who = str(row.person.display_name or row.person.key)
    due = row.occurrence
    since = due - row.before if due is not None else None
    return Held(REMINDER, row.pk, row.channel.bot.slug, row.channel.public_id, who, row.text[:_TEXT], since, False)


def _broadcast(row: Broadcast) -> Held:
    return Held(BROADCAST, row.pk, row.bot.slug, "", row.name, (row.text or row.text_zh)[:_TEXT], row.started_at, False)


def release(actor: Actor, kinds: Iterable[str] = tuple(KINDS), ids: Collection[int] | None = None) -> dict[str, int]:
    """Lets what is held happen: messages are answered and sent, reminders told late, broadcasts go on.

    Args:
        actor: Who decides.
        kinds: Keys of `KINDS`.
        ids: Only rows with these ids; None for all.

    Returns:
        How many rows of each kind.
    """
    return _decide(AuditEntry.Action.RELEASE, _RELEASE, actor, kinds, ids)


def drop(actor: Actor, kinds: Iterable[str] = tuple(KINDS), ids: Collection[int] | None = None) -> dict[str, int]:
    """Gives up what is held: nobody gets it. Arguments and result are those of `release`."""
    return _decide(AuditEntry.Action.DROP, _DROP, actor, kinds, ids)


def _decide(
    action: str,
    handlers: Mapping[str, Callable[[Any, datetime], None]],
    actor: Actor,
    kinds: Iterable[str],
    ids: Collection[int] | None,
) -> dict[str, int]:
    name = (actor if isinstance(actor, str) else actor.get_username())[:200]
    done: dict[str, int] = {}
    with transaction.atomic():
        now = clock.now()
        for kind in kinds:
            rows = _SETS[kind]().select_for_update(of=("self",)).order_by("id")
            if ids is not None:
                rows = rows.filter(pk__in=list(ids))
            for row in rows:
                handlers[kind](row, now)
                done[kind] = done.get(kind, 0) + 1
        if done:
            AuditEntry.objects.create(actor=name, action=action, subject="bots.restore", counts=done)
    if done:
        logger.info("%s after a restore: %s", action, done)
    return done


def _answer(row: InboundEvent, now: datetime) -> None:
    row.state, row.owner, row.claimed_at, row.due_at = row.State.PENDING, "", None, now
    row.save(update_fields=["state", "owner", "claimed_at", "due_at"])
    wakeups.after_commit(wakeups.PROCESS, row.pk, row.channel.platform, queue_key=row.queue_key)


def _ignore(row: InboundEvent, now: datetime) -> None:
    row.state, row.owner, row.finished_at, row.waiting_since = row.State.IGNORED, "", now, None
    row.save(update_fields=["state", "owner", "finished_at", "waiting_since"])


def _send(row: OutboundMessage, now: datetime) -> None:
    row.state, row.owner, row.claimed_at, row.attempts = row.State.PENDING, "", None, 0
    row.due_at = row.queued_at = now
    row.save(update_fields=["state", "owner", "claimed_at", "attempts", "due_at", "queued_at"])
    wakeups.after_commit(wakeups.DELIVER, row.pk, row.channel.platform)


def _discard(row: OutboundMessage, _now: datetime) -> None:
    row.state, row.owner, row.claimed_at = row.State.DISCARDED, "", None
    row.save(update_fields=["state", "owner", "claimed_at"])


def _tell(row: Schedule, now: datetime) -> None:
    row.next_at = now
    row.save(update_fields=["next_at"])
    wakeups.after_commit(wakeups.REMIND, row.pk, row.channel.platform)


def _skip(row: Schedule, now: datetime) -> None:
    row.aim(row.after(now) if row.rule else None)
    row.save(update_fields=["state", "next_local", "next_at"])


def _go_on(row: Broadcast, now: datetime) -> None:
    row.due_at = now
    row.save(update_fields=["due_at"])
    wakeups.after_commit(wakeups.BROADCAST, row.pk, "")


def _stop(row: Broadcast, _now: datetime) -> None:
    row.state = row.State.STOPPED
    row.save(update_fields=["state"])


_RELEASE: Mapping[str, Callable[[Any, datetime], None]] = {
    ANSWER: _answer,
    SEND: _send,
    REMINDER: _tell,
    BROADCAST: _go_on,
}
_DROP: Mapping[str, Callable[[Any, datetime], None]] = {
    ANSWER: _ignore,
    SEND: _discard,
    REMINDER: _skip,
    BROADCAST: _stop,
}


def settle(marks: Mapping[int, tuple[int, str, str]], archive: str) -> dict[str, int]:
    """Sorts out a restored database before anything runs on it; returns what is held.

    Args:
        marks: Last steps of sends by row: attempt, step, message id of the platform (`bots.pipeline.outbox.journal`).
        archive: Name of the archive, for the audit log.
    """
    now = clock.now()
    with transaction.atomic():
        for row in _outbound():
            _use_mark(row, marks.get(row.pk), now)
        # A series goes on with its next time: what it missed was told by the old installation, or is over.
        for row in _reminders().exclude(rule=""):
            _skip(row, now)
        # Decisions about tools that nobody made in time would become new messages.
        while decisions.expire_due(now):
            pass
        InboundEvent.objects.open().update(state=InboundEvent.State.HELD)
        found = counts()
        subject = f"bots.restore {archive}"[:200]
        AuditEntry.objects.create(
            actor=AuditEntry.COMMAND, action=AuditEntry.Action.RESTORE, subject=subject, counts=found
        )
    return found


def _use_mark(row: OutboundMessage, mark: tuple[int, str, str] | None, now: datetime) -> None:
    """Closes a message that the platform took between the copy of the database and that of the journal."""
    if mark is None or mark[0] < row.attempts:
        return
    _attempt, step, message_id = mark
    if step == "s":
        row.state, row.platform_message_id, row.sent_at = row.State.SENT, message_id[:ID_LENGTH], now
        row.owner, row.claimed_at = "", None
        row.save(update_fields=["state", "platform_message_id", "sent_at", "owner", "claimed_at"])
    elif step == "w" and row.claimed_at is None:
        row.claimed_at = now  # the list shows that it has begun
        row.save(update_fields=["claimed_at"])
