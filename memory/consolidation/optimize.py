"""Runs `memory optimize` for one bot: person by person, in small transactions that a kill rolls back."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import timezone

from clawdbot import leadership
from clawdbot.leadership import Lead, LeadershipLost
from clawdbot.reasons import raised
from memory import database
from memory.consolidation import (
    digest,
    duplicates,
    episodes,
    extraction,
    facts,
    llm_port,
    provenance,
    retention,
    rules,
    runs,
    vector_renewal,
)
from memory.consolidation.claims import Statement
from memory.consolidation.episodes import Due, Episode
from memory.consolidation.llm_port import BadAnswer, ModelUnavailable, Spent, Writer
from memory.errors import NoTrialRun, WorkEnded
from memory.models import ConsolidationRun, MemoryEntry
from memory.storage import wakeups, work_leases
from memory.types import Scope

logger = logging.getLogger(__name__)
Progress = Callable[[int, int], object]
"""Called with (people done, people in all)."""


def optimize(
    bot_id: int,
    *,
    dry_run: bool = False,
    rebuild: bool = False,
    now: datetime | None = None,
    progress: Progress = lambda done, total: None,
) -> ConsolidationRun:
    """Consolidates the memory of one bot and returns the run with its report.

    Args:
        bot_id: whose memory.
        dry_run: does all the work by rules, without a model, and rolls back every transaction.
        rebuild: recreate all facts and summaries that are not pinned.
        now: the present, for finished episodes and retention.
        progress: see `Progress`.

    Raises:
        NoTrialRun: `dry_run`, and the memories are in MongoDB.
        RunInProgress: Another process is consolidating this bot.
        LeaseLost: Another process took the run over.
        LeadershipLost: This process was paused, or cut off from the database: another one may have taken the run over.
    """
    if dry_run and database.mongodb():
        raise NoTrialRun("a trial run is rolled back at its end, and memories in MongoDB cannot be rolled back")
    if dry_run:
        return _run(bot_id, None, dry_run=True, rebuild=rebuild, now=now, progress=progress)
    with leadership.lead(f"{wakeups.OPTIMIZE}:{bot_id}") as lead:
        if lead is None:
            raise runs.in_progress(bot_id)
        return _run(bot_id, lead, dry_run=False, rebuild=rebuild, now=now, progress=progress)


def _run(
    bot_id: int, lead: Lead | None, *, dry_run: bool, rebuild: bool, now: datetime | None, progress: Progress
) -> ConsolidationRun:
    run = runs.start(bot_id, rebuild=rebuild, dry_run=dry_run)
    work: _Work | None = None
    try:
        work = _Work(run, now or timezone.now(), None if dry_run else llm_port.writer_for(bot_id), lead)
        work.do(progress)
    except LeadershipLost:
        raise  # the run stays open for the next leader
    except BaseException as error:
        # After a kill another process resumes the run. After an error it must not, because the error would recur.
        run.finish(work.report() if work else {}, raised(error))
        raise
    run.finish(work.report())
    return run.row


class _Work:
    """The steps of a run. Each unit is one transaction that also saves the run's counts and cursor."""

    def __init__(self, run: runs.Run, now: datetime, writer: Writer | None, lead: Lead | None) -> None:
        self.run, self.now, self.writer, self._lead = run, now, writer, lead
        self._has_model = writer is not None
        self.bot_id = run.row.bot_id
        self.days = retention.days_of(self.bot_id)
        self._started = time.monotonic()
        self._meter = writer.spent if writer else Spent()
        self._spent = (0, 0)
        self._preview = retention.preview(self.bot_id, now)
        self._ongoing: work_leases.Work

    def do(self, progress: Progress) -> None:
        people = self._people()
        total = len(people)
        for done, (person, is_group) in enumerate(people):
            progress(done, total)
            if person > self.run.cursor:
                self._person(Scope(self.bot_id, person), is_group)
        progress(total, total)
        if not self.run.row.dry_run:
            self._unit(Counter(re_embedded=vector_renewal.renew_vectors(self.bot_id)))
            wakeups.embed_after_commit()

    def report(self) -> dict[str, Any]:
        return {
            "seconds": round(time.monotonic() - self._started, 1),
            "model": self._has_model,
            "retention": self._preview.as_json(),
        }

    def _people(self) -> list[tuple[int, bool]]:
        rows = MemoryEntry.objects.for_bot(self.bot_id).order_by()
        remembered = set(rows.values_list("person_id", flat=True).distinct())
        people = apps.get_model("bots", "Person")._default_manager.filter(bot_id=self.bot_id).order_by("pk")
        return [(pk, kind == "group") for pk, kind in people.values_list("pk", "kind") if pk in remembered]

    def _person(self, scope: Scope, is_group: bool) -> None:
        try:
            with work_leases.begin(scope) as self._ongoing:
                self._steps(scope, is_group)
        except WorkEnded as error:
            logger.info("memory: person %s of bot %s is skipped: %s", scope.person_id, self.bot_id, error)

    def _steps(self, scope: Scope, is_group: bool) -> None:
        if self.run.row.rebuild:
            with self._atomic():
                self._unit(Counter(derived_removed=provenance.reset(scope)))
        pairs = duplicates.find(scope)
        if pairs:
            with self._atomic():
                self._unit(Counter(near_duplicates=duplicates.archive(scope, pairs)))
        words: digest.Rarity | None = None
        for due in episodes.due(scope, self.now):
            words = words or digest.rarity(scope)
            if due.stale or due.digests:
                self._drop_stale(scope, due)
            for episode in due.episodes:
                self._episode(scope, due, episode, words, is_group)
        with self._atomic():
            self._unit(retention.apply(scope, self.now, self.days) + Counter(people=1), cursor=scope.person_id)

    def _drop_stale(self, scope: Scope, due: Due) -> None:
        """Deletes the digests of changed episodes; their turns are read again."""
        with self._atomic():
            self._unit(episodes.drop_stale(scope, due))

    def _episode(self, scope: Scope, due: Due, episode: Episode, words: digest.Rarity, is_group: bool) -> None:
        self._check()  # a model costs money
        summary, statements, method = self._read(scope, episode, words, is_group)
        with self._atomic():
            if not episodes.is_unchanged(scope, episode):
                self._unit(Counter())  # count the tokens; the next run reads the episode again
                return
            done = facts.reconcile(scope, statements, rules.endings(episode, group=is_group))
            done["episodes"] += 1
            if summary is not None and not (due.digests and episodes.has_kept_summary(scope, episode)):
                text, sources = summary
                first, last = episode.lines[0], episode.lines[-1]
                provenance.write(
                    scope,
                    MemoryEntry.Kind.SUMMARY,
                    text,
                    last.day,
                    sources,
                    {
                        "session": episode.session,
                        "conversation_id": last.conversation_id,
                        "fact_key": episodes.summary_key(first.id),
                        "occurred_at": last.occurred_at,
                        "valid_from": first.occurred_at,
                    },
                )
                done["digests"] += 1
            episodes.mark_read(scope, episode, method)
            self._unit(done)

    def _read(
        self, scope: Scope, episode: Episode, words: digest.Rarity, is_group: bool
    ) -> tuple[tuple[str, tuple[int, ...]] | None, list[Statement], str]:
        """Reads an episode with the model, or else by rules; returns digest with sources, statements, method."""
        if self.writer is not None and not is_group and len(episode.lines) >= 2:
            try:
                text, statements = extraction.ask(self.writer, scope, episode)
            except ModelUnavailable as error:
                logger.warning("memory: consolidation of bot %s goes on by rules: %s", self.bot_id, error)
                self.writer = None
            except BadAnswer as error:
                logger.warning("memory: an episode of bot %s is read by rules: %s", self.bot_id, error)
            else:
                summary = (text, tuple(line.id for line in episode.lines)) if text else None
                return summary, statements, "model"
        return digest.extract(episode, words), rules.read(episode, group=is_group), "rules"

    @contextmanager
    def _atomic(self) -> Iterator[None]:
        with self._ongoing.unit():
            yield
            if self.run.row.dry_run:
                database.roll_back()

    def _check(self) -> None:
        if self._lead is not None:
            self._lead.check()

    def _unit(self, counts: Counter[str], cursor: int | None = None) -> None:
        spent = (self._meter.prompt, self._meter.completion)
        new = (spent[0] - self._spent[0], spent[1] - self._spent[1])
        self._check()
        self.run.commit(counts, cursor=cursor, tokens=new)
        self._spent = spent
