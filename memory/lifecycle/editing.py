"""Edits memories: rewords one, or supersedes it by a new one. Updates everything derived from them."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from clawdbot.storable_text import storable
from memory import database
from memory.consolidation import provenance, timeline
from memory.errors import MemoryFailure
from memory.models import MemoryEntry
from memory.storage import passages, reindex, wakeups, work_leases
from memory.storage.rows import content_hash, of_scope
from memory.store import MemoryStore
from memory.types import Scope

LONGEST = 20_000


class EditRefused(MemoryFailure):
    """The memory cannot be changed in this way; the message says why."""


def rewrite(scope: Scope, pk: int, text: str) -> bool:
    """Changes the text of a memory. Lexical recall finds the new text at once, vector search after its embedding.

    Deletes what consolidation derived from the old text; the next run derives it again. An edited fact or summary is
    pinned, so that consolidation does not replace it.

    Returns:
        False when the memory had this text already.

    Raises:
        EditRefused: The text is blank or too long, or the memory does not exist.
    """
    words = _checked(text)
    with database.atomic():
        work_leases.wait(scope)
        row = _held(scope, pk)
        if row.text == words:
            return False
        rows = of_scope(scope).filter(pk=pk)
        changed: dict[str, object] = {"text": words, "vector": None, "embedder": "", "claim": None, "claim_until": None}
        if row.kind == MemoryEntry.Kind.TURN:
            provenance.drop_derived_from(scope, [pk])
            passages.drop_follower_vectors(scope, [pk])
        else:
            changed["pinned"] = True
        rows.update(**changed)
        reindex.rewrite_index(rows)
        wakeups.embed_after_commit()
    return True


def supersede(scope: Scope, pk: int, text: str, *, at: datetime | None = None) -> int:
    """Replaces a memory by a new one: the old one stays as history, the new one is recalled.

    Args:
        scope: whose memory.
        pk: id of the old memory.
        text: text of the new memory.
        at: when the new one became true; default: now.

    Returns:
        Id of the new memory.

    Raises:
        EditRefused: The text is blank, too long or the same, or the memory does not exist or is not current.
    """
    words, moment = _checked(text), at or timezone.now()
    with database.atomic():
        work_leases.wait(scope)
        row = _held(scope, pk)
        if row.superseded_by_id is not None:
            raise EditRefused("this memory was superseded already")
        if content_hash(row.role, row.text) == content_hash(row.role, words):
            raise EditRefused("these are its words already")
        new = (
            _new_turn(scope, row, words, moment)
            if row.kind == MemoryEntry.Kind.TURN
            else _new_fact(scope, row, words, moment)
        )
        of_scope(scope).filter(pk=pk).update(valid_to=moment, superseded_by_id=new)
        if row.kind == MemoryEntry.Kind.TURN:
            provenance.drop_derived_from(scope, [pk])
        elif row.fact_key:
            timeline.relink(scope, row.fact_key)
        wakeups.embed_after_commit()
    return new


def _new_turn(scope: Scope, old: MemoryEntry, text: str, at: datetime) -> int:
    new = MemoryStore(scope.bot_id).persist_memory(
        old.conversation_id,
        text,
        person_id=scope.person_id,
        role=old.role,
        occurred_at=timezone.localtime(at),
        session=old.session,
        speaker=old.speaker,
    )
    row = of_scope(scope).get(pk=new)
    # If the words were said before, the new row is a copy, and recall finds its first row.
    return row.duplicate_of_id or row.pk


def _new_fact(scope: Scope, old: MemoryEntry, text: str, at: datetime) -> int:
    fields = {
        "occurred_at": at,
        "valid_from": at,
        "fact_key": old.fact_key,
        "fact_value": text[:300].casefold() if old.fact_key else "",
        "session": old.session,
        "pinned": True,  # it has no sources: unpinned, the next consolidation would delete it as an orphan
    }
    return provenance.write(scope, old.kind, text, timezone.localtime(at).date(), (), fields)


def _held(scope: Scope, pk: int) -> MemoryEntry:
    row = of_scope(scope).select_for_update().filter(pk=pk).first()
    if row is None:
        raise EditRefused("this memory is not there any more")
    return row


def _checked(text: str) -> str:
    words = storable(text).strip()
    if not words:
        raise EditRefused("there is nothing to remember in a blank text")
    if len(words) > LONGEST:
        raise EditRefused(f"a memory has {LONGEST} characters at most")
    return words
