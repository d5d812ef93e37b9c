"""The durable inbox: one row per event, stored before the platform gets 200, claimed by one worker at a time.

A row goes pending -> processing -> done | ignored | pending (retry, or parked) | dead. An event that needs no work
starts as ignored. A parked row waits for a model; it stays the first of its chat, and its attempt does not count.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q

from adapters import registry
from adapters.events import Event
from bots import metrics
from bots.models import Channel, InboundEvent, sql
from bots.models.lengths import ID_LENGTH, QUEUE_ERROR_LENGTH
from bots.models.sql import clock
from bots.pipeline import windows
from bots.pipeline.queue import held, wakeups, workers
from clawdbot import tracing
from clawdbot.backoff import Backoff
from clawdbot.reasons import Why, columns

State = InboundEvent.State
# Kinds that get a turn or change a stored message (`dispatch.edits`). All others are kept for the log only, except
# notices of new ids (`dispatch.moves`) and what the bot must say that it cannot read (`dispatch.refusals`).
WORK_KINDS = frozenset({"message", "command", "action", "edit", "delete"})
MAX_ATTEMPTS = 6
BACKOFF = Backoff()
STOP = frozenset({"stop", "停止"})
# These end a turn that waits for a model to come back, because the person no longer waits for it.
DROP_WAITING = STOP | {"new", "新对话", "reset", "重置", "forget", "忘记"}
# The time-outs of model and skill bound a turn; a claim much older belongs to a thread that hangs.
CLAIM_LIMIT = timedelta(minutes=15)


class ClaimLost(Exception):
    """Another worker has claimed the row; this worker must not commit its work on it."""


@dataclass(frozen=True, slots=True)
class AcceptResult:
    """The ids of the rows that one `accept` inserted, and the number of events that were stored before."""

    accepted: tuple[int, ...]
    duplicates: int


def queue_key(channel: Channel, event: Event) -> str:
    """Returns the key of the event's queue. Events with the same key are taken one at a time, in order of arrival."""
    # What happens in a chat with a new id waits for the notice of it.
    chat_id = next(iter(event.new_ids.values()), None) or event.chat_id or event.user_id
    return f"{channel.pk}:{chat_id}:{event.thread_id or ''}"


def accept(channel: Channel, events: Iterable[Event], *, request_id: str = "") -> AcceptResult:
    """Stores each event once and wakes a worker after the commit.

    Returns only after COMMIT, so the caller may then answer 200. Database errors propagate: the caller answers 5xx and
    the platform sends the event again.
    """
    accepted: list[int] = []
    duplicates = 0
    events, began = list(events), time.perf_counter()
    for event in events:
        if event.kind in ("ignored", "status") and not event.text and not _is_unreadable(event):
            continue  # the caller counts these; an ignored event with a text is stored, so that the operator sees it
        row = _store(channel, event, request_id)
        if row is None:
            duplicates += 1
            continue
        accepted.append(row.pk)
        # A row that waits behind the first of its window needs no wake-up: the first one looks for it.
        if row.state == State.PENDING and not row.gathers:
            wakeups.after_commit(wakeups.PROCESS, row.pk, channel.platform, queue_key=row.queue_key)
    tracing.record("inbox", time.perf_counter() - began, stored=len(accepted), duplicates=duplicates)
    for hop, count in (("received", len(events)), ("stored", len(accepted))):
        if count:
            metrics.hop(channel.bot.slug, channel.platform, hop, count)
    return AcceptResult(tuple(accepted), duplicates)


def _store(channel: Channel, event: Event, request_id: str) -> InboundEvent | None:
    kind, now = str(event.kind), clock.now()
    row = InboundEvent(
        channel=channel,
        dedupe_key=event.dedupe_key[:ID_LENGTH],
        queue_key=queue_key(channel, event)[:255],
        kind=kind,
        payload=event.to_dict(with_raw=False),  # the raw payload may hold more than we need to keep
        state=State.PENDING if kind in WORK_KINDS or event.new_ids or _is_unreadable(event) else State.IGNORED,
        due_at=now,
        received_at=now,
        request_id=request_id,
        gathers=windows.gathers(channel.bot, event),
        overtakes=windows.overtakes(event),
    )
    if row.gathers:
        row.due_at += timedelta(seconds=windows.quiet_s(channel.bot, event))
    try:
        with transaction.atomic():
            sql.insert(row)
            if event.twin_key:
                _insert_twin(channel, event, row)
            if row.gathers:
                _wake_window(row, channel)
            if kind == "delete":
                windows.take_back(row, event)
            said = _said(row)
            if STOP & said:
                _stop(row, event)
            if DROP_WAITING & said:
                _drop_waiting(row, channel.platform, at_all=bool(STOP & said))
            if channel.bot.bursts == windows.Bursts.COLLECT and not (row.gathers or row.overtakes):
                _end_window(row, channel)
    except IntegrityError:
        keys = [key[:ID_LENGTH] for key in (event.dedupe_key, event.twin_key) if key]
        known = {found.dedupe_key: found for found in InboundEvent.objects.filter(channel=channel, dedupe_key__in=keys)}
        if not known:
            raise
        recurs = registry.adapter_class(channel.platform).dedupe_keys_recur and event.dedupe_key.isdecimal()
        if recurs and _is_of_another_message(known.get(keys[0]), event):
            key = f"{event.dedupe_key[:100]}:{event.message_id}"
            return _store(channel, replace(event, dedupe_key=key), request_id)
        return None
    return row


def _said(row: InboundEvent) -> set[str]:
    """Returns the names that a message may have as a command. A word that asks to stop counts as that command."""
    if row.payload.get("forwarded") or row.kind not in ("message", "command"):
        return set()
    text = str(row.payload.get("text") or "")
    return windows.names(str(row.payload.get("command") or ""), text) | ({"stop"} if windows.is_stop(text) else set())


def _stop(row: InboundEvent, event: Event) -> None:
    """Asks the turns of this chat before `row` to end. The running one checks that while a model or a tool works.

    In a group a mere word ends only the turns of the same member, unless it addresses the bot.
    """
    earlier = [row_id for row_id in sql.open_rows(InboundEvent, row.queue_key, State.PROCESSING) if row_id < row.pk]
    rows = InboundEvent.objects.filter(pk__in=earlier)
    if earlier and event.chat_type != "private" and not (event.command or event.mentions_bot):
        rows = rows.filter(pk__in=[one.pk for one in rows if one.payload.get("user_id") == event.user_id])
    if earlier:
        rows.update(cancel_requested=True)


def _wake_window(row: InboundEvent, channel: Channel) -> None:
    """Wakes the window that the row is in: at once when nothing can join it any more, else when the row begins it."""
    first = windows.first_waiting(row)
    window = windows.of_row(first, channel.bot.bursts)
    wait_s = window.wait_s(channel.bot)
    if all(other.pk != row.pk for other in window.rows):  # it begins the next window
        first, wait_s = row, windows.of_row(row, channel.bot.bursts).wait_s(channel.bot)
    if wait_s <= 0:
        make_due([first.pk])
    if wait_s <= 0 or first.pk == row.pk:
        wakeups.after_commit(wakeups.PROCESS, first.pk, channel.platform, in_s=wait_s, queue_key=row.queue_key)


def _end_window(row: InboundEvent, channel: Channel) -> None:
    """Ends the wait of the messages before this one, which begins another turn."""
    first = windows.first_waiting(row)
    if first.pk != row.pk and row.kind not in ("edit", "delete"):
        make_due([first.pk])
        wakeups.after_commit(wakeups.PROCESS, first.pk, channel.platform, queue_key=row.queue_key)


def _drop_waiting(row: InboundEvent, platform: str, *, at_all: bool) -> None:
    """Ends the turns of this chat before `row` if the first of them waits for a model to come back.

    Args:
        row: The command that the person does not want to wait with.
        platform: The platform of its channel.
        at_all: Also if it waits for its next try for another reason.
    """
    earlier = [row_id for row_id in sql.open_rows(InboundEvent, row.queue_key, State.PROCESSING) if row_id < row.pk]
    first = InboundEvent.objects.filter(pk__in=earlier[:1]).first()
    if first is None or (first.waiting_since is None and not (at_all and first.due_at > clock.now())):
        return
    InboundEvent.objects.filter(pk__in=earlier).update(cancel_requested=True)
    make_due([first.pk])
    wakeups.after_commit(wakeups.PROCESS, first.pk, platform, queue_key=row.queue_key)


def _drop_if_left(row: InboundEvent, platform: str) -> None:
    """Ends the wait of a row that was parked just now if the person has sent a command meanwhile that ends it."""
    behind = [row_id for row_id in sql.open_rows(InboundEvent, row.queue_key, State.PROCESSING) if row_id > row.pk]
    for later in InboundEvent.objects.filter(pk__in=behind).order_by("id"):
        if DROP_WAITING & _said(later):
            _drop_waiting(later, platform, at_all=False)
            return


def _is_of_another_message(known: InboundEvent | None, event: Event) -> bool:
    """Returns whether a platform used a dedupe key again.

    Telegram's numbers start anew for another bot, another server and after a week without updates.
    """
    stored = known.payload.get("message_id") if known is not None else None
    return bool(stored and event.message_id) and stored != event.message_id


def _is_unreadable(event: Event) -> bool:
    """Returns whether a person waits for an answer to something that the adapter cannot read."""
    return bool(event.unreadable) and event.chat_type == "private" and bool(event.user_id)


def _insert_twin(channel: Channel, event: Event, row: InboundEvent) -> None:
    """Inserts a row with the twin's dedupe key in the same transaction, so that the twin counts as a duplicate."""
    sql.insert(
        InboundEvent(
            channel=channel,
            dedupe_key=event.twin_key[:ID_LENGTH],
            queue_key=row.queue_key,
            kind="ignored",
            payload={"twin_of": event.dedupe_key},
            state=State.IGNORED,
            request_id=row.request_id,
        )
    )


def claim(row_id: int) -> InboundEvent | None:
    """Claims the row for this worker if it is due and first of its chat; else None (a double wake-up)."""
    held.take(InboundEvent, row_id)
    row = sql.claim(InboundEvent, row_id, State.PROCESSING, workers.current())
    if row is None:
        held.leave(InboundEvent, row_id)
    return row


def next_in_queue(queue_key: str) -> int | None:
    """Returns the id of the first pending row of this chat that is due."""
    return sql.next_waiting(InboundEvent, queue_key, State.PROCESSING)


def finish(row: InboundEvent, *, conversation_id: int | None, error: Why = "", state: str = State.DONE) -> None:
    """Closes the claimed row. Call it inside the transaction that writes the answer.

    Raises:
        ClaimLost: This worker has lost the claim; the transaction must roll back.
    """
    # The final answer replaces the draft.
    done: dict[str, object] = {"draft_text": ""} if row.draft_id else {}
    done |= {"state": state, "conversation": conversation_id, "waiting_since": None, "finished_at": clock.now()}
    _update_claimed(row, **done, **_error(error))


def retry_later(row: InboundEvent, error: Why, retry_after: float | None = None) -> float:
    """Returns the row to the queue with exponential back-off. Returns the seconds until it is due."""
    wait_s = BACKOFF.delay_s(row.attempts, retry_after)
    due = clock.now() + timedelta(seconds=wait_s)
    _update_claimed(row, state=State.PENDING, due_at=due, **_error(error), owner="", claimed_at=None)
    wakeups.send(wakeups.PROCESS, row.pk, row.channel.platform, in_s=wait_s, queue_key=row.queue_key)
    return wait_s


def park(row: InboundEvent, wait_s: float, reason: Why = "", **values: object) -> None:
    """Returns the row to the queue until a model can answer it; the attempt does not count.

    Args:
        row: The claimed row.
        wait_s: Seconds until it is due.
        reason: Why it waits, for the operator.
        values: More columns to write.

    Raises:
        ClaimLost: Another worker has the row.
    """
    due = clock.now() + timedelta(seconds=wait_s)
    parked = {"state": State.PENDING, "due_at": due, "attempts": row.attempts - 1, "owner": "", "claimed_at": None}
    _update_claimed(row, **values, **parked, **_error(reason))
    # A command that ends the wait may have come while the row was claimed.
    if "waiting_since" in values:
        _drop_if_left(row, row.channel.platform)
    if InboundEvent.objects.filter(pk=row.pk, state=State.PENDING, cancel_requested=True).exists():
        make_due([row.pk])


def claim_parked(row_id: int) -> InboundEvent | None:
    """Claims a parked row before it is due; None when it is no longer pending."""
    make_due([row_id])
    return claim(row_id)


def make_due(ids: Sequence[int]) -> None:
    """Makes these pending rows due now."""
    InboundEvent.objects.filter(pk__in=ids, state=State.PENDING).update(due_at=clock.now())


def waiting_for_model(limit: int) -> list[tuple[int, str]]:
    """Returns (id, platform) of the rows that wait longest for a model to come back."""
    rows = InboundEvent.objects.filter(waiting_since__isnull=False, state=State.PENDING).order_by("id")
    return list(rows.values_list("pk", "channel__platform")[:limit])


def postpone(row: InboundEvent, wait_s: float, with_it: Sequence[int] = ()) -> None:
    """Returns the row to the queue for `wait_s` seconds. Does not count as an attempt.

    Args:
        row: The claimed row.
        wait_s: Seconds until it is due.
        with_it: Ids of waiting rows that become due no earlier than it.
    """
    due = clock.now() + timedelta(seconds=wait_s)
    if with_it:
        InboundEvent.objects.filter(pk__in=with_it, state=State.PENDING).update(due_at=due)
    _update_claimed(row, state=State.PENDING, due_at=due, owner="", claimed_at=None, attempts=row.attempts - 1)
    wakeups.send(wakeups.PROCESS, row.pk, row.channel.platform, in_s=wait_s, queue_key=row.queue_key)


def replace_payload(row: InboundEvent, payload: dict[str, Any]) -> None:
    """Gives the claimed row another event.

    Raises:
        ClaimLost: This worker has lost the claim; the transaction must roll back.
    """
    _update_claimed(row, payload=payload)
    row.payload = payload


def _error(reason: Why) -> dict[str, Any]:
    return columns("error", reason, QUEUE_ERROR_LENGTH)


def _update_claimed(row: InboundEvent, **values: object) -> None:
    if not sql.update_claimed(row, State.PROCESSING, values):
        raise ClaimLost(f"inbound event {row.pk}")


def stop_requested(row: InboundEvent) -> bool:
    """Returns whether this turn should end: the person asked to stop, or the claim is lost."""
    return not InboundEvent.objects.filter(
        pk=row.pk, owner=row.owner, attempts=row.attempts, cancel_requested=False
    ).exists()


def note_told(row: InboundEvent) -> bool:
    """Notes that the person was told that the answer takes longer.

    Returns:
        False when they were told before, or when this worker has lost the claim.
    """
    mine = InboundEvent.objects.filter(pk=row.pk, state=State.PROCESSING, owner=row.owner, attempts=row.attempts)
    return bool(mine.filter(told_to_wait=False).update(told_to_wait=True))


def free_dead_claims(living: set[str], before: datetime) -> int:
    """Releases the claims of workers that are not in `living`, and claims older than `CLAIM_LIMIT`.

    Args:
        living: Ids of the workers whose claims hold.
        before: When that list was read; later claims are kept.

    Returns:
        The number of released rows.
    """
    now = clock.now()
    held = InboundEvent.objects.open().filter(state=State.PROCESSING, claimed_at__lt=before)
    freed = held.exclude(owner__in=living).update(state=State.PENDING, owner="", claimed_at=None, due_at=now)
    hung = held.filter(claimed_at__lt=now - CLAIM_LIMIT)
    return freed + hung.update(state=State.PENDING, owner="", claimed_at=None, due_at=now)


def release_abandoned() -> int:
    """Releases the claims of this process that none of its threads works on; returns how many."""
    owner, before, freed = workers.current(), clock.now(), 0
    for row_id, attempts in sql.claims_of(InboundEvent, State.PROCESSING, owner):
        if held.is_held(InboundEvent, row_id):
            continue
        claimed = InboundEvent.objects.filter(pk=row_id, state=State.PROCESSING, owner=owner, attempts=attempts)
        # A parked row does not count its attempt: a later claim of it, by a thread that works, has the same number.
        if claimed.filter(claimed_at__lt=before).update(
            state=State.PENDING, owner="", claimed_at=None, due_at=clock.now()
        ):
            freed += 1
    return freed


def due(limit: int = 500) -> list[tuple[int, str]]:
    """Returns (id, platform) of the rows that a worker can claim now: the first open row of each chat, if it is due."""
    earlier = InboundEvent.objects.filter(
        queue_key=OuterRef("queue_key"), id__lt=OuterRef("id"), state__in=InboundEvent.OPEN
    )
    pending = InboundEvent.objects.open().filter(state=State.PENDING, due_at__lte=clock.now())
    passes = Q(overtakes=True) & ~Exists(earlier.exclude(state=State.PENDING, gathers=True))
    rows = pending.filter(~Exists(earlier) | passes)
    return list(rows.order_by("id").values_list("pk", "channel__platform")[:limit])
