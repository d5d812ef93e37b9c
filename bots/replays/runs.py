"""Works on runs: claims, progress, stop, and going on with what another process left.

Each turn is a row. A run is claimed by one process at a time, which renews `alive_at`. When it dies, the turns that it
was at are answered again by whoever goes on, which has no effect on anybody.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connections, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.llm import candidates
from bots.models import Bot, EvaluationCase, Message, ModelProvider, ReplayRun, ReplayTurn
from bots.models.lengths import ERROR_LENGTH
from bots.models.sql import clock
from bots.pipeline.queue import wakeups
from bots.replays import expectations, past_turns, repeating, saved, selection
from bots.replays.repeating import Answer, Change, Stopped
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import columns

State = ReplayRun.State
DEAD_S = 30.0  # without a sign of life another process goes on
BEAT_S = 3.0
SLICE_S = 20.0  # of a worker; then other tasks get its thread, and a stop of the product need not wait longer
PARALLEL = (1, 8)
LONGEST_ANSWER = 20_000  # characters that are kept


class CannotRun(ClawdbotError):
    """The run cannot be worked on; the text says why."""

    permanent = True


def plan(run: ReplayRun, messages: Sequence[Message]) -> None:
    """Inserts the turns of a new run over past messages, with the figures of their answers."""
    made = [
        ReplayTurn(run=run, position=n, message=one, figures_then=selection.then(one))
        for n, one in enumerate(messages, 1)
    ]
    with transaction.atomic():
        run.save()
        ReplayTurn.objects.bulk_create(made, batch_size=200)


def plan_set(run: ReplayRun, cases: Sequence[EvaluationCase], repeat: int) -> None:
    """Inserts the turns of a new run over saved questions, each `repeat` times."""
    asked = [(case, attempt) for attempt in range(1, repeat + 1) for case in cases]
    with transaction.atomic():
        run.save()
        rows = [ReplayTurn(run=run, position=n, case=case, attempt=k) for n, (case, k) in enumerate(asked, 1)]
        ReplayTurn.objects.bulk_create(rows, batch_size=200)


def wake_due() -> int:
    """Wakes a worker for each run that nobody works on; one of the command line is only marked as interrupted."""
    dead = clock.now() - timedelta(seconds=DEAD_S)
    rows = ReplayRun.objects.open().order_by("alive_at").values_list("pk", "background", "alive_at")[:50]
    found = 0
    for pk, background, alive_at in rows:
        if alive_at is not None and alive_at >= dead:
            continue
        found += 1
        if background:
            wakeups.send(wakeups.REPLAY, pk, "")
        elif alive_at is not None:
            ReplayRun.objects.open().filter(pk=pk, alive_at=alive_at).update(state=State.INTERRUPTED, owner="")
    return found


def work(run_id: int, *, slice_s: float = SLICE_S, told: Callable[[ReplayRun], None] | None = None) -> bool:
    """Takes turns of the run until all are done, it is stopped or the slice is over. Returns whether it claimed it.

    Args:
        run_id: The run.
        slice_s: Seconds after which no new turn begins; the run is then left to a worker.
        told: Called after each turn, for the command line; also after the last one.

    Raises:
        CannotRun: Its provider is gone; the run counts as interrupted.
        KeyboardInterrupt: Of the operator; what is done is kept.
    """
    owner = uuid.uuid4().hex
    if not _claim(run_id, owner):
        return False
    run = ReplayRun.objects.select_related("bot", "evaluation_set").get(pk=run_id)
    job = _Job(run, owner)
    try:
        change = _change_of(run)
        job.go(change, time.monotonic() + slice_s, told)
    except BaseException:
        _leave(run, owner, State.INTERRUPTED)
        raise
    _finish(run, owner, stopped=job.stop_requested)
    return True


def _claim(run_id: int, owner: str) -> bool:
    now = clock.now()
    free = Q(owner="") | Q(alive_at=None) | Q(alive_at__lt=now - timedelta(seconds=DEAD_S))
    rows = ReplayRun.objects.open().filter(free, pk=run_id)
    return bool(rows.update(state=State.RUNNING, owner=owner, alive_at=now))


def _leave(run: ReplayRun, owner: str, state: str) -> None:
    ReplayRun.objects.filter(pk=run.pk, owner=owner).update(state=state, owner="", alive_at=None)


def _finish(run: ReplayRun, owner: str, *, stopped: bool) -> None:
    """Closes the run, or leaves it to the next worker."""
    waiting = run.turns.filter(state=ReplayTurn.State.WAITING).exists()
    if waiting and not stopped:
        _leave(run, owner, State.WAITING)
        wakeups.send(wakeups.REPLAY, run.pk, "")
        return
    state = State.STOPPED if waiting else State.DONE
    ReplayRun.objects.filter(pk=run.pk, owner=owner).update(
        state=state, owner="", alive_at=None, finished_at=timezone.now()
    )


def _change_of(run: ReplayRun) -> Change:
    """Returns what the run changes.

    Raises:
        CannotRun: The provider is gone.
    """
    options = run.options
    target = None
    if name := options.get("provider"):
        row = ModelProvider.objects.filter(name=name).first()
        if row is None:
            raise CannotRun(_("There is no provider “%(name)s”.") % {"name": name})
        target = candidates.of_row(row)
    skills = options.get("skills")
    return Change(
        instructions=options.get("instructions"),
        target=target,
        skills=tuple(map(str, skills)) if skills is not None else None,
        deadline_s=float(options.get("deadline_s") or repeating.TOTAL_S),
        live_readers=bool(options.get("live_readers")),
    )


@dataclass(slots=True)
class _Job:
    """The work of this process on a run."""

    run: ReplayRun
    owner: str
    stop_requested: bool = False
    lost: bool = False
    _beat_at: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def go(self, change: Change, until: float, told: Callable[[ReplayRun], None] | None) -> None:
        ids = list(self.run.turns.filter(state=ReplayTurn.State.WAITING).values_list("pk", flat=True))
        parallel = min(max(int(self.run.options.get("parallel") or 1), PARALLEL[0]), PARALLEL[1])
        if parallel == 1:
            for pk in ids:
                if self.is_over(until):
                    return
                self.take(pk, change)
                if told is not None:
                    told(self.run)
            return
        self._side_by_side(ids, parallel, change, until, told)

    def _side_by_side(
        self, ids: list[int], parallel: int, change: Change, until: float, told: Callable[[ReplayRun], None] | None
    ) -> None:
        def one(pk: int) -> None:
            if not self.is_over(until):
                try:
                    self.take(pk, change)
                finally:
                    connections.close_all()

        pool = ThreadPoolExecutor(parallel, thread_name_prefix="replay")
        try:
            for _done in pool.map(one, ids):
                if told is not None:
                    told(self.run)
        except BaseException:
            self.lost = True  # ends the answers that are being made; their turns stay waiting
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def is_over(self, until: float) -> bool:
        return self.stopped() or time.monotonic() >= until

    def stopped(self) -> bool:
        """Gives a sign of life every few seconds. Returns whether no further turn is to be taken."""
        with self._lock:
            due = time.monotonic() - self._beat_at >= BEAT_S
            self._beat_at = time.monotonic() if due else self._beat_at
        if due:
            mine = ReplayRun.objects.filter(pk=self.run.pk, owner=self.owner)
            self.lost = self.lost or not mine.update(alive_at=clock.now())
            self.stop_requested = mine.filter(stop_requested=True).exists()
        return self.stop_requested or self.lost

    def take(self, pk: int, change: Change) -> None:
        """Answers one turn and stores what came of it; does nothing when the run is stopped meanwhile."""
        row = ReplayTurn.objects.select_related("message__person", "case").filter(pk=pk).first()
        if row is None:  # its person was erased
            return
        bot = change.applied(Bot.objects.get(pk=self.run.bot_id))
        try:
            values = (
                self._of_case(row.case, bot, change) if row.case is not None else self._of_message(row, bot, change)
            )
        except Stopped:
            return
        except past_turns.CannotRepeat as gone:
            values = {"state": ReplayTurn.State.SKIPPED, "limits": [str(gone)]}
        mine = ReplayTurn.objects.filter(pk=pk, state=ReplayTurn.State.WAITING, run__owner=self.owner)
        mine.update(**values, finished_at=timezone.now())

    def _of_message(self, row: ReplayTurn, bot: Bot, change: Change) -> dict[str, Any]:
        assert row.message is not None  # noqa: S101  a turn has a message or a case
        turn, limits = past_turns.build(bot, row.message, live_readers=change.live_readers)
        given = repeating.answer(turn, change, self.stopped)
        if given.by_act:
            return {"state": ReplayTurn.State.SKIPPED, "limits": [past_turns.COMMAND]}
        if given.silent:
            limits = [*limits, past_turns.SILENT]
        return _values(given) | {"limits": limits}

    def _of_case(self, case: EvaluationCase, bot: Bot, change: Change) -> dict[str, Any]:
        given = saved.ask(case, bot, change, self.stopped)
        values = _values(given)
        if not given.error:
            found = expectations.judge(case.expectations, given.text, given.figures.get("tools") or ())
            values["findings"] = [one.to_dict() for one in found]
            values["held"] = expectations.outcome(values["findings"])
        return values


def _values(given: Answer) -> dict[str, Any]:
    state = ReplayTurn.State.FAILED if given.error else ReplayTurn.State.DONE
    error = columns("error", given.error, ERROR_LENGTH)
    return {"state": state, "answer": given.text[:LONGEST_ANSWER], "figures_now": given.figures, **error}


__all__ = ["CannotRun", "plan", "plan_set", "wake_due", "work"]
