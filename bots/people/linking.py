"""Links two people who are one human, and unlinks them.

A link moves all rows of the second person (accounts, conversations, messages, usage, memories) to the first; each row
keeps the id of its origin. The second person stays, without rows, and refers to the first. Unlinking gives it back its
own rows and those that its accounts have added since.

Each is one transaction. With a separate memory database, memories move after the commit, and `settle` moves those that
a crash in between left behind.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from bots.models import Conversation, Identity, Message, Person, Schedule, TurnUsage, WaitingMemory
from bots.people import audit_log, identities
from clawdbot.errors import ClawdbotError
from memory import database
from memory.lifecycle import merging as memories
from memory.types import Scope

_FOLLOWING = (Conversation, Message, TurnUsage, Schedule)


class LinkRefused(ClawdbotError):
    """These two people cannot be linked; the text tells the person why."""

    permanent = True


def link(kept: Person, moved: Person, actor: audit_log.Actor, *, groups: bool = False) -> Person:
    """Moves all rows of `moved` to `kept`, or to the person that `kept` is linked to. Idempotent.

    Args:
        kept: The person who gets the rows.
        moved: The person whose rows move.
        actor: Who asked for it.
        groups: Both may be groups: the platform says that they are one.

    Returns:
        The person who has the rows now.

    Raises:
        LinkRefused: Both are one person, of different bots, or a group, or `moved` is linked to another person.
    """
    with transaction.atomic():
        lock([head_of(kept), moved])
        kept, moved = (Person.objects.select_related("bot").get(pk=one.pk) for one in (kept, moved))
        head = head_of(kept)
        if moved.linked_to_id == head.pk:
            return head
        _check(head, moved, groups=groups)
        Identity.objects.filter(person=moved, home=None).update(home=moved)
        counts = {"accounts": Identity.objects.filter(person=moved).update(person=head)}
        _renumber(moved, head)
        _share_wishes(moved, head)
        for model in _FOLLOWING:
            rows: Any = model._default_manager.filter(person=moved)
            counts[_name(model)] = rows.update(person=head, origin_id=Coalesce(F("origin_id"), Value(moved.pk)))
        WaitingMemory.objects.filter(person=moved).update(person=head)
        Person.objects.filter(pk=moved.pk).update(linked_to=head, linked_at=timezone.now())
        _move_memories(counts, partial(memories.absorb, _scope(moved), _scope(head)), at_once=False)
        for person in (head, moved):
            audit_log.record(audit_log.Action.LINK, person, actor, counts=counts)
        transaction.on_commit(identities.clear_cache)
    return head


def unlink(moved: Person, actor: audit_log.Actor, *, at_once: bool = False) -> bool:
    """Gives a linked person back the rows that came from them and from everybody linked to them.

    Args:
        moved: The person who is linked to another one.
        actor: Who asked for it.
        at_once: Move memories before the commit, even in a separate memory database.

    Returns:
        False when the person is not linked.
    """
    with transaction.atomic():
        moved = Person.objects.select_related("bot").get(pk=moved.pk)
        if moved.linked_to_id is None:
            return False
        head = head_of(moved)
        lock([head, moved])
        origins = [moved.pk, *(one.pk for one in linked_to(moved))]
        counts = {"accounts": Identity.objects.filter(person=head, home__in=origins).update(person=moved)}
        Identity.objects.filter(person=moved, home=moved).update(home=None)
        for model in _FOLLOWING:
            rows: Any = model._default_manager
            counts[_name(model)] = rows.filter(person=head, origin_id__in=origins).update(person=moved)
            rows.filter(person=moved, origin_id=moved.pk).update(origin_id=None)
        _give_back_waiting(head, moved, origins)
        Person.objects.filter(pk=moved.pk).update(linked_to=None, linked_at=None)
        _move_memories(counts, partial(memories.give_back, _scope(head), origins, _scope(moved)), at_once)
        for person in (head, moved):
            audit_log.record(audit_log.Action.UNLINK, person, actor, counts=counts)
        transaction.on_commit(identities.clear_cache)
    return True


def head_of(person: Person) -> Person:
    """Returns the person at the end of the links, who has this person's rows; without a link the person itself."""
    seen = {person.pk}
    while person.linked_to_id is not None and person.linked_to_id not in seen:
        seen.add(person.linked_to_id)
        person = Person.objects.select_related("bot").get(pk=person.linked_to_id)
    return person


def linked_to(person: Person) -> list[Person]:
    """Returns the people who are linked to this one, directly or through another."""
    found: list[Person] = []
    heads = [person.pk]
    while heads:
        below = list(Person.objects.filter(linked_to__in=heads).select_related("bot").order_by("linked_at", "pk"))
        found += below
        heads = [one.pk for one in below]
    return found


def lock(people: Collection[Person]) -> None:
    """Locks these people and their accounts: waits for turns that are closing and blocks later ones.

    The other side is `bots.pipeline.dispatch.closing`, which locks the account of a turn.
    """
    ids = [person.pk for person in people]
    list(Identity.objects.select_for_update().filter(person__in=ids).order_by("pk").values_list("pk", flat=True))
    list(Person.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))


def settle() -> int:
    """Moves memories that are not with the person the links say. Returns the number of moved rows.

    Only a crash between the commits of two databases leaves such rows.
    """
    moved = 0
    for person in Person.objects.exclude(linked_to=None).select_related("bot"):
        moved += memories.absorb(_scope(person), _scope(head_of(person)))
    for scope, origin in list(memories.strays()):
        source = Person.objects.filter(pk=origin).first()
        if source is not None and scope.person_id != (head := head_of(source)).pk:
            origins = [head.pk, *(one.pk for one in linked_to(head))]
            moved += memories.give_back(scope, origins, _scope(head))
    return moved


def _check(head: Person, moved: Person, *, groups: bool) -> None:
    if head.pk == moved.pk:
        raise LinkRefused(_("These two are the same person already."))
    if head.bot_id != moved.bot_id:
        raise LinkRefused(_("Only people of one bot can be linked."))
    if Person.Kind.GROUP in (head.kind, moved.kind) and not (groups and head.kind == moved.kind):
        raise LinkRefused(_("A group cannot be linked."))
    if moved.linked_to_id is not None:
        raise LinkRefused(_("This person is linked to another one already; undo that first."))


def _move_memories(counts: dict[str, int], move: partial[int], at_once: bool) -> None:
    """Moves the memories now, or after the commit if they are in a separate database."""
    if database.separate() and not at_once:
        transaction.on_commit(move, robust=True)  # `settle` repeats a failed move
    else:
        counts["memories"] = move()


def _give_back_waiting(head: Person, moved: Person, origins: Collection[int]) -> None:
    """Gives back memories that wait for a separate memory database; each row holds those of one turn."""
    for row in WaitingMemory.objects.select_for_update().filter(person=head):
        came_from = {line.get("origin_id") or line.get("person_id") for line in row.turns}
        if came_from & set(origins):
            WaitingMemory.objects.filter(pk=row.pk).update(person=moved)


def _renumber(moved: Person, head: Person) -> None:
    """Gives the reminders of `moved` numbers that those of `head` do not have."""
    rows = Schedule.objects.open().order_by("number")
    taken = set(rows.filter(person__in=(moved, head)).values_list("number", flat=True))
    theirs = set(rows.filter(person=head).values_list("number", flat=True))
    for row in rows.filter(person=moved, number__in=theirs):
        row.number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        taken.add(row.number)
        row.save(update_fields=["number"])


def _share_wishes(moved: Person, head: Person) -> None:
    """Gives the head the labels of `moved`, and the wish of either to get no broadcasts. An unlink leaves both."""
    head.labels.add(*moved.labels.all())
    if moved.unsubscribed_at is not None:
        Person.objects.filter(pk=head.pk, unsubscribed_at=None).update(unsubscribed_at=moved.unsubscribed_at)


def _name(model: Any) -> str:
    names = {Conversation: "conversations", Message: "messages", TurnUsage: "usage", Schedule: "reminders"}
    return names[model]


def _scope(person: Person) -> Scope:
    return Scope(person.bot_id, person.pk)
