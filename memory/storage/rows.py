"""Reads and writes the rows of long-term memory: writes in bulk, reads scope by scope."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from django.utils import timezone

from memory.models import MemoryEntry, MemoryEntryQuerySet, new_stamp
from memory.storage.port import ROW, State, Values, store
from memory.storage.row import Row
from memory.storage.validity import Validity
from memory.text import term_keys
from memory.text.dates import resolve
from memory.text.tokenizer import index_terms, tokenize
from memory.text.topics import marks
from memory.types import RecentTurn, Scope, Stats, Turn, Vector

EMPTY: State = (0, 0)
_CHUNK = 500
_DUPLICATES = ROW.index("duplicates")


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
    return store().state(scope, derived=derived, limit=limit)


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

    def values(self, label: str, now: datetime) -> dict[str, Any]:
        """Returns the values of the new row by column."""
        turn = self.turn
        local = _local(turn.occurred_at)
        indexed = self.first is None
        terms = index_terms(turn.text, turn.speaker, local) + marks(turn.text, turn.role) if indexed else []
        vector = turn.vector if indexed else None
        return {
            "bot_id": turn.bot_id,
            "person_id": turn.person_id,
            "conversation_id": turn.conversation_id,
            "message_id": turn.message_id,
            "kind": "turn",
            "role": turn.role,
            "speaker": turn.speaker[:200],
            "session": (turn.session or str(turn.conversation_id or ""))[:64],
            "external_id": turn.external_id or None,
            "text": turn.text,
            "tokens": " ".join(terms),
            "content_hash": self.digest,
            "duplicates": self.copies,
            "duplicate_of_id": self.copy_of(),
            "pinned": turn.pinned,
            "occurred_at": turn.occurred_at,
            "day": local.date(),
            "last_seen_at": self.last_seen or turn.occurred_at,
            "created_at": now,
            "vector": pack(vector) if vector is not None else None,
            "embedder": label if vector is not None else "",
            "stamp": new_stamp(),
            "origin_id": turn.origin_id,
            "terms": term_keys.pack(terms),
            "dates": dates_json(turn.text, local.date()),
            "valid_to": turn.valid_to,
        }


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
            found = store().known(scope, column, wanted)
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
        store().count_copies(scope, pk, moments)


def _save(drafts: Sequence[_Draft], label: str) -> None:
    """Inserts the rows and sets their ids."""
    now = timezone.now()
    for start in range(0, len(drafts), _CHUNK):
        part = drafts[start : start + _CHUNK]
        for draft, pk in zip(part, store().insert([draft.values(label, now) for draft in part]), strict=True):
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
    found = store().scan(scope, after=after, embedded=embedded, derived=derived)
    labels = (model, f"{model}:query") if model else ()
    return [_row(values, labels) for values in found]


def rows_by_id(scope: Scope, model: str, ids: Sequence[int]) -> list[Row]:
    """Returns the turns with these ids that belong to the scope, in no particular order."""
    if not ids:
        return []
    found = store().by_id(scope, ids)
    labels = (model, f"{model}:query") if model else ()
    made = [_row(values, labels) for values in found]
    for row, values in zip(made, found, strict=True):
        # Copies are not loaded here, so the counter of the first row gives their number.
        row.copy_of, row.seen = None, 1 + values[_DUPLICATES]
    return made


def _row(values: Values, labels: tuple[str, ...]) -> Row:
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
    return store().stats(bot_id, label)
