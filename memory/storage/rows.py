"""Reads and writes the rows of long-term memory: writes in bulk, reads scope by scope."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from memory import database
from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp
from memory.storage.row import Row
from memory.storage.validity import Validity
from memory.text import term_keys
from memory.text.dates import resolve
from memory.text.tokenizer import index_terms, tokenize
from memory.text.topics import marks
from memory.types import RecentTurn, Scope, Stats, Turn, Vector

State = tuple[int, int]
"""(rows, sum of stamps) of a scope: equal states hold equal rows."""

EMPTY: State = (0, 0)
_CHUNK = 500
_TABLE = MemoryEntry._meta.db_table

# The statements that every turn needs are plain SQL: the ORM takes several times as long to build them as the database
# to run them. Each filters by scope, and only constants of this module are interpolated.
# Each scope has two separate indexes, one of its turns and one of its derived memories: a summary must not influence
# the ranking of turns.
_KINDS = {False: "kind = 'turn'", True: "kind IN ('fact', 'summary')"}
_SCOPE = "WHERE person_id = %s AND bot_id = %s AND"
_STATE = f"SELECT COUNT(*), SUM(stamp) FROM {_TABLE} {_SCOPE} "  # noqa: S608
_KNOWN = f"SELECT id, external_id, content_hash, duplicate_of_id, valid_to FROM {_TABLE} {_SCOPE} kind = 'turn' AND "  # noqa: S608
_INSERT = (
    "bot_id", "person_id", "conversation_id", "message_id", "kind", "role", "speaker", "session", "external_id",
    "text", "tokens", "content_hash", "duplicates", "duplicate_of_id", "pinned", "occurred_at", "day",
    "last_seen_at", "created_at", "vector", "embedder", "stamp", "origin_id",
    "terms", "dates", "valid_to",
)  # fmt: skip
_ROW = (
    "id", "external_id", "role", "speaker", "session", "text", "terms", "occurred_at", "day", "conversation_id",
    "message_id", "duplicate_of_id", "stamp", "vector", "embedder", "superseded_by_id",
    "kind", "valid_from", "valid_to", "archived_at", "duplicates",
    "CASE WHEN terms IS NULL THEN tokens END", "dates",
)  # fmt: skip
_DUPLICATES = _ROW.index("duplicates")
_ROWS = f"SELECT {', '.join(_ROW)} FROM {_TABLE} {_SCOPE} "  # noqa: S608
# The unary plus keeps planners from the index on the scope. Its statistics say that people have few rows, so a planner
# would read a million rows of one person instead of a few hundred by primary key.
_ROWS_BY_ID = f"SELECT {', '.join(_ROW)} FROM {_TABLE} WHERE +person_id = %s AND +bot_id = %s AND "  # noqa: S608


def content_hash(role: str, text: str, day: date | None = None) -> bytes:
    """Returns 16 bytes that are equal for the same words of the same role, whatever case, spacing and punctuation.

    day: the speaker's day. With it, texts that mention a day ("yesterday") are equal only if they mean the same day.
    """
    words = " ".join(tokenize(text)) or text.strip()
    if day is not None:
        words += "".join(f"\0{found.start}/{found.end}" for found in resolve(text, day))
    return hashlib.blake2b(f"{role}\0{words}".encode(), digest_size=16).digest()


def pack(vector: Vector) -> bytes:
    """Packs a vector as little-endian float16: half the size, with no effect on ranking."""
    return np.asarray(vector, "<f2").tobytes()


def unpack(blob: bytes | memoryview) -> Vector:
    return np.frombuffer(blob, "<f2").astype(np.float32)


def of_scope(scope: Scope) -> MemoryEntryQuerySet:
    return MemoryEntry.objects.for_person(scope.bot_id, scope.person_id)


def state(scope: Scope, *, derived: bool = False, limit: int = 0) -> State:
    """Returns the state of the scope's turns, or of its derived memories.

    limit: count at most `limit + 1` rows, which is enough to know that there are more than `limit`.
    """
    sql, values = _STATE + _KINDS[derived], [scope.person_id, scope.bot_id]
    if limit:
        sql = f"SELECT COUNT(*), SUM(stamp) FROM (SELECT stamp FROM {_TABLE} {_SCOPE} {_KINDS[derived]} LIMIT %s) AS f"  # noqa: S608
        values.append(limit + 1)
    with database.connection().cursor() as cursor:
        cursor.execute(sql, values)
        count, total = cursor.fetchone()
    return int(count), int(total or 0)


def latest(scope: Scope, limit: int) -> tuple[RecentTurn, ...]:
    """Returns the person's last turns, oldest first."""
    turns = of_scope(scope).filter(kind=MemoryEntry.Kind.TURN).order_by("-occurred_at", "-id")
    fields = ("id", "conversation_id", "role", "speaker", "text", "occurred_at")
    return tuple(RecentTurn(*values) for values in turns.values_list(*fields)[:limit])[::-1]


@dataclass(slots=True)
class _Draft:
    """A row about to be written."""

    turn: Turn
    digest: bytes
    pk: int = 0
    first: _Draft | int | None = None
    copies: int = 0
    last_seen: datetime | None = None

    def copy_of(self) -> int | None:
        return self.first.pk if isinstance(self.first, _Draft) else self.first

    def values(self, label: str, now: datetime) -> tuple[Any, ...]:
        """Returns the values in the order of _INSERT, adapted for the database."""
        turn, ops = self.turn, database.connection().ops
        adapt = ops.adapt_datetimefield_value
        local = _local(turn.occurred_at)
        indexed = self.first is None
        terms = index_terms(turn.text, turn.speaker, local) + marks(turn.text, turn.role) if indexed else []
        vector = turn.vector if indexed else None
        return (
            turn.bot_id, turn.person_id, turn.conversation_id, turn.message_id, "turn", turn.role, turn.speaker[:200],
            (turn.session or str(turn.conversation_id or ""))[:64], turn.external_id or None, turn.text,
            " ".join(terms), self.digest, self.copies,
            self.copy_of(), turn.pinned, adapt(turn.occurred_at), ops.adapt_datefield_value(local.date()),
            adapt(self.last_seen or turn.occurred_at), adapt(now), pack(vector) if vector is not None else None,
            label if vector is not None else "", new_stamp(), turn.origin_id,
            term_keys.pack(terms), dates_json(turn.text, local.date()),
            adapt(turn.valid_to) if turn.valid_to is not None else None,
        )  # fmt: skip


def _digest(turn: Turn) -> bytes:
    return content_hash(turn.role, turn.text, _local(turn.occurred_at).date())


def dates_json(text: str, day: date) -> str:
    """Returns the value of the column `dates`: the dates in the text, resolved against the speaker's day."""
    return json.dumps([found.as_json() for found in resolve(text, day)], ensure_ascii=False)


def _local(at: datetime) -> datetime:
    """Converts UTC to the installation's zone: UTC does not tell the speaker's zone, so this is the best guess."""
    return timezone.localtime(at) if at.tzinfo is UTC else at


def insert(scope: Scope, turns: Sequence[Turn], embedder_label: str) -> list[int]:
    """Stores turns of one scope; returns their ids, in order.

    A turn with a known external id is not stored again; its existing id is returned. A repetition of words by the same
    role is stored as a copy: the first row counts it, and only the first row is indexed.
    Queries: 2, and one more for each text that was said before.
    """
    by_external, by_content = _known(scope, turns)
    drafts: list[_Draft] = []
    placed: list[_Draft | int] = []
    for turn in turns:
        known = by_external.get(turn.external_id) if turn.external_id else None
        if known is not None:
            placed.append(known)
            continue
        digest = _digest(turn)
        if turn.valid_to is None:
            draft = _Draft(turn, digest, first=by_content.get(digest))
            by_content.setdefault(digest, draft)
        else:
            draft = _Draft(turn, digest)
        if turn.external_id:
            by_external[turn.external_id] = draft
        drafts.append(draft)
        placed.append(draft)
    _count_copies(scope, drafts)
    originals = [draft for draft in drafts if not isinstance(draft.first, _Draft)]
    _save(originals, embedder_label)
    _save([draft for draft in drafts if isinstance(draft.first, _Draft)], embedder_label)
    return [item if isinstance(item, int) else item.pk for item in placed]


def _known(scope: Scope, turns: Sequence[Turn]) -> tuple[dict[str, _Draft | int], dict[bytes, _Draft | int]]:
    """Finds rows of the scope with the same external ids or the same words."""
    by_external: dict[str, _Draft | int] = {}
    by_content: dict[bytes, _Draft | int] = {}
    for start in range(0, len(turns), _CHUNK):
        part = turns[start : start + _CHUNK]
        digests = [_digest(turn) for turn in part]
        external = [turn.external_id for turn in part if turn.external_id]
        # Two statements, because planners often answer an OR over two indexes with a scan.
        for column, wanted in (("content_hash", digests), ("external_id", external)):
            if not wanted:
                continue
            marks = ", ".join(["%s"] * len(wanted))
            with database.connection().cursor() as cursor:
                cursor.execute(f"{_KNOWN}{column} IN ({marks})", (scope.person_id, scope.bot_id, *wanted))
                found = cursor.fetchall()
            for pk, known, digest, copy_of, ended in found:
                if known is not None:
                    by_external[known] = pk
                # words that were superseded and are said again become a new first row
                if copy_of is None and ended is None and column == "content_hash":
                    by_content[bytes(digest)] = pk
    return by_external, by_content


def _count_copies(scope: Scope, drafts: Sequence[_Draft]) -> None:
    """Increments the counters of first rows. Keeps their stamps, because caches count the copies they load."""
    stored: dict[int, list[datetime]] = {}
    for draft in drafts:
        if isinstance(draft.first, _Draft):
            draft.first.copies += 1
            latest = draft.first.last_seen or draft.first.turn.occurred_at
            draft.first.last_seen = max(latest, draft.turn.occurred_at)
        elif draft.first is not None:
            stored.setdefault(draft.first, []).append(draft.turn.occurred_at)
    for pk, moments in stored.items():
        of_scope(scope).filter(pk=pk).update_unseen(
            duplicates=F("duplicates") + len(moments), last_seen_at=Greatest(F("last_seen_at"), max(moments))
        )


def _save(drafts: Sequence[_Draft], label: str) -> None:
    """Inserts up to 500 rows per statement and sets their ids."""
    now = timezone.now()
    one = f"({', '.join(['%s'] * len(_INSERT))})"
    size = _CHUNK if database.connection().features.can_return_rows_from_bulk_insert else 1
    for start in range(0, len(drafts), size):
        part = drafts[start : start + size]
        values = [value for draft in part for value in draft.values(label, now)]
        sql = f"INSERT INTO {_TABLE} ({', '.join(_INSERT)}) VALUES {', '.join([one] * len(part))}"  # noqa: S608
        with database.connection().cursor() as cursor:
            if size == 1:
                cursor.execute(sql, values)
                part[0].pk = int(cursor.lastrowid)
                continue
            cursor.execute(f"{sql} RETURNING id", values)
            for draft, (pk,) in zip(part, cursor.fetchall(), strict=True):
                draft.pk = pk


def rows(
    scope: Scope, model: str, *, after: int | None = None, embedded: Sequence[int] = (), derived: bool = False
) -> list[Row]:
    """Returns the scope's turns (or derived memories) in order of time.

    Args:
        scope: whose memory.
        model: label of the current embedder; vectors of others are not comparable and are left out.
        after: only rows with a greater id.
        embedded: with `after`, also those of these rows that have a vector by now.
        derived: facts and summaries instead of turns.
    """
    sql, values = _ROWS + _KINDS[derived], [scope.person_id, scope.bot_id]
    if after is not None and embedded:
        sql += f" AND (id > %s OR (id IN ({', '.join(['%s'] * len(embedded))}) AND embedder <> ''))"
        values += [after, *embedded]
    elif after is not None:
        sql += " AND id > %s"
        values.append(after)
    with database.reader() as cursor:
        cursor.execute(f"{sql} ORDER BY occurred_at, id", values)
        found = cursor.fetchall()
    labels = (model, f"{model}:query") if model else ()
    return [_row(values, labels) for values in found]


def rows_by_id(scope: Scope, model: str, ids: Sequence[int]) -> list[Row]:
    """Returns the turns with these ids that belong to the scope, in no particular order."""
    if not ids:
        return []
    these, values = database.among("id", ids)
    sql = f"{_ROWS_BY_ID + _KINDS[False]} AND {these}"
    with database.reader() as cursor:
        cursor.execute(sql, (scope.person_id, scope.bot_id, *values))
        found = cursor.fetchall()
    labels = (model, f"{model}:query") if model else ()
    made = [_row(values, labels) for values in found]
    for row, values in zip(made, found, strict=True):
        # Copies are not loaded here, so the counter of the first row gives their number.
        row.copy_of, row.seen = None, 1 + values[_DUPLICATES]
    return made


def _row(values: tuple[Any, ...], labels: tuple[str, ...]) -> Row:
    (pk, external, role, speaker, session, text, terms, at, day, conversation, message, first, stamp, blob, label,
     superseded, kind, valid_from, valid_to, archived, _, tokens, dates) = values  # fmt: skip
    validity = None
    if kind != "turn" or superseded is not None or valid_to is not None or archived is not None:
        bounds = [_aware(moment) if moment is not None else None for moment in (valid_from, valid_to, archived)]
        validity = Validity(kind, superseded is not None, *bounds)
    return Row(
        pk, external or "", role, speaker, session, text,
        bytes(terms) if terms is not None else term_keys.pack(tokens.split()), _aware(at),
        date.fromisoformat(day) if isinstance(day, str) else day, conversation, message, first, stamp,
        bytes(blob) if blob is not None and label in labels else None, validity=validity,
        dates="" if dates == "[]" else dates,
    )  # fmt: skip


def _aware(value: datetime | str) -> datetime:
    """Makes a timestamp aware: SQLite returns text and MySQL naive datetimes, both in UTC."""
    if isinstance(value, str):
        return datetime.fromisoformat(f"{value}+00:00")
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def stats(bot_id: int, label: str) -> Stats:
    """Counts the memory of a bot. Rows without a vector of this label are waiting; "": rows without any vector."""
    rows = MemoryEntry.objects.for_bot(bot_id)
    lacking = ~Q(embedder__in=(label, f"{label}:query")) if label else Q(embedder="")
    totals = rows.aggregate(
        entries=Count("id"),
        people=Count("person", distinct=True),
        duplicates=Count("id", filter=Q(duplicate_of__isnull=False)),
        pinned=Count("id", filter=Q(pinned=True)),
        with_vector=Count("id", filter=~Q(embedder="")),
        waiting=Count("id", filter=Q(duplicate_of=None) & lacking),
        oldest=Min("occurred_at"),
        newest=Max("occurred_at"),
    )
    labels = rows.exclude(embedder="").order_by().values_list("embedder").annotate(n=Count("id"))
    return Stats(
        entries=totals["entries"],
        people=totals["people"],
        duplicates=totals["duplicates"],
        pinned=totals["pinned"],
        with_vector=totals["with_vector"],
        waiting_for_vector=totals["waiting"],
        by_embedder=dict(labels),
        oldest=totals["oldest"],
        newest=totals["newest"],
    )
