"""Moves what belongs to an id of a platform to the id that replaces it: a migrated group, a new phone number.

The new id may be known already, because the platform or the person was quicker than the notice. Then its rows join
those of the old id: the people as in a link, and two open conversations of a chat become one. Call both functions in a
transaction. They are idempotent: a repeated notice finds nothing under the old id.

Only an adapter makes such a notice, from a request that it has verified, and it concerns its own channel only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models, transaction

from bots.models import Channel, Conversation, Identity, Person
from bots.models.lengths import ID_LENGTH
from bots.people import audit_log, identities, linking
from bots.people.identities import GROUP_PREFIX
from memory import database
from memory.lifecycle import merging as memories

Access = Identity.Access
# The strictest one first: a person keeps the access that either account has.
_ACCESS = (Access.DENIED, Access.APPROVED, Access.WAITING, Access.UNDECIDED)


def move_group(channel: Channel, old: str, new: str) -> None:
    """Moves the group with its policy, memory and conversations."""
    account = _take_over(channel, f"{GROUP_PREFIX}{old}", f"{GROUP_PREFIX}{new}")
    if account is not None and account.person.display_name == old[:200]:  # a group without a name is called by its id
        account.person.display_name = new[:200]
        account.person.save(update_fields=["display_name"])
    _finish(channel, account, _move_conversations(channel, old, new))


def move_person(channel: Channel, new_ids: Mapping[str, str]) -> None:
    """Moves the account of one person with its access, memory and private conversations.

    Args:
        channel: The channel of the account.
        new_ids: The person's ids, the new ones by the old ones.
    """
    accounts: list[Identity] = []
    moved = 0
    for old, new in new_ids.items():
        Identity.objects.filter(channel=channel, alt_id=old[:ID_LENGTH]).update(alt_id=new[:ID_LENGTH])
        account = _take_over(channel, old, new)
        if account is not None and accounts and account.person_id != accounts[0].person_id:
            linking.link(accounts[0].person, account.person, audit_log.PLATFORM)
        accounts += [account] if account is not None else []
        moved += _move_conversations(channel, old, new, chat_type="private")
    _move_allowance(channel, new_ids)
    _finish(channel, accounts[0] if accounts else None, moved)


def _take_over(channel: Channel, old_id: str, new_id: str) -> Identity | None:
    """Gives the account its new id. Returns it; None when nobody has the old id."""
    accounts = Identity.objects.select_related("person__bot").filter(channel=channel)
    old = accounts.filter(external_id=old_id[:ID_LENGTH]).first()
    new = accounts.filter(external_id=new_id[:ID_LENGTH]).first()
    if old is None:
        return None
    if new is not None:
        _absorb(old, new)
    old.external_id = new_id[:ID_LENGTH]
    old.save(update_fields=["external_id", "alt_id", "access", "user_name"])
    return old


def _absorb(old: Identity, new: Identity) -> None:
    if new.person_id != old.person_id:
        linking.link(old.person, new.person, audit_log.PLATFORM, groups=True)
    old.alt_id = new.alt_id or old.alt_id
    old.user_name = old.user_name or new.user_name
    old.access = next(access for access in _ACCESS if access in (old.access, new.access))
    person = old.person
    person.group_policy = person.group_policy or new.person.group_policy
    person.blocked = person.blocked or new.person.blocked
    person.save(update_fields=["group_policy", "blocked"])
    new.delete()


def _move_allowance(channel: Channel, new_ids: Mapping[str, str]) -> None:
    """Puts the new ids into the list of people who may write; an old phone number may get another owner."""
    listed = Channel.objects.select_for_update().values_list("allow_list", flat=True).get(pk=channel.pk)
    changed = list(dict.fromkeys(new_ids.get(one, one) if isinstance(one, str) else one for one in listed))
    if changed != listed:
        row = Channel.objects.get(pk=channel.pk)
        row.allow_list = changed
        row.save(update_fields=["allow_list"])


def _move_conversations(channel: Channel, old: str, new: str, **only: str) -> int:
    """Gives the conversations of a chat its new id. Returns their number."""
    there = Conversation.objects.filter(channel=channel, **only)
    for kept in there.open().filter(chat_id=old[:ID_LENGTH]):
        other = there.open().filter(chat_id=new[:ID_LENGTH], thread_id=kept.thread_id).first()
        if other is not None:
            _join(kept, other)
    return there.filter(chat_id=old[:ID_LENGTH]).update(chat_id=new[:ID_LENGTH])


def _join(kept: Conversation, other: Conversation) -> None:
    """Moves the rows of an open conversation to another one and closes it."""
    Conversation.objects.filter(pk__in=(kept.pk, other.pk)).renew()
    for model, name in _pointing_to_conversations():
        model._default_manager.filter(**{name: other}).update(**{name: kept})
    move = partial(memories.move_conversation, kept.bot_id, other.pk, kept.pk)
    if database.separate():
        transaction.on_commit(move, robust=True)  # a lost call leaves them with the closed conversation
    else:
        move()
    closed = {"state": Conversation.State.CLOSED, "state_data": {}, "closed_at": other.last_message_at}
    Conversation.objects.filter(pk=other.pk).update(**closed)
    taken_over = Conversation.State.HUMAN
    if other.state == taken_over != kept.state:
        Conversation.objects.filter(pk=kept.pk).update(state=taken_over, state_data={})


def _pointing_to_conversations() -> list[tuple[type[models.Model], str]]:
    """Returns every model with rows of a conversation, except the memory's, which it moves itself."""
    found = []
    for model in apps.get_models():
        if model._meta.app_label != "memory":
            fields: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
            found += [(model, field.name) for field in fields if field.related_model is Conversation]
    return found


def _finish(channel: Channel, account: Identity | None, conversations: int) -> None:
    transaction.on_commit(identities.clear_cache)
    if account is None:
        return
    person = Person.objects.select_related("bot").get(pk=account.person_id)
    audit_log.record(
        audit_log.Action.MOVE, person, audit_log.PLATFORM, counts={"accounts": 1, "conversations": conversations}
    )
