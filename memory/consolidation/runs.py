"""The rows of runs: one run per bot at a time; the next leader resumes the run of a killed one at its cursor.

One process at a time leads the consolidation of a bot (`clawdbot.leadership`). Every unit of work is one transaction
that ends with `Run.commit`, an UPDATE with the holder as a condition. A process that was paused, or cut off, until
another one has taken the run over updates no row and rolls back.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections import Counter
from typing import Any

from django.db import IntegrityError
from django.utils import timezone

from clawdbot import processes
from clawdbot.reasons import Reason, Why, columns
from memory import database
from memory.errors import LeaseLost, RunInProgress
from memory.models.consolidation import ConsolidationRun, ConsolidationRunQuerySet

State = ConsolidationRun.State


class Run:
    """A run in this process.

    Attributes:
        row: the row as last read or written.
        counts: counts of finished work by name; part of the row's report.
    """

    def __init__(self, row: ConsolidationRun, holder: str) -> None:
        self.row = row
        self._holder = holder
        self.counts: Counter[str] = Counter(row.report.get("counts", {}))

    @property
    def cursor(self) -> int:
        return self.row.cursor

    def commit(self, counts: Counter[str], *, cursor: int | None = None, tokens: tuple[int, int] = (0, 0)) -> None:
        """Adds the counts of a unit in its transaction. tokens: of prompts and of completions.

        Raises:
            LeaseLost: Another process has taken over the run; roll the transaction back.
        """
        row = self.row
        total = self.counts + counts
        after = {
            "report": {**row.report, "counts": dict(total)},
            "cursor": row.cursor if cursor is None else cursor,
            "prompt_tokens": row.prompt_tokens + tokens[0],
            "completion_tokens": row.completion_tokens + tokens[1],
        }
        if not row.dry_run and not self._mine().update(**after):
            raise LeaseLost(f"run {row.pk} was taken over")
        for name, value in after.items():
            setattr(row, name, value)
        self.counts = total

    def finish(self, report: dict[str, object], error: Why = "") -> None:
        """Ends the run and releases the lease; does nothing to a run that another process has taken over."""
        row = self.row
        after: dict[str, Any] = {
            "report": {**report, "counts": dict(self.counts)},
            "state": State.FAILED if error else State.DONE,
            "finished_at": timezone.now(),
            "lock": None,
            **columns("error", error, 300),
        }
        for name, value in after.items():
            setattr(row, name, value)
        if row.dry_run:
            row.save()
            return
        self._mine().update(**after)

    def _mine(self) -> ConsolidationRunQuerySet:
        return ConsolidationRun.objects.filter(pk=self.row.pk, holder=self._holder, state=State.RUNNING)


def start(bot_id: int, *, rebuild: bool = False, dry_run: bool = False) -> Run:
    """Starts a run of this bot, or resumes one of a process that leads no longer. The caller leads.

    A dry run changes nothing and needs no leader; its row is written at its end.

    Raises:
        RunInProgress: Another process became the leader meanwhile.
    """
    holder = f"{socket.gethostname()}|{os.getpid()}|{processes.started(os.getpid())}|{secrets.token_hex(4)}"
    row = ConsolidationRun(bot_id=bot_id, rebuild=rebuild, dry_run=dry_run, holder=holder)
    if dry_run:
        return Run(row, holder)
    for _ in range(5):
        row = ConsolidationRun(bot_id=bot_id, rebuild=rebuild, holder=holder)
        row.lock = f"bot:{bot_id}"
        try:
            with database.atomic():
                row.save(force_insert=True)
            return Run(row, holder)
        except IntegrityError:
            found = ConsolidationRun.objects.for_bot(bot_id).filter(lock=row.lock).first()
        if found is not None and (taken := _take_over(found, holder, rebuild=rebuild)) is not None:
            return Run(taken, holder)
    raise RunInProgress("another run began at the same moment")


def _take_over(found: ConsolidationRun, holder: str, *, rebuild: bool) -> ConsolidationRun | None:
    """Takes over a run; None when another process was faster or the run is replaced by a rebuild."""
    dead = ConsolidationRun.objects.filter(pk=found.pk, holder=found.holder, state=State.RUNNING)
    if rebuild and not found.rebuild:
        reason = columns("error", Reason("run_replaced"), 300)
        dead.update(state=State.FAILED, lock=None, finished_at=timezone.now(), **reason)
        return None
    if not dead.update(holder=holder):
        return None
    found.holder = holder
    return found


def in_progress(bot_id: int) -> RunInProgress:
    """Returns the error for a bot that another process consolidates."""
    found = ConsolidationRun.objects.for_bot(bot_id).filter(state=State.RUNNING).first()
    if found is None:
        return RunInProgress("another process consolidates this bot")
    return RunInProgress(f"run {found.pk} of this bot has been working since {found.started_at:%Y-%m-%d %H:%M} UTC")
