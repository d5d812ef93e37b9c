"""Erasing what is known of a person, and proving it: rows, words, vectors, caches, derived rows, exports, transcripts.

One transaction removes everything; after its commit everything is searched for again. Each erasure leaves two rows in
the audit log: one inside the transaction (what went), one after it (what a search still finds: nothing, or the alarm).
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
from django.utils.translation import gettext as _

from bots.models import (
    Conversation,
    Identity,
    InboundEvent,
    Message,
    OutboundMessage,
    Person,
    ReceivedFile,
    SentFile,
    TurnUsage,
    WaitingMemory,
)
from bots.models.file import uploads
from bots.people import audit_log, export, linking
from clawdbot.errors import ClawdbotError
from memory import database
from memory.lifecycle import erasure_proof
from memory.models import MemoryEntry
from memory.storage import work_leases
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.types import Scope
from skills.models import SkillRun

logger = logging.getLogger(__name__)
_PART = 500


class NotProved(ClawdbotError):
    """Something that was erased is still found; the audit log says what."""

    permanent = True


@dataclass(slots=True)
class Erasure:
    """What an erasure did.

    Attributes:
        counts: rows that went, by kind.
        found: what a search found afterwards; empty as long as the surrounding transaction is not committed.
    """

    counts: dict[str, int]
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def memories(self) -> int:
        return self.counts["memories"]


def erase_memories(person: Person, actor: audit_log.Actor, ids: Collection[int] | None = None) -> Erasure:
    """Erases a person's memories, all or those with these ids (and their copies).

    Conversations stay on record for the team; the model and the chat page no longer see in them what is forgotten.

    Raises:
        NotProved: A search still finds some of it.
    """
    with transaction.atomic():
        head = linking.head_of(person)
        linking.hold([person, head])
        whole = ids is None
        scope = Scope(person.bot_id, head.pk)
        mine = Q(person=head)
        if ids is None and head.pk != person.pk:  # linked: only what came from this person
            work_leases.end(scope)
            origins = [person.pk, *(one.pk for one in linking.linked_to(person))]
            ids = list(of_scope(scope).filter(origin_id__in=origins).values_list("pk", flat=True))
            mine = Q(person__in=origins) | Q(origin_id__in=origins)
        gone = erasure_proof.traces(scope, ids)
        rows = of_scope(scope)
        drop_admin_history(MemoryEntry, rows if ids is None else rows.filter(pk__in=list(ids)))
        if whole:
            _unsee_all(mine)
        else:
            _unsee(rows, list(ids or ()))
        erased = Erasure({"memories": MemoryStore(person.bot_id).erase(scope, ids)})
        if erased.memories or whole:
            # a copy of what was known holds what is erased now, be it one memory
            erased.counts["exports"] = export.remove(head)
            audit_log.record(
                audit_log.Action.ERASE if whole else audit_log.Action.DELETE, person, actor, counts=erased.counts
            )
            transaction.on_commit(overwrite_deleted)
            transaction.on_commit(partial(prove, person, actor, erased, [gone], partial(_exports_left, [head])))
    return erased


def hide_all(person: Person) -> None:
    """Takes from the model and the chat page what this person said, and from the admin's history what is remembered."""
    drop_admin_history(MemoryEntry, of_scope(Scope(person.bot_id, person.pk)))
    _unsee_all(Q(person=person))


def _unsee_all(mine: Q) -> None:
    """Of these conversations the open ones; closed ones are shown to nobody but the team anyway."""
    going_on = list(Conversation.objects.filter(mine, closed_at=None).values_list("pk", flat=True))
    Message.objects.filter(conversation__in=going_on).update(forgotten=True)
    Conversation.objects.filter(pk__in=going_on).exclude(summary="").update(summary="")


def _unsee(rows: QuerySet[MemoryEntry], ids: list[int]) -> None:
    for start in range(0, len(ids), _PART):
        part = ids[start : start + _PART]
        said = rows.filter(Q(pk__in=part) | Q(duplicate_of__in=part), message__isnull=False)
        Message.objects.filter(pk__in=list(said.values_list("message_id", flat=True))).update(forgotten=True)


def erase(person: Person, actor: audit_log.Actor) -> Erasure:
    """Erases a person wholly, with whoever is linked to them: memories, conversations, accounts, usage, exports.

    Raises:
        NotProved: A search still finds some of it.
    """
    with transaction.atomic():
        # A linked person takes along only what came from them; what they are linked to stays.
        linking.unlink(person, actor, at_once=True)
        people = [person, *linking.linked_to(person)]
        linking.hold(people)
        whole = _Whole(people)
        gone, counts = [], {"memories": 0, **whole.counts()}
        for scope, ids in whole.memory():
            gone.append(erasure_proof.traces(scope, ids))
            drop_admin_history(MemoryEntry, of_scope(scope))
            counts["memories"] += MemoryStore(scope.bot_id).erase(scope, ids)
        counts["exports"] = sum(export.remove(one) for one in people)
        audit_log.record(audit_log.Action.ERASE, person, actor, counts=counts)
        whole.delete()
        erased = Erasure(counts)
        transaction.on_commit(overwrite_deleted)
        transaction.on_commit(
            partial(prove, person, actor, erased, gone, lambda: {**whole.left(), **_exports_left(people)})
        )
    return erased


class _Whole:
    """Every row about these people outside the memory, noted before it goes, so that it can be looked for after."""

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
        """Events of these people's accounts and chats, also those that made no conversation."""
        keys = {f"{channel}:{chat}:{thread}"[:255] for channel, chat, thread in
                chats.values_list("channel_id", "chat_id", "thread_id")}  # fmt: skip
        found = Q(conversation__in=self._conversations) | Q(queue_key__in=keys)
        for _pk, channel, external in accounts:
            found |= Q(channel=channel, payload__user_id=external)
        return found

    def memory(self) -> Iterable[tuple[Scope, list[int] | None]]:
        """The memories to forget: these people's own, and what they said that a group remembers."""
        for pk in self._people:
            yield Scope(self._bots[pk], pk), None
        said = Message.objects.filter(person__in=self._people).exclude(conversation__in=self._conversations)
        by_scope: dict[Scope, list[int]] = {}
        ids = list(said.values_list("pk", flat=True))
        for start in range(0, len(ids), _PART):
            rows = MemoryEntry.objects.filter(bot__in=set(self._bots.values()), role="user")
            for pk, bot, person in rows.filter(message__in=ids[start : start + _PART]).values_list(
                "pk", "bot_id", "person_id"
            ):
                by_scope.setdefault(Scope(bot, person), []).append(pk)
        yield from by_scope.items()

    def _rows(self) -> dict[str, Any]:
        chats = self._conversations
        waiting = Q(person__in=self._people) | Q(inbound_id__in=self._event_ids)
        return {
            "waiting": WaitingMemory.objects.filter(waiting),
            "files": ReceivedFile.objects.filter(Q(conversation__in=chats) | Q(inbound__in=self._event_ids)),
            "sent_files": SentFile.objects.filter(
                Q(conversation__in=chats) | Q(inbound__in=self._event_ids) | Q(message__person__in=self._people)
            ),
            "messages": Message.objects.filter(Q(person__in=self._people) | Q(conversation__in=chats)),
            "events": InboundEvent.objects.filter(self._events),
            "sent": OutboundMessage.objects.filter(Q(conversation__in=chats) | Q(message__person__in=self._people)),
            "usage": TurnUsage.objects.filter(Q(person__in=self._people) | Q(conversation__in=chats)),
            "skill_runs": SkillRun.objects.filter(conversation__in=chats),
            "conversations": Conversation.objects.filter(pk__in=chats),
            "accounts": Identity.objects.filter(pk__in=self._identities),
            "people": Person.objects.filter(pk__in=self._people),
        }

    def counts(self) -> dict[str, int]:
        return {name: rows.count() for name, rows in self._rows().items()}

    def left(self) -> dict[str, int]:
        """What is still there, by kind; called after the commit."""
        return {**self.counts(), "stored_bytes": sum(map(uploads().exists, self._stored))}

    def delete(self) -> None:
        for rows in self._rows().values():
            drop_admin_history(rows.model, rows)
            rows.delete()


def drop_admin_history(model: Any, rows: QuerySet[Any]) -> None:
    """The admin's own history of these rows, which repeats names and the beginnings of texts."""
    history = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
    keys = history.values_list("object_id", flat=True).distinct()
    noted = [int(key) for key in keys if key and key.isdecimal()]
    for start in range(0, len(noted), _PART):
        ids = rows.filter(pk__in=noted[start : start + _PART]).values_list("pk", flat=True)
        history.filter(object_id__in=list(map(str, ids))).delete()


def overwrite_deleted() -> None:
    """SQLite's log would keep what was erased until it is full; other databases see to that by themselves."""
    for alias in {DEFAULT_DB_ALIAS, database.alias()}:
        held: Any = connections[alias]
        if not hasattr(held, "overwrite_deleted") or held.in_atomic_block:
            continue
        try:
            emptied = held.overwrite_deleted()
        except DatabaseError:  # the rows are gone, and the proof is still to come
            emptied = False
        if not emptied:
            logger.info("an erasure: the log of %s is in use and is emptied later", alias)


def _exports_left(people: Iterable[Person]) -> dict[str, int]:
    return {"exports": sum(export.count(one) for one in people)}


def prove(
    person: Person,
    actor: audit_log.Actor,
    erased: Erasure,
    gone: Sequence[erasure_proof.Traces],
    left: Callable[[], dict[str, int]],
) -> None:
    """Searches for what an erasure removed and notes the result in the audit log.

    Args:
        person: whose data it was.
        actor: who erased it.
        erased: gets what is found.
        gone: what is searched for in the memory.
        left: counts of what is still there besides, by kind.

    Raises:
        NotProved: Something is still found.
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
        raise NotProved(_("Something of what was erased is still found. The audit log says what; erase it again."))
