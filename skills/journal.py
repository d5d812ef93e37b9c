"""Writes tool calls down before and after they happen, so that a turn that a crash cut short has no effect twice.

A call that only reads is written once, when it has ended. Any other call has a committed row before its effect and the
result after it. A retried turn goes on from these rows (`of_loop`): it does not ask the model again for what it has
already called.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from clawdbot import crypto
from clawdbot.redaction import redact_value
from clawdbot.skills.effects import READS_ONLY, Effects, needs_approval
from skills import tool_results
from skills.models import ToolCall
from skills.tool_types import ToolResult

State = ToolCall.State

APPROVAL_S = 15 * 60
PERSON, OPERATOR = "person", "operator"
_ENDED = (State.DONE, State.FAILED, State.REFUSED, State.EXPIRED, State.CANCELLED, State.UNKNOWN)
UNKNOWN_RESULT = ToolResult(
    "This call was cut short. It is not known whether it happened. Do not call it again; tell the person so.", ok=False
)


@dataclass(frozen=True, slots=True)
class Call:
    """One call at its place in the loop.

    Attributes:
        inbound_id: The event whose turn makes the call.
        begun_by: The event that began the loop; the same unless a yes came between.
        round: Number of the model's answer in the loop, from 1; 0 for what the dialog calls without a model.
        place: Number of the call in that answer, from 0.
        arguments: Checked arguments, as the tool gets them.
    """

    bot_id: int
    conversation_id: int
    inbound_id: int
    begun_by: int
    round: int
    place: int
    tool: str
    source: str
    effects: Effects
    arguments: Mapping[str, Any]

    @property
    def arguments_hash(self) -> str:
        """The same for equal arguments, in whatever order their names stand."""
        return hash_of(self.arguments)

    @property
    def key(self) -> str:
        """The idempotency key: the same for every repetition of this call, different for any other call."""
        place = f"{self.begun_by}/{self.round}/{self.place}/{self.tool}/{self.arguments_hash}"
        return hashlib.sha256(place.encode()).hexdigest()


def hash_of(arguments: Mapping[str, Any]) -> str:
    written = json.dumps(arguments, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(written.encode("utf-8", "surrogatepass")).hexdigest()


def of_loop(begun_by: int) -> list[ToolCall]:
    """Returns the calls of a loop so far, in their order."""
    return list(ToolCall.objects.filter(begun_by=begun_by).order_by("round", "place"))


def once(
    call: Call,
    run: Callable[[], ToolResult],
    *,
    idempotent: bool,
    staged: Callable[[], int] = lambda: 0,
) -> ToolResult:
    """Makes the call unless it has been made, and returns its result, bounded and without secrets.

    Args:
        call: The call.
        run: Makes it.
        idempotent: A second call with the same key has no second effect, so a call that was cut short is repeated.
        staged: Returns the number of writes that wait for the transaction which closes the turn.
    """
    row = ToolCall.objects.filter(idempotency_key=call.key).first()
    if row is None and call.effects == READS_ONLY:
        return _read(call, run, staged)
    if row is None:
        row, is_new = _begin(call)
        if is_new:
            return _run(row, run, staged)
    if row.state in _ENDED:
        return _run(row, run, staged) if _is_lost(row, idempotent) else stored(row)
    if row.state == State.ALLOWED and _move(row, State.ALLOWED, State.STARTED):
        return _run(row, run, staged)
    if row.state == State.STARTED and (idempotent or call.effects == READS_ONLY):
        return _run(row, run, staged)
    return cut_short(row)


def cut_short(row: ToolCall) -> ToolResult:
    """Closes a call of which nobody knows whether it happened."""
    _close(row, State.UNKNOWN, UNKNOWN_RESULT, 0.0)
    return UNKNOWN_RESULT


def record(call: Call, result: ToolResult, ms: float, *, staged: bool = False, state: str = "") -> None:
    """Writes down a call that has no effect: one that read, or one that was not made, with that `state`."""
    row = _new(call, state or (State.DONE if result.ok else State.FAILED))
    _set_result(row, result, ms)
    row.sealed, row.staged = row.sealed if staged else "", staged
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # a second worker was quicker
        return


def stored(row: ToolCall) -> ToolResult:
    """Returns the result of a call that has ended."""
    return ToolResult(row.result, row.state == State.DONE, tool_results.parts_of(row.parts), row.direct)


def arguments_of(row: ToolCall) -> dict[str, Any] | None:
    """Returns the arguments of a call that has not ended; None when they are not what was asked about."""
    try:
        arguments = crypto.decrypt_json(row.sealed)
    except crypto.DecryptionError:
        return None
    return arguments if hash_of(arguments) == row.arguments_hash else None


def waiting(call: Call, *, asked: str, person_id: int, now: datetime) -> ToolCall:
    """Returns the row of a call that waits for a yes; the caller inserts it together with the question.

    Args:
        call: The call, with resolved arguments.
        asked: `PERSON` or `OPERATOR`.
        person_id: Who wrote; in a group nobody else may say yes.
        now: Aware.
    """
    row = _new(call, State.WAITING)
    row.asked, row.asked_person = asked, person_id
    row.expires_at = now + timedelta(seconds=APPROVAL_S)
    return row


def insert(row: ToolCall) -> None:
    """Inserts a row of `waiting`, in the transaction that closes the turn; one that is there already stays."""
    if not ToolCall.objects.filter(idempotency_key=row.idempotency_key).exists():
        row.save(force_insert=True)


def decide(row: ToolCall, *, allowed: bool, by: str, now: datetime, inbound_id: int | None = None) -> bool:
    """Allows or refuses a waiting call. Returns False when it is too late or somebody else was quicker.

    Args:
        row: The call.
        allowed: Whether it may be made.
        by: Who says so, as shown to operators.
        now: Aware.
        inbound_id: The event of the answer, whose turn makes the call.
    """
    values: dict[str, Any] = {
        "state": State.ALLOWED if allowed else State.REFUSED,
        "decided_by": by[:150],
        "decided_at": now,
        "expires_at": None,
    }
    if not allowed:
        values["sealed"] = ""
    if inbound_id is not None:
        values["inbound_id"] = inbound_id
    rows = ToolCall.objects.filter(pk=row.pk, state=State.WAITING, expires_at__gt=now)
    if not rows.update(**values):
        return False
    for name, value in values.items():
        setattr(row, name, value)
    return True


def expire(row: ToolCall) -> bool:
    """Closes a call about which nobody decided in time. Returns False when somebody did."""
    return bool(
        ToolCall.objects.filter(pk=row.pk, state=State.WAITING).update(
            state=State.EXPIRED, expires_at=None, sealed="", result=""
        )
    )


def drop(pk: int) -> None:
    """Closes a call that will not be made: the person said something else, or its tool was taken away."""
    rows = ToolCall.objects.filter(pk=pk, state__in=(State.WAITING, State.ALLOWED))
    rows.update(state=State.CANCELLED, expires_at=None, sealed="")


def settle(begun_by: int) -> None:
    """Drops what only a repeated turn needs. Call it in the transaction that closes the turn."""
    ended = ToolCall.objects.filter(begun_by=begun_by, state__in=_ENDED)
    ended.update(parts=[], sealed="", staged=False)


def _new(call: Call, state: str) -> ToolCall:
    return ToolCall(
        bot_id=call.bot_id,
        conversation_id=call.conversation_id,
        inbound_id=call.inbound_id,
        begun_by=call.begun_by,
        round=call.round,
        place=call.place,
        tool=call.tool[:64],
        source=call.source[:20],
        arguments=tool_results.shown(redact_value(dict(call.arguments))),
        arguments_hash=call.arguments_hash,
        sealed=crypto.encrypt_json(call.arguments),
        idempotency_key=call.key,
        effects=" ".join(sorted(call.effects)),
        state=state,
        at=timezone.now(),
    )


def _begin(call: Call) -> tuple[ToolCall, bool]:
    row = _new(call, State.STARTED)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return ToolCall.objects.get(idempotency_key=call.key), False
    return row, True


def _read(call: Call, run: Callable[[], ToolResult], staged: Callable[[], int]) -> ToolResult:
    started, before = time.perf_counter(), staged()
    result = tool_results.bounded(run())
    record(call, result, (time.perf_counter() - started) * 1000, staged=staged() > before)
    return result


def _run(row: ToolCall, run: Callable[[], ToolResult], staged: Callable[[], int]) -> ToolResult:
    started, before = time.perf_counter(), staged()
    result = tool_results.bounded(run())
    row.staged = staged() > before
    _close(row, State.DONE if result.ok else State.FAILED, result, (time.perf_counter() - started) * 1000)
    return result


def _is_lost(row: ToolCall, idempotent: bool) -> bool:
    """Returns whether the writes of the call went with a turn that was not closed, and may be made again."""
    effects: Effects = frozenset(row.effects.split())  # type: ignore[arg-type]  # values of `Effect`
    return row.staged and (idempotent or not needs_approval(effects))


def _move(row: ToolCall, source: str, target: str) -> bool:
    moved = ToolCall.objects.filter(pk=row.pk, state=source).update(state=target)
    row.state = target if moved else row.state
    return bool(moved)


def _close(row: ToolCall, state: str, result: ToolResult, ms: float) -> None:
    # Writes that go with a turn that is not closed are made again, from the same arguments.
    row.state, row.expires_at = state, None
    row.sealed = row.sealed if row.staged else ""
    _set_result(row, result, ms)
    row.save(update_fields=["state", "sealed", "expires_at", "result", "parts", "direct", "staged", "ms"])


def _set_result(row: ToolCall, result: ToolResult, ms: float) -> None:
    row.result, row.direct, row.ms = result.text, result.direct, round(ms)
    row.parts = tool_results.parts_as_json(result.parts)
