"""`context.memory`: what the bot knows of the person of the turn (in a group: of the group)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.db.models import Q

from bots.people import audit_log, staged_erasure
from bots.pipeline.engine.ports.staging import Staging
from bots.pipeline.engine.turn import Turn
from clawdbot.skills.context import Remembered
from memory import types
from memory.lifecycle import topic_search
from memory.models import MemoryEntry
from memory.storage.rows import of_scope
from memory.store import MemoryStore

_KINDS = {MemoryEntry.Kind.FACT.value: "fact", MemoryEntry.Kind.SUMMARY.value: "digest"}
_LONGEST = 2000  # characters of one memory that a skill adds


class PersonMemory:
    """The memory of one turn's person. Reading sees what was stored before the turn."""

    def __init__(self, turn: Turn, staging: Staging) -> None:
        self._turn, self._staging = turn, staging

    def search(self, text: str, limit: int = 5) -> Sequence[Remembered]:
        """Returns what fits the text, best first."""
        if not text.strip() or limit < 1:
            return ()
        now = self._turn.now.astimezone(self._turn.zone)
        store = MemoryStore(self._turn.bot.pk)
        as_of = self._turn.as_of
        found = store.recall(
            self._turn.scope, text[:_LONGEST], k=limit, derived=limit, now=now, asking=False, as_of=as_of
        )
        known = [_of_hit(hit) for hit in found.derived]
        return (*known[: limit // 2], *[_of_hit(hit) for hit in found.hits], *known[limit // 2 :])[:limit]

    def facts(self, limit: int = 20) -> Sequence[Remembered]:
        """Returns standing facts and pinned memories, latest first."""
        standing = Q(kind=MemoryEntry.Kind.FACT) | Q(pinned=True)
        valid = Q(valid_to=None) | Q(valid_to__gt=self._turn.now)
        rows = of_scope(self._turn.scope).distinct_entries().filter(standing & valid)
        rows = rows.filter(superseded_by=None, archived_at=None)
        if self._turn.as_of is not None:
            rows = rows.filter(occurred_at__lte=self._turn.as_of)
        return tuple(_of_row(row) for row in rows.order_by("-occurred_at", "-id")[:limit])

    def remember(self, text: str) -> None:
        """Stages a memory in the person's words. It is pinned, so retention does not delete it."""
        said = text.strip()[:_LONGEST]
        if said:
            self._staging.at_commit(partial(self._keep, said))

    def about(self, topic: str, limit: int = 50) -> Sequence[Remembered]:
        """Returns what `forget` of this topic would delete, latest first."""
        rows = of_scope(self._turn.scope).filter(pk__in=topic_search.find(self._turn.scope, topic))
        return tuple(_of_row(row) for row in rows.order_by("-occurred_at", "-id")[:limit])

    def forget(self, topic: str) -> int:
        """Stages the erasure of what is about a topic. Returns the number of memories."""
        found = topic_search.find(self._turn.scope, topic)
        if found:
            self._staging.append(partial(self._erase, topic, found))
        return len(found)

    def _keep(self, text: str) -> None:
        turn = self._turn
        memory = types.Turn(
            bot_id=turn.bot.pk,
            person_id=turn.scope.person_id,
            conversation_id=turn.conversation.pk,
            role="user",
            speaker=turn.person.display_name,
            text=text,
            occurred_at=turn.now.astimezone(turn.zone),
            origin_id=None if turn.group else turn.origin_id,
            pinned=True,
        )
        turn.memories.append(memory)

    def _erase(self, topic: str, ids: list[int]) -> None:
        turn = self._turn
        turn.erasure = staged_erasure.begin(turn.group or turn.person, audit_log.HIMSELF, ids=ids, topic=topic)


def _of_row(row: MemoryEntry) -> Remembered:
    return Remembered(row.text, row.occurred_at, _KINDS.get(row.kind, "said"))


def _of_hit(hit: types.Hit) -> Remembered:
    return Remembered(hit.text, hit.occurred_at, _KINDS.get(hit.kind, "said"))
