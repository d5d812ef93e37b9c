"""MemoryStore: one interface to the three tiers of a bot's memory."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

from django.apps import apps
from django.utils import timezone

from clawdbot.storable_text import storable
from memory import database
from memory.consolidation import provenance
from memory.embedders import current
from memory.errors import UnknownScope
from memory.indexes import large, lexical, registry
from memory.indexes.nearest import VectorIndex
from memory.indexes.vector import backend
from memory.ranking import reranker
from memory.ranking.corrections import kept_first
from memory.ranking.query import Question
from memory.ranking.results import best
from memory.ranking.scan_cache import ScopeCache
from memory.ranking.scan_index import ScopeIndex
from memory.ranking.scoring import score
from memory.recent import TURNS, SessionMemory
from memory.storage import rows, wakeups
from memory.storage.port import State
from memory.storage.row import Row
from memory.storage.validity import View
from memory.text.query_hints import Cues, read_cues
from memory.types import ConversationSource, Hit, Recall, RecentTurn, Scope, Stats, Turn

logger = logging.getLogger(__name__)

DERIVED_BYTES = 32 * 1024 * 1024

# One of each per process: callers create a store object per call, which must not start with cold caches.
_sessions = SessionMemory()
_scopes = ScopeCache()
_derived = ScopeCache(DERIVED_BYTES, derived=True)
_vectors = VectorIndex(_scopes)


class LongTermMemory:
    """The stored memories of one bot: the source of truth."""

    def __init__(self, bot_id: int) -> None:
        self.bot_id = bot_id

    def rows(self, person_id: int) -> Any:
        """Returns a queryset of one person's entries, latest first."""
        return rows.of_scope(Scope(self.bot_id, person_id))

    def insert(self, turns: Sequence[Turn]) -> list[int]:
        """Stores turns of one person; see `MemoryStore.remember`."""
        label = ""
        if any(turn.vector is not None for turn in turns):
            # The embedder may have changed since the question was embedded: then the vector is not comparable.
            present, _ = current.space()
            label = f"{present}:query"
            turns = [replace(turn, vector=None) if _elsewhere(turn, label, present) else turn for turn in turns]
        return rows.insert(turns[0].scope, turns, label)


class MemoryStore:
    """The memory of one bot.

    Attributes:
        session_memory: the latest turns of conversations.
        long_term_memory: the rows.
        vector_index: searches the nearest vectors of one person; derived from the rows.
    """

    session_memory: SessionMemory
    long_term_memory: LongTermMemory
    vector_index: VectorIndex

    def __init__(self, bot_id: int) -> None:
        self.bot_id = bot_id
        self.session_memory = _sessions
        self.long_term_memory = LongTermMemory(bot_id)
        self.vector_index = _vectors

    def remember(self, turns: Sequence[Turn]) -> list[int]:
        """Stores verbatim turns; returns their entry ids, in order. Skips blank texts.

        Joins the caller's transaction. The task `memory.embed_pending` makes missing vectors later.
        Turns of one person (the usual case) take 2 queries, or 3 when a text was said before.

        Raises:
            ValueError: A turn belongs to another bot; nothing was stored.
        """
        by_scope: dict[Scope, list[Turn]] = {}
        for turn in turns:
            if turn.bot_id != self.bot_id:
                raise ValueError(f"a turn of bot {turn.bot_id} was given to the memory of bot {self.bot_id}")
            if turn.text.strip():
                by_scope.setdefault(turn.scope, []).append(turn)
        ids: list[int] = []
        for group in by_scope.values():
            ids.extend(self.long_term_memory.insert(group))
        if any(turn.vector is None for group in by_scope.values() for turn in group):
            wakeups.embed_after_commit()
        return ids

    def persist_memory(self, conversation_id: int | None, content: str, **fields: Any) -> int:
        """Stores one turn of a conversation; returns its entry id.

        Args:
            conversation_id: a conversation of this bot; None (then `person_id` is needed): no conversation.
            content: what was said.
            fields: fields of `Turn`; role defaults to "user", occurred_at to now, person_id to the conversation's
                person (one more query).

        Raises:
            UnknownScope: The bot has no such conversation.
            ValueError: The text is blank.
        """
        if "person_id" not in fields:
            fields["person_id"] = self._person_of(conversation_id)
        fields.setdefault("role", "user")
        fields.setdefault("occurred_at", timezone.now())
        turn = Turn(bot_id=self.bot_id, conversation_id=conversation_id, text=content, **fields)
        if not content.strip():
            raise ValueError("there is nothing to remember in a blank text")
        with database.atomic():
            return self.remember([turn])[0]

    def recall(
        self,
        scope: Scope,
        text: str,
        *,
        k: int = 8,
        now: datetime | None = None,
        exclude_ids: Collection[int] = (),
        exclude_message_ids: Collection[int] = (),
        exclude_conversation: int | None = None,
        exclude_since: datetime | None = None,
        as_of: datetime | None = None,
        history: bool = False,
        derived: int = 0,
        semantic: bool = True,
        reranked: bool = False,
        asking: bool = True,
    ) -> Recall:
        """Returns the `k` memories of one person that answer `text` best.

        Queries: 1 when nothing changed since the last recall in this process, 2 after new rows, 3 after a deletion;
        twice as many with `derived`.

        Args:
            scope: whose memory.
            text: the question.
            k: maximum number of hits.
            now: when the question is asked, aware; "yesterday" is resolved in its time zone. Default: now, local.
            exclude_ids: entries to leave out.
            exclude_message_ids: likewise, by `bots.Message` id.
            exclude_conversation: leave out this conversation's turns (the prompt already has them).
            exclude_since: with `exclude_conversation`, leave out only the turns said since then.
            as_of: only memories that were known and true at this moment.
            history: also superseded and archived memories.
            derived: maximum number of facts and summaries in `Recall.derived`; they do not count towards `k`.
            semantic: False compares words only and embeds nothing.
            asking: False leaves out turns that only ask; their answers are found without them.
            reranked: sort the best hits by the configured cross-encoder (`Bot.rerank`).
        """
        started = time.perf_counter()
        self._own(scope)
        text = storable(text)
        question = Question(text, semantic=semantic)
        moment = now or timezone.localtime()
        view = View(moment, as_of, history)
        skip = _Skip(frozenset(exclude_ids), frozenset(exclude_message_ids), exclude_conversation, exclude_since, view)
        today = moment.date()
        asked = _Asked(scope, question, read_cues(text, today), today, history, asking)
        hits, words_only = _search_turns(asked, max(k, reranker.POOL) if reranked else k, skip)
        not_reranked = ""
        if reranked:
            reordered, not_reranked = reranker.reorder(text, hits, k)
            hits = kept_first(hits, reordered, k)
        facts = _search(_derived, asked, derived, skip) if derived else ()
        vector, ms = question.vector, (time.perf_counter() - started) * 1000
        return Recall(hits, vector, ms, question.degraded or words_only, facts, question.label, not_reranked)

    def search(self, scope: Scope, text: str, *, k: int = 20, now: datetime | None = None) -> tuple[Hit, ...]:
        """Returns only the hits of a recall without exclusions."""
        return self.recall(scope, text, k=k, now=now).hits

    def get_recent_memory(self, user_id: int, source: ConversationSource | None = None) -> tuple[RecentTurn, ...]:
        """Returns the latest turns, oldest first, at most 100.

        Args:
            user_id: `bots.Person` id.
            source: a conversation: returns its turns from the session tier, and reads the source (with its own
                queries) only on a cache miss. None: returns the person's stored turns of all conversations; 1 query.
        """
        scope = Scope(self.bot_id, user_id)
        return self.session_memory.get(scope, source) if source is not None else rows.latest(scope, TURNS)

    def erase(self, scope: Scope, ids: Collection[int] | None = None) -> int:
        """Deletes a person's memories (all, or those with these ids), their copies and everything derived from them.

        Index text and vectors are columns of the rows, so they are deleted too. The caches of this process are
        dropped; other processes notice the change at their next use.

        Returns:
            Number of deleted rows.
        """
        self._own(scope)
        if ids is None:
            _drop_waiting(scope)
        with database.atomic():
            if ids is None and registry.drop(scope):
                # the index file holds the vectors too: delete it now, not at the next sweep
                database.on_commit(partial(backend().drop, scope))
                # some lexical indexes keep deleted words until their segments are merged
                database.on_commit(lexical.tidy)
            gone = provenance.erase(scope, ids)
            wakeups.embed_after_commit()  # turns that were embedded together with a deleted one
        self.session_memory.drop(scope)
        self.vector_index.drop(scope)
        _derived.drop(scope)
        return gone

    forget = erase  # the name in earlier releases; skills still call it

    def stats(self, bot_id: int | None = None) -> Stats:
        """Returns the counts of this bot's memory, or of another bot's."""
        return rows.stats(self.bot_id if bot_id is None else bot_id, current.space()[0])

    def _person_of(self, conversation_id: int | None) -> int:
        if conversation_id is not None:
            conversations: Any = apps.get_model("bots", "Conversation")._default_manager
            own = conversations.filter(pk=conversation_id, bot_id=self.bot_id)
            if (person_id := own.values_list("person_id", flat=True).first()) is not None:
                return int(person_id)
        raise UnknownScope(f"bot {self.bot_id} has no conversation {conversation_id}")

    def _own(self, scope: Scope) -> None:
        if scope.bot_id != self.bot_id:
            raise ValueError(f"a scope of bot {scope.bot_id} was given to the memory of bot {self.bot_id}")


def clear_cache() -> None:
    """Clears the caches of this process; every scope is read again at its next use."""
    _sessions.clear_cache()
    _scopes.clear()
    _derived.clear()


def _elsewhere(turn: Turn, label: str, present: str) -> bool:
    return turn.vector is not None and (not present or turn.embedder not in ("", label))


def _drop_waiting(scope: Scope) -> None:
    """Deletes turns that are still queued for a separate memory database, so that they are never written."""
    if database.separate():
        waiting: Any = apps.get_model("bots", "WaitingMemory")._default_manager
        waiting.filter(bot_id=scope.bot_id, person_id=scope.person_id).delete()


class _Skip:
    """Predicate for rows to leave out: excluded by the caller, or not valid at the moment of the view."""

    def __init__(
        self,
        ids: frozenset[int],
        messages: frozenset[int],
        conversation: int | None,
        since: datetime | None,
        view: View,
    ) -> None:
        self._ids, self._messages, self._conversation, self._since = ids, messages, conversation, since
        self._view = view

    def __call__(self, row: Row) -> bool:
        if not self._view.shows(row.occurred_at, row.validity):
            return True
        if row.id in self._ids or row.message_id in self._messages:
            return True
        if self._conversation is None or row.conversation_id != self._conversation:
            return False
        return self._since is None or row.occurred_at >= self._since


class _Asked(NamedTuple):
    """One question to one person's memory."""

    scope: Scope
    question: Question
    cues: Cues
    today: date
    history: bool
    asking: bool


def _search_turns(asked: _Asked, k: int, skip: _Skip) -> tuple[tuple[Hit, ...], bool]:
    """Searches the indexes of a large scope, or scans a small one; also returns whether only words were compared."""
    if not asked.question.text.strip():
        return (), False
    indexes, state = large.known(asked.scope)
    if indexes is None:
        return _search(_scopes, asked, k, skip, state), False
    index, words_only = large.candidates_of(asked.scope, indexes, asked.question, asked.cues)
    return _best(index, asked, k, skip), words_only


def _search(cache: ScopeCache, asked: _Asked, k: int, skip: _Skip, state: State | None = None) -> tuple[Hit, ...]:
    if not asked.question.text.strip():
        return ()
    with cache.use(asked.scope, *asked.question.space, state) as index:
        return _best(index, asked, k, skip)


def _best(index: ScopeIndex, asked: _Asked, k: int, skip: _Skip) -> tuple[Hit, ...]:
    if not len(index):
        return ()
    scored = score(index, asked.question.text, asked.question.vector, asked.cues)
    return best(index, scored, k, skip, asked.cues, asked.today, every=asked.history, asking=asked.asking)
