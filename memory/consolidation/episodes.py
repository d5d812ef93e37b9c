"""Splits sessions into episodes (turns without a long pause) and records which were read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.apps import apps
from django.db.models import Count, Max, Min, Q, Sum

from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.models.consolidation import ConsolidatedEpisode
from memory.storage.port import store
from memory.storage.rows import of_scope
from memory.types import Scope

IDLE = timedelta(hours=6)
MOST_TURNS = 200  # per episode: fits a model's context and one transaction


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of an episode."""

    id: int
    session: str
    role: str
    speaker: str
    text: str
    occurred_at: datetime
    day: date
    conversation_id: int | None


@dataclass(frozen=True, slots=True)
class Episode:
    """Turns in order of time; never empty."""

    lines: tuple[Line, ...]

    @property
    def session(self) -> str:
        return self.lines[0].session

    @property
    def fingerprint(self) -> tuple[int, int, int]:
        """First turn, number of turns and sum of ids, as `ConsolidatedEpisode` stores them."""
        return self.lines[0].id, len(self.lines), sum(line.id for line in self.lines)


@dataclass(frozen=True, slots=True)
class Due:
    """The work in one session.

    Attributes:
        episodes: finished episodes to read.
        stale: ids of `ConsolidatedEpisode` rows whose episode has changed.
        first_ids: first turns of all finished episodes.
        digests: id and key of each existing digest of the session.
    """

    session: str
    episodes: tuple[Episode, ...]
    stale: tuple[int, ...]
    first_ids: frozenset[int]
    digests: tuple[tuple[int, str], ...]


def due(scope: Scope, now: datetime, idle: timedelta = IDLE) -> Iterator[Due]:
    """Yields the sessions of a person with finished or changed episodes, oldest first.

    Queries: 2 when there are none.
    """
    turns = _said(scope).order_by().values("session")
    turns = turns.annotate(n=Count("id"), total=Sum("id"), begun=Min("occurred_at"), ended=Max("occurred_at"))
    read = ConsolidatedEpisode.objects.for_person(scope.bot_id, scope.person_id).order_by()
    known = {
        row["session"]: (row["n"], Decimal(row["total"]))
        for row in read.values("session").annotate(n=Sum("turns"), total=Sum("id_sum"))
    }
    there = {row["session"]: row for row in turns.order_by("begun", "session")}
    changed = [name for name, row in there.items() if (row["n"], Decimal(row["total"])) != known.get(name)]
    changed += known.keys() - there.keys()
    # Loaded once for all sessions, because no index finds the digests of one session.
    digests = _digests(scope) if changed else {}
    for session in changed:
        row = there.get(session)
        lines = _lines(scope, session, row["begun"], row["ended"]) if row else ()
        yield _due_in(scope, session, lines, tuple(digests.get(session, ())), now, idle)


def _digests(scope: Scope) -> dict[str, list[tuple[int, str]]]:
    rows = of_scope(scope).filter(kind=MemoryEntry.Kind.SUMMARY).order_by()
    found: dict[str, list[tuple[int, str]]] = {}
    for session, pk, key in rows.values_list("session", "id", "fact_key"):
        found.setdefault(session, []).append((pk, key))
    return found


def _lines(scope: Scope, session: str, begun: datetime, ended: datetime) -> Iterator[Line]:
    fields = ("id", "session", "role", "speaker", "text", "occurred_at", "day", "conversation_id")
    rows = _said(scope).filter(session=session, occurred_at__range=(begun, ended)).order_by("occurred_at", "id")
    return (Line(*values) for values in rows.values_list(*fields))


def _said(scope: Scope) -> MemoryEntryQuerySet:
    """Selects current turns; superseded ones are history and yield no facts."""
    return of_scope(scope).turns().filter(superseded_by=None, valid_to=None)


def _due_in(
    scope: Scope,
    session: str,
    lines: Iterable[Line],
    digests: tuple[tuple[int, str], ...],
    now: datetime,
    idle: timedelta,
) -> Due:
    parts = list(_split(lines, idle))
    finished = [part for i, part in enumerate(parts) if i < len(parts) - 1 or _is_over(part, now, idle)]
    read = ConsolidatedEpisode.objects.for_person(scope.bot_id, scope.person_id).filter(session=session)
    known = {(row.first_id, row.turns, int(row.id_sum)): row.pk for row in read}
    current = {part.fingerprint for part in finished}
    return Due(
        session,
        tuple(part for part in finished if part.fingerprint not in known),
        tuple(pk for fingerprint, pk in known.items() if fingerprint not in current),
        frozenset(part.lines[0].id for part in finished),
        digests,
    )


def _split(lines: Iterable[Line], idle: timedelta) -> Iterator[Episode]:
    held: list[Line] = []
    for line in lines:
        if held and (line.occurred_at - held[-1].occurred_at >= idle or len(held) >= MOST_TURNS):
            yield Episode(tuple(held))
            held = []
        held.append(line)
    if held:
        yield Episode(tuple(held))


def _is_over(episode: Episode, now: datetime, idle: timedelta) -> bool:
    last = episode.lines[-1]
    if now - last.occurred_at >= idle:
        return True
    if last.conversation_id is None:
        return False
    conversations = apps.get_model("bots", "Conversation")._default_manager
    return bool(conversations.filter(pk=last.conversation_id, closed_at__isnull=False).exists())


def is_unchanged(scope: Scope, episode: Episode) -> bool:
    """Tells whether all its turns still exist with the same words."""
    words = {line.id: line.text for line in episode.lines}
    return dict(_said(scope).filter(pk__in=words).order_by().values_list("id", "text")) == words


def mark_read(scope: Scope, episode: Episode, method: str) -> None:
    """Records that this episode was read."""
    first_id, turns, id_sum = episode.fingerprint
    ConsolidatedEpisode.objects.create(
        bot_id=scope.bot_id,
        person_id=scope.person_id,
        session=episode.session,
        first_id=first_id,
        turns=turns,
        id_sum=id_sum,
        method=method,
    )


def mark_unread(scope: Scope, sessions: Iterable[str] | None = None) -> None:
    """Makes the next run read these sessions (default: all) again."""
    rows = ConsolidatedEpisode.objects.for_person(scope.bot_id, scope.person_id)
    (rows if sessions is None else rows.filter(session__in=list(sessions))).delete()


def summary_key(first_id: int) -> str:
    """Returns the `fact_key` of the digest of the episode that begins with this turn."""
    return f"episode/{first_id}"


def has_kept_summary(scope: Scope, episode: Episode) -> bool:
    """Tells whether somebody edited or pinned a digest of this episode, so that no other one is made."""
    ids = [line.id for line in episode.lines]
    rows = of_scope(scope).filter(kind=MemoryEntry.Kind.SUMMARY, session=episode.session, pinned=True)
    same = Q(fact_key=summary_key(ids[0])) | Q(pk__in=store().derived_from(scope, ids))
    return rows.filter(same).exists()


def drop_stale(scope: Scope, due: Due) -> Counter[str]:
    """Deletes the records and digests of changed episodes in the caller's transaction."""
    read = ConsolidatedEpisode.objects.for_person(scope.bot_id, scope.person_id)
    read.filter(pk__in=due.stale).delete()
    again = {summary_key(episode.lines[0].id) for episode in due.episodes}
    current = {summary_key(first_id) for first_id in due.first_ids} - again
    stale = [pk for pk, key in due.digests if key not in current]
    summaries = of_scope(scope).filter(kind=MemoryEntry.Kind.SUMMARY, pinned=False, pk__in=stale)
    _all, by_model = summaries.delete()
    return Counter(derived_removed=by_model.get("memory.MemoryEntry", 0))
