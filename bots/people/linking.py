"""Linking two people who are one human, and undoing it.

Everything of the second one (accounts, conversations, messages, usage, memories) moves to the first, and each row keeps
the id of whom it came from. The second one stays as an empty shell that says where its things are; undoing the link
gives it back what was its own and what was said through its accounts since.

All of it is one transaction. Where the memory lies in a database of its own, memories follow after the commit, and
`settle` finishes what a crash in between left.
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

from bots.models import Conversation, Identity, Message, Person, TurnUsage, WaitingMemory
from bots.people import audit_log, identities
from clawdbot.errors import ClawdbotError
from memory import database
from memory.lifecycle import merging as memories
from memory.types import Scope

_FOLLOWING = (Conversation, Message, TurnUsage)


class LinkRefused(ClawdbotError):
    """These two cannot be linked; the text says why, to whoever asked."""

    permanent = True


def link(kept: Person, moved: Person, actor: audit_log.Actor) -> Person:
    """Gives everything of `moved` to `kept` (or to whom that one is linked); doing it again changes nothing.

    Returns:
        The person who has everything now.

    Raises:
        LinkRefused: Other bots' people, groups, one person twice, or somebody who is linked elsewhere.
    """
    with transaction.atomic():
        hold([head_of(kept), moved])
        kept, moved = (Person.objects.select_related("bot").get(pk=one.pk) for one in (kept, moved))
        head = head_of(kept)
        if moved.linked_to_id == head.pk:
            return head
        _check(head, moved)
        Identity.objects.filter(person=moved, home=None).update(home=moved)
        counts = {"accounts": Identity.objects.filter(person=moved).update(person=head)}
        for model in _FOLLOWING:
            rows: Any = model._default_manager.filter(person=moved)
            counts[_name(model)] = rows.update(person=head, origin_id=Coalesce(F("origin_id"), Value(moved.pk)))
        WaitingMemory.objects.filter(person=moved).update(person=head)
        Person.objects.filter(pk=moved.pk).update(linked_to=head, linked_at=timezone.now())
        _then(counts, partial(memories.absorb, _scope(moved), _scope(head)), at_once=False)
        for person in (head, moved):
            audit_log.record(audit_log.Action.LINK, person, actor, counts=counts)
        transaction.on_commit(identities.clear_cache)
    return head


def unlink(moved: Person, actor: audit_log.Actor, *, at_once: bool = False) -> bool:
    """Gives a linked person back what came from them, and from whoever was linked to them; False when not linked.

    Args:
        moved: who was linked to another one.
        actor: who asked for it.
        at_once: memories do not wait for the commit, also where they lie in another database.
    """
    with transaction.atomic():
        moved = Person.objects.select_related("bot").get(pk=moved.pk)
        if moved.linked_to_id is None:
            return False
        head = head_of(moved)
        hold([head, moved])
        origins = [moved.pk, *(one.pk for one in linked_to(moved))]
        counts = {"accounts": Identity.objects.filter(person=head, home__in=origins).update(person=moved)}
        Identity.objects.filter(person=moved, home=moved).update(home=None)
        for model in _FOLLOWING:
            rows: Any = model._default_manager
            counts[_name(model)] = rows.filter(person=head, origin_id__in=origins).update(person=moved)
            rows.filter(person=moved, origin_id=moved.pk).update(origin_id=None)
        _give_back_waiting(head, moved, origins)
        Person.objects.filter(pk=moved.pk).update(linked_to=None, linked_at=None)
        _then(counts, partial(memories.give_back, _scope(head), origins, _scope(moved)), at_once)
        for person in (head, moved):
            audit_log.record(audit_log.Action.UNLINK, person, actor, counts=counts)
        transaction.on_commit(identities.clear_cache)
    return True


def head_of(person: Person) -> Person:
    """Who has everything of this person: the one at the end of the links, mostly the person itself."""
    seen = {person.pk}
    while person.linked_to_id is not None and person.linked_to_id not in seen:
        seen.add(person.linked_to_id)
        person = Person.objects.select_related("bot").get(pk=person.linked_to_id)
    return person


def linked_to(person: Person) -> list[Person]:
    """The people whose everything is kept with this one, directly or through another."""
    found: list[Person] = []
    heads = [person.pk]
    while heads:
        below = list(Person.objects.filter(linked_to__in=heads).select_related("bot").order_by("linked_at", "pk"))
        found += below
        heads = [one.pk for one in below]
    return found


def hold(people: Collection[Person]) -> None:
    """Waits for turns of these people that are being closed, and makes later ones wait (see `bots.speakers.hold`)."""
    ids = [person.pk for person in people]
    list(Identity.objects.select_for_update().filter(person__in=ids).order_by("pk").values_list("pk", flat=True))
    list(Person.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))


def settle() -> int:
    """Moves memories that are not where the links say; returns how many rows moved.

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


def _check(head: Person, moved: Person) -> None:
    if head.pk == moved.pk:
        raise LinkRefused(_("These two are the same person already."))
    if head.bot_id != moved.bot_id:
        raise LinkRefused(_("Only people of one bot can be linked."))
    if Person.Kind.GROUP in (head.kind, moved.kind):
        raise LinkRefused(_("A group cannot be linked."))
    if moved.linked_to_id is not None:
        raise LinkRefused(_("This person is linked to another one already; undo that first."))


def _then(counts: dict[str, int], move: partial[int], at_once: bool) -> None:
    """Moves the memories now, or after the commit where they lie in another database."""
    if database.separate() and not at_once:
        transaction.on_commit(move, robust=True)  # what fails here is found by `settle`
    else:
        counts["memories"] = move()


def _give_back_waiting(head: Person, moved: Person, origins: Collection[int]) -> None:
    """Turns on their way to a separate memory database; each row holds those of one turn."""
    for row in WaitingMemory.objects.select_for_update().filter(person=head):
        came_from = {line.get("origin_id") or line.get("person_id") for line in row.turns}
        if came_from & set(origins):
            WaitingMemory.objects.filter(pk=row.pk).update(person=moved)


def _name(model: Any) -> str:
    return {Conversation: "conversations", Message: "messages", TurnUsage: "usage"}[model]


def _scope(person: Person) -> Scope:
    return Scope(person.bot_id, person.pk)
