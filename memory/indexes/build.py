"""Builds the indexes of a large scope from its rows: in a task, by beat or by `reindex`, never during a turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator

from django.db.models import Max
from django.utils import timezone

from clawdbot import leadership
from clawdbot.leadership import Lead, LeadershipLost
from memory import database
from memory.embedders import current
from memory.indexes import lexical, registry, vector
from memory.indexes.statistics import Counting, chunks, unpack_vectors
from memory.indexes.vector import Part, Space
from memory.models.indexes import LargeScope
from memory.storage import wakeups
from memory.storage.port import store
from memory.storage.rows import of_scope, state
from memory.types import Scope

logger = logging.getLogger(__name__)

# Growth of a scope and number of changed vectors that trigger a rebuild of its indexes.
GROWN = 1.1
CHANGED = 2000
# Number of changes to keep after a build, because indexes on other machines may be older than the newest.
KEPT_CHANGES = 100_000
Progress = Callable[[int], object]


def build(scope: Scope, report: Progress = lambda rows: None) -> bool:
    """Builds or rebuilds the indexes of a scope; False when it is not large or another process is building them.

    After a kill at any line the old indexes (or none) stay in use, and another process starts again; it keeps the rows
    that the lexical index has already.

    Args:
        scope: whose memory.
        report: called with the number of rows of each chunk.

    Raises:
        LeadershipLost: This process was paused, or cut off from the database, and another one may build.
    """
    with leadership.lead(f"{wakeups.INDEX}:{scope.bot_id}:{scope.person_id}") as lead:
        return lead is not None and _build(scope, lead, report)


def _build(scope: Scope, lead: Lead, report: Progress) -> bool:
    words = lexical.backend()
    if words is None:
        return False
    if not registry.large_enough(state(scope, limit=registry.LARGE_FROM)[0]):
        _discard(scope, words)
        return False
    # Create this row first: from then on the triggers index every write.
    row, _ = LargeScope.objects.get_or_create(bot_id=scope.bot_id, person_id=scope.person_id)
    mine = LargeScope.objects.filter(pk=row.pk)

    def count(rows: int) -> None:
        lead.check()
        report(rows)

    started = time.monotonic()
    try:
        _Builder(scope, row.pk, words, count, lead).run(row.rows)
        mine.update(build_seconds=round(time.monotonic() - started, 2))
    finally:
        if not mine.exists():  # the scope was erased meanwhile: delete the new index too
            vector.backend().drop(scope)
    return True


def _discard(scope: Scope, words: lexical.LexicalIndex) -> None:
    """Deletes the indexes of a scope that is no longer large. Deleting the row deletes the vector index."""
    with database.atomic():
        for row in LargeScope.objects.for_person(scope.bot_id, scope.person_id).defer("statistics"):
            words.clear(row.pk)
            row.delete()


class _Builder:
    """Builds the lexical index, the statistics and the vector index in one pass over the rows."""

    def __init__(self, scope: Scope, scope_id: int, words: lexical.LexicalIndex, report: Progress, lead: Lead) -> None:
        self._scope, self._id, self._words, self._report, self._lead = scope, scope_id, words, report, lead
        self._space = space()
        self._counting = Counting(self._space.dimension)

    def run(self, rows: int) -> None:
        upto = store().last_change(self._id)
        parts = self._parts()
        if self._space.labels:
            vector.backend().build(self._scope, self._id, parts, self._space, rows, upto)
        for _ in parts:  # exhausts the generator when no vector index has consumed it
            pass
        self._words.tidy()
        corpus = self._counting.corpus()
        self._lead.confirm()
        with database.atomic():
            known = LargeScope.objects.filter(pk=self._id)
            known.update(statistics=corpus.pack(), rows=corpus.rows, built_at=timezone.now())
            if upto > KEPT_CHANGES:
                known.update(changes_from=upto - KEPT_CHANGES)
                store().drop_changes(self._id, upto - KEPT_CHANGES)

    def _parts(self) -> Iterator[Part]:
        upto = of_scope(self._scope).aggregate(last=Max("id"))["last"] or 0
        for ids, terms, blobs in chunks(self._scope, self._space.labels, upto=upto):
            with database.atomic():
                self._words.fill(self._id, ids)
            vectors, at = unpack_vectors(blobs, self._space.dimension)
            self._counting.add(terms, vectors)
            if len(at):
                yield [ids[i] for i in at.tolist()], vectors
            self._report(len(ids))
        self._lead.confirm()  # the index is published after the last part


def space() -> Space:
    """Returns the vector space in use; without a label when there is none."""
    return Space.of(*current.space())


def due() -> list[Scope]:
    """Returns large scopes whose indexes are unfinished, broken, outdated, superfluous or contain erased rows."""
    rows = LargeScope.objects.order_by("built_at", "id").defer("statistics")
    return [Scope(row.bot_id, row.person_id) for row in rows if _due(row)]


def wanted(scope: Scope) -> bool:
    """Tells whether this scope needs indexes and has no usable ones."""
    if not registry.large_enough(state(scope, limit=registry.LARGE_FROM)[0]):
        return False
    row = LargeScope.objects.for_person(scope.bot_id, scope.person_id).defer("statistics").first()
    return row is None or _due(row)


def _due(row: LargeScope) -> bool:
    scope, of = Scope(row.bot_id, row.person_id), space()
    if not registry.large_enough(state(scope, limit=registry.LARGE_FROM)[0]):
        return True  # `build` deletes its indexes
    if row.built_at is None or of_scope(scope).turns().distinct_entries().count() > row.rows * GROWN:
        return True
    return bool(of.labels) and _vectors_due(scope, row, of)


def _vectors_due(scope: Scope, row: LargeScope, of: Space) -> bool:
    health = vector.backend().health(scope, row.pk, of)
    return health.stale or health.erased > 0 or health.waiting > max(CHANGED, row.rows // 10)


def sweep() -> int:
    """Builds all due indexes; returns how many were built."""
    vector.backend().sweep({Scope(bot, person) for bot, person in LargeScope.objects.values_list("bot", "person")})
    built = 0
    for scope in due():
        try:
            built += build(scope)
        except LeadershipLost as error:
            logger.warning("memory: the index of %s/%s is not built: %s", scope.bot_id, scope.person_id, error)
    return built
