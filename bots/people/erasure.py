"""Erases a person's data and proves it: rows, words, vectors, caches, derived rows, exports, transcripts.

One transaction deletes everything; after its commit a search looks for it again. Each erasure writes two rows to the
audit log: one inside the transaction (what was deleted), one after it (what the search still finds: proved or failed).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections, transaction
from django.db.models import Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.models import (
    Balance,
    BroadcastPerson,
    Conversation,
    DialogTimer,
    EvaluationCase,
    Identity,
    InboundEvent,
    Limit,
    Message,
    Occurrence,
    OutboundMessage,
    OwnerKind,
    Person,
    PersonDay,
    ReceivedFile,
    ReplayTurn,
    Schedule,
    SentFile,
    TurnUsage,
    WaitingMemory,
)
from bots.models.file import uploads
from bots.people import audit_log, export, linking
from clawdbot.errors import ClawdbotError
from memory import database
from memory.lifecycle import erasure_proof
from memory.lifecycle.topic_search import Topic
from memory.models import MemoryEntry
from memory.storage import work_leases
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.types import Scope
from skills.models import SkillRun, SkillState, ToolCall

logger = logging.getLogger(__name__)
_BATCH = 500


class NotProved(ClawdbotError):
    """A search still finds erased data; the audit log says what."""

    permanent = True


@dataclass(slots=True)
class Erasure:
    """The result of an erasure.

    Attributes:
        counts: Number of deleted rows, by kind.
        found: What the search found afterwards; empty until the surrounding transaction is committed.
    """

    counts: dict[str, int]
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def memories(self) -> int:
        return self.counts["memories"]


def erase_memories(person: Person, actor: audit_log.Actor, ids: Collection[int] | None = None) -> Erasure:
    """Erases a person's memories: all, or those with these ids and their duplicates.

    The team's transcript stays complete; the model and the chat page no longer see the messages behind the memories.

    Raises:
        NotProved: A search still finds some of it.
    """
    with transaction.atomic():
        head = linking.head_of(person)
        linking.lock([person, head])
        whole = ids is None
        scope = Scope(person.bot_id, head.pk)
        mine = Q(person=head)
        if ids is None and head.pk != person.pk:  # linked: only the rows that came from this person
            work_leases.end(scope)
            origins = [person.pk, *(one.pk for one in linking.linked_to(person))]
            ids = list(of_scope(scope).filter(origin_id__in=origins).values_list("pk", flat=True))
            mine = Q(person__in=origins) | Q(origin_id__in=origins)
        gone = erasure_proof.traces(scope, ids)
        rows = of_scope(scope)
        drop_admin_history(MemoryEntry, rows if ids is None else rows.filter(pk__in=list(ids)))
        if whole:
            _hide_conversations(mine)
        else:
            _hide_messages(rows, list(ids or ()))
        erased = Erasure({"memories": MemoryStore(person.bot_id).erase(scope, ids)})
        if erased.memories or whole:
            # an export contains the erased memories, even a single one
            erased.counts["exports"] = export.remove(head)
            audit_log.record(
                audit_log.Action.ERASE if whole else audit_log.Action.DELETE, person, actor, counts=erased.counts
            )
            transaction.on_commit(overwrite_deleted)
            transaction.on_commit(partial(prove, person, actor, erased, [gone], partial(_exports_left, [head])))
    return erased


def _drop_waiting(conversations: Collection[int]) -> None:
    """Closes the messages that wait for a model: what was said before the erasure must not be remembered after it.

    A worker that is at such a message loses its claim, because the row is closed.
    """
    waiting = InboundEvent.objects.open().filter(conversation__in=conversations, waiting_since__isnull=False)
    for row in waiting:
        row.strip_contents()
        InboundEvent.objects.open().filter(pk=row.pk).update(
            state=InboundEvent.State.IGNORED,
            payload=row.payload,
            waiting_since=None,
            finished_at=timezone.now(),
        )
        ReceivedFile.objects.filter(inbound=row).delete()


def hide_all(person: Person) -> None:
    """Hides this person's messages from the model and the chat page, and drops the admin's history of the memories."""
    drop_admin_history(MemoryEntry, of_scope(Scope(person.bot_id, person.pk)))
    _hide_conversations(Q(person=person))


def hide_topic(person: Person, ids: Collection[int], topic: Topic) -> None:
    """Hides the messages behind these memories, and all messages and summaries about the topic.

    Messages about it may be no memories: the answer of a command lists what is remembered.
    """
    rows = of_scope(Scope(person.bot_id, person.pk))
    drop_admin_history(MemoryEntry, rows.filter(pk__in=list(ids)))
    _hide_messages(rows, list(ids))
    chats = Conversation.objects.filter(person=person)
    texts = Message.objects.filter(conversation__person=person, forgotten=False).values_list("pk", "text")
    about = [pk for pk, text in texts.iterator(chunk_size=_BATCH) if topic.is_in(text)]
    for start in range(0, len(about), _BATCH):
        Message.objects.filter(pk__in=about[start : start + _BATCH]).update(forgotten=True)
    told = chats.exclude(summary="").values_list("pk", "summary")
    Conversation.objects.filter(pk__in=[pk for pk, summary in told if topic.is_in(summary)]).update(summary="")


def _hide_conversations(mine: Q) -> None:
    """Hides the messages of all conversations, because a new one may quote an old one, and the open summaries."""
    chats = Conversation.objects.filter(mine)
    for start in range(0, len(ids := list(chats.values_list("pk", flat=True))), _BATCH):
        Message.objects.filter(conversation__in=ids[start : start + _BATCH], forgotten=False).update(forgotten=True)
    _drop_waiting(list(chats.filter(closed_at=None).values_list("pk", flat=True)))
    chats.exclude(summary="", summary_due_at=None).update(summary="", summary_through=None, summary_due_at=None)
    # What a person told an open flow; without it the next message ends the flow.
    DialogTimer.objects.filter(conversation__in=ids).delete()
    chats.filter(state=Conversation.State.COLLECTING).update(state_data={})


def _hide_messages(rows: QuerySet[MemoryEntry], ids: list[int]) -> None:
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        said = rows.filter(Q(pk__in=batch) | Q(duplicate_of__in=batch), message__isnull=False)
        Message.objects.filter(pk__in=list(said.values_list("message_id", flat=True))).update(forgotten=True)


def erase(person: Person, actor: audit_log.Actor) -> Erasure:
    """Erases a person and everybody linked to them: memories, conversations, accounts, usage, exports.

    Raises:
        NotProved: A search still finds some of it.
    """
    with transaction.atomic():
        # If the person is linked to another one, only the rows that came from them are erased; the other person stays.
        linking.unlink(person, actor, at_once=True)
        people = [person, *linking.linked_to(person)]
        linking.lock(people)
        records = _Records(people)
        gone, counts = [], {"memories": 0, **records.counts()}
        for scope, ids in records.memory():
            gone.append(erasure_proof.traces(scope, ids))
            drop_admin_history(MemoryEntry, of_scope(scope))
            counts["memories"] += MemoryStore(scope.bot_id).erase(scope, ids)
        counts["exports"] = sum(export.remove(one) for one in people)
        audit_log.record(audit_log.Action.ERASE, person, actor, counts=counts)
        records.delete()
        erased = Erasure(counts)
        transaction.on_commit(overwrite_deleted)
        transaction.on_commit(
            partial(prove, person, actor, erased, gone, lambda: {**records.left(), **_exports_left(people)})
        )
    return erased


class _Records:
    """All rows about these people outside the memory. Reads their keys first, so that the proof can search for them."""

    def __init__(self, people: list[Person]) -> None:
        self._people = [person.pk for person in people]
        self._bots = {person.pk: person.bot_id for person in people}
        accounts = list(Identity.objects.filter(person__in=self._people).values_list("pk", "channel_id", "external_id"))
        chats = Conversation.objects.filter(person__in=self._people)
        self._identities = [pk for pk, _channel, _external in accounts]
        self._conversations = list(chats.values_list("pk", flat=True))
        last = InboundEvent.objects.aggregate(last=Max("pk"))["last"] or 0
        self._events = self._inbound(accounts, chats) & Q(pk__lte=last)
        self._event_ids = list(InboundEvent.objects.filter(self._events).values_list("pk", flat=True))
        rows = self._rows()
        stored = (rows[kind].values_list("file", flat=True) for kind in ("files", "sent_files"))
        self._stored = [name for names in stored for name in names if name]

    def _inbound(self, accounts: list[tuple[int, int, str]], chats: Any) -> Q:
        """Matches events of these people's accounts and chats, also those without a conversation."""
        keys = {f"{channel}:{chat}:{thread}"[:255] for channel, chat, thread in
                chats.values_list("channel_id", "chat_id", "thread_id")}  # fmt: skip
        found = Q(conversation__in=self._conversations) | Q(queue_key__in=keys)
        for _pk, channel, external in accounts:
            found |= Q(channel=channel, payload__user_id=external)
        return found

    def memory(self) -> Iterable[tuple[Scope, list[int] | None]]:
        """Yields the memories to erase: these people's own (ids None), and what groups remember of their messages."""
        for pk in self._people:
            yield Scope(self._bots[pk], pk), None
        said = Message.objects.filter(person__in=self._people).exclude(conversation__in=self._conversations)
        by_scope: dict[Scope, list[int]] = {}
        ids = list(said.values_list("pk", flat=True))
        for start in range(0, len(ids), _BATCH):
            rows = MemoryEntry.objects.filter(bot__in=set(self._bots.values()), role="user")
            for pk, bot, person in rows.filter(message__in=ids[start : start + _BATCH]).values_list(
                "pk", "bot_id", "person_id"
            ):
                by_scope.setdefault(Scope(bot, person), []).append(pk)
        yield from by_scope.items()

    def _rows(self) -> dict[str, Any]:
        chats = self._conversations
        made = Q(person__in=self._people) | Q(conversation__in=chats)
        waiting = Q(person__in=self._people) | Q(inbound_id__in=self._event_ids)
        return {
            "waiting": WaitingMemory.objects.filter(waiting),
            "files": ReceivedFile.objects.filter(Q(conversation__in=chats) | Q(inbound__in=self._event_ids)),
            "sent_files": SentFile.objects.filter(
                Q(conversation__in=chats) | Q(inbound__in=self._event_ids) | Q(message__person__in=self._people)
            ),
            "replays": ReplayTurn.objects.filter(
                ReplayTurn.objects.about(self._people) | Q(message__conversation__in=chats)
            ),
            "saved_questions": EvaluationCase.objects.filter(
                EvaluationCase.objects.about(self._people) | Q(message__conversation__in=chats)
            ),
            "messages": Message.objects.filter(Q(person__in=self._people) | Q(conversation__in=chats)),
            "events": InboundEvent.objects.filter(self._events),
            "sent": OutboundMessage.objects.filter(Q(conversation__in=chats) | Q(message__person__in=self._people)),
            "usage": TurnUsage.objects.filter(Q(person__in=self._people) | Q(conversation__in=chats)),
            "usage_days": PersonDay.objects.filter(person__in=self._people),
            "limits": Limit.objects.filter(person__in=self._people),
            "balances": Balance.objects.filter(
                kind__in=(OwnerKind.PERSON, OwnerKind.CHAT), owner__in=list(map(str, self._people))
            ),
            "tool_calls": ToolCall.objects.filter(Q(conversation__in=chats) | Q(inbound__in=self._event_ids)),
            "broadcasts": BroadcastPerson.objects.filter(person__in=self._people),
            "reminded": Occurrence.objects.filter(
                Q(schedule__person__in=self._people) | Q(schedule__conversation__in=chats)
            ),
            "reminders": Schedule.objects.filter(made),
            "skill_runs": SkillRun.objects.filter(conversation__in=chats),
            "open_questions": DialogTimer.objects.filter(conversation__in=chats),
            "skill_states": SkillState.objects.filter(person__in=self._people),
            "conversations": Conversation.objects.filter(pk__in=chats),
            "accounts": Identity.objects.filter(pk__in=self._identities),
            "people": Person.objects.filter(pk__in=self._people),
        }

    def counts(self) -> dict[str, int]:
        return {name: rows.count() for name, rows in self._rows().items()}

    def left(self) -> dict[str, int]:
        """Returns the number of remaining rows and files by kind; call it after the commit."""
        return {**self.counts(), "stored_bytes": sum(map(uploads().exists, self._stored))}

    def delete(self) -> None:
        for rows in self._rows().values():
            drop_admin_history(rows.model, rows)
            rows.delete()


def drop_admin_history(model: Any, rows: QuerySet[Any]) -> None:
    """Deletes the admin's history of these rows, which repeats names and the beginnings of texts."""
    history = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    keys = history.values_list("object_id", flat=True).distinct()
    noted = [int(key) for key in keys if key and key.isdecimal()]
    for start in range(0, len(noted), _BATCH):
        ids = rows.filter(pk__in=noted[start : start + _BATCH]).values_list("pk", flat=True)
        history.filter(object_id__in=list(map(str, ids))).delete()


def overwrite_deleted() -> None:
    """Empties SQLite's write-ahead log, which keeps erased data until it is full. Other databases need nothing."""
    for alias in {DEFAULT_DB_ALIAS, database.alias()}:
        held: Any = connections[alias]
        if not hasattr(held, "overwrite_deleted") or held.in_atomic_block:
            continue
        try:
            emptied = held.overwrite_deleted()
        except DatabaseError:  # the rows are deleted; this must not keep the proof from running
            emptied = False
        if not emptied:
            logger.info("erasure: the write-ahead log of %s is in use and is emptied later", alias)


def _exports_left(people: Iterable[Person]) -> dict[str, int]:
    return {"exports": sum(export.count(one) for one in people)}


def prove(
    person: Person,
    actor: audit_log.Actor,
    erased: Erasure,
    gone: Sequence[erasure_proof.Traces],
    left: Callable[[], dict[str, int]],
) -> None:
    """Searches for what an erasure deleted and writes the result to the audit log.

    Args:
        person: The person whose data it was.
        actor: Who erased it.
        erased: Gets what is found.
        gone: What to search for in the memory.
        left: Returns the number of remaining rows outside the memory, by kind.

    Raises:
        NotProved: The search found something.
    """
    found: dict[str, Any] = {}
    for number, traces in enumerate(gone):
        searched = erasure_proof.search_again(traces)
        found |= searched if number == 0 else {f"{name}_{number}": value for name, value in searched.items()}
    found |= left()
    erased.found = found
    proved = erasure_proof.is_proved(found)
    result = audit_log.Result.PROVED if proved else audit_log.Result.FAILED
    audit_log.record(audit_log.Action.PROOF, person, actor, proof=found, result=result)
    if not proved:
        logger.critical("an erasure is not complete: %s", found)
        raise NotProved(_("A search still finds erased data. The audit log says what it found; erase it again."))
