"""Finds the speaker of an event: the account, its person and their open conversation."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from cachetools import TTLCache
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from adapters import registry
from adapters.events import Event, EventKind
from adapters.web.events import PLATFORM, WebFacts, facts_of
from bots.models import Channel, Conversation, Identity, Person, sql
from bots.models.lengths import ID_LENGTH
from clawdbot.errors import ClawdbotError

PERSON_TTL_S = 5.0
GROUP_PREFIX = "group:"  # of a group's external id, so that it never equals the id of an account
_lock = threading.Lock()
_identities: TTLCache[tuple[int, str], Identity] = TTLCache(maxsize=10_000, ttl=PERSON_TTL_S)


class MessagesVersion(NamedTuple):
    """The version of a conversation's messages, read together with its row; every change makes a new version.

    Turns of a chat run one after the other, and each adds messages. Every other writer advances
    `Conversation.last_message_at`, which only grows.
    """

    last_message_at: datetime
    newest_id: int | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """The author of an event and the open conversation.

    Attributes:
        identity: The account that wrote.
        conversation: The open conversation of the chat.
        version: Version of the conversation's messages.
        group: The group it was written in; None in a private chat.
    """

    identity: Identity
    conversation: Conversation
    version: MessagesVersion
    group: Person | None = None

    @property
    def person(self) -> Person:
        return self.identity.person


class SpeakerChanged(ClawdbotError):
    """The account was moved to another person during its turn; the turn is retried."""

    permanent = False
    retry_after = 0.0


def with_chat_type(channel: Channel, event: Event) -> Event:
    """Fills in a missing chat type from the latest conversation of the chat; an unknown chat counts as a group."""
    if event.chat_type:
        return event
    known = Conversation.objects.filter(channel=channel, chat_id=_chat(event)["chat_id"]).order_by("-pk")
    return replace(event, chat_type=known.values_list("chat_type", flat=True).first() or "group")


def find_speaker(channel: Channel, event: Event) -> Speaker:
    """Returns the speaker of the event. Creates account, person and conversation on the first message."""
    accounts = _accounts(channel, event)
    conversation, newest_id = (
        _find_conversation(channel, event)
        or _readdressed(channel, event, accounts)
        or (open_conversation(channel, event, *accounts.owner), None)
    )
    if conversation.person_id != accounts.owner[0].pk:
        # This process or the one that opened the conversation has not yet seen a link or a move.
        clear_cache()
        accounts = _accounts(channel, event)
    if conversation.person_id != accounts.owner[0].pk:
        conversation.person, conversation.origin_id = accounts.owner
        conversation.save(update_fields=["person", "origin_id"])
    version = MessagesVersion(conversation.last_message_at, newest_id)
    return Speaker(accounts.identity, conversation, version, accounts.group)


def group_chat(channel: Channel, chat_id: str) -> Conversation:
    """Returns the open conversation of a chat that the team writes to; opens one, as that of a group, if there is none.

    The first message of a person in it corrects whose it is (`find_speaker`).
    """
    event = Event(kind=EventKind.MEMBER, dedupe_key="", chat_id=chat_id, chat_type="group")
    found = _find_conversation(channel, event)
    if found is not None:
        return found[0]
    group = _find_identity(channel, event, f"{GROUP_PREFIX}{chat_id}"[:ID_LENGTH], kind=Person.Kind.GROUP).person
    return open_conversation(channel, event, group)


class _Accounts(NamedTuple):
    """The account that wrote, and the group it was written in."""

    identity: Identity
    group: Person | None

    @property
    def owner(self) -> tuple[Person, int | None]:
        """Whose conversation it is, and the id of the linked person whose account wrote."""
        return (self.group, None) if self.group else (self.identity.person, self.identity.home_id)


def _accounts(channel: Channel, event: Event) -> _Accounts:
    identity = _find_identity(channel, event, (event.user_id or event.chat_id or "unknown")[:ID_LENGTH])
    if event.chat_type == "private":
        return _Accounts(identity, None)
    group_id = f"{GROUP_PREFIX}{event.chat_id or 'unknown'}"[:ID_LENGTH]
    return _Accounts(identity, _find_identity(channel, event, group_id, kind=Person.Kind.GROUP).person)


def _find_identity(channel: Channel, event: Event, external_id: str, kind: str = Person.Kind.HUMAN) -> Identity:
    key = (channel.pk, external_id)
    with _lock:
        known = _identities.get(key)
    if known is not None:
        return known
    rows = Identity.objects.select_related("person").filter(channel=channel, external_id=external_id)
    identity = rows.first()
    if identity is None and external_id == event.user_id:
        # WhatsApp may stop sending the phone number; then the second id finds the known account.
        identity = Identity.objects.select_related("person").filter(channel=channel, alt_id=external_id).first()
        identity = identity or _known_by_second_id(channel, event)
    elif identity is not None and kind == Person.Kind.HUMAN and event.alt_user_id and not identity.alt_id:
        identity.alt_id = event.alt_user_id[:ID_LENGTH]  # first sent now; later it may be the only id
        Identity.objects.filter(pk=identity.pk, alt_id="").update(alt_id=identity.alt_id)
    identity = identity or _new_identity(channel, event, external_id, kind)
    with _lock:
        _identities[key] = identity
    return identity


def _known_by_second_id(channel: Channel, event: Event) -> Identity | None:
    """Returns the account that so far had only the event's second id, and gives it the first one too.

    WhatsApp may send the phone number later than the user id, and DingTalk the staff id later than the sender's id.
    """
    second = (event.alt_user_id or "")[:ID_LENGTH]
    if not second or not registry.adapter_class(channel.platform).alt_id_is_the_users:
        return None
    accounts = Identity.objects.select_related("person")
    identity = accounts.filter(channel=channel, external_id=second, alt_id="").first()
    if identity is not None:
        identity.alt_id = (event.user_id or "")[:ID_LENGTH]
        Identity.objects.filter(pk=identity.pk, alt_id="").update(alt_id=identity.alt_id)
    return identity


@receiver((post_save, post_delete), sender=Person, dispatch_uid="identities.clear_cache.person")
@receiver((post_save, post_delete), sender=Identity, dispatch_uid="identities.clear_cache.identity")
def clear_cache(**_kwargs: object) -> None:
    """Drops all cached identities. Changes in other processes are seen after `PERSON_TTL_S`."""
    with _lock:
        _identities.clear()


def _new_identity(channel: Channel, event: Event, external_id: str, kind: str) -> Identity:
    """Creates the account and its person. If another worker does so too, the unique constraint decides who is first."""
    human = kind == Person.Kind.HUMAN
    name = event.user_name[:200] if human else (event.chat_id or "")[:200]
    with transaction.atomic():
        person = Person.objects.create(
            bot_id=channel.bot_id,
            kind=kind,
            display_name=name,
            time_zone=web_facts(channel, event).time_zone[:64],
            last_seen_at=timezone.now(),
        )
        identity, created = Identity.objects.get_or_create(
            channel=channel,
            external_id=external_id,
            defaults={"person": person, "user_name": name, "alt_id": (event.alt_user_id or "") if human else ""},
        )
        if not created:
            person.delete()
    return identity


def web_facts(channel: Channel, event: Event) -> WebFacts:
    """Returns what the browser sent; empty on other platforms, where `data` is a button's payload."""
    return facts_of({"data": event.data}) if channel.platform == PLATFORM else WebFacts()


def _chat(event: Event) -> dict[str, str]:
    return {
        "chat_id": (event.chat_id or event.user_id or "unknown")[:ID_LENGTH],
        "thread_id": (event.thread_id or "")[:ID_LENGTH],
    }


def _find_conversation(channel: Channel, event: Event) -> tuple[Conversation, int | None] | None:
    """Returns the open conversation and the id of its newest message; None without an open conversation."""
    chat = _chat(event)
    return sql.get_with(
        Conversation,
        sql.NEWEST_ID,
        "channel_id=%s AND chat_id=%s AND thread_id=%s AND closed_at IS NULL",
        [channel.pk, chat["chat_id"], chat["thread_id"]],
    )


def _readdressed(channel: Channel, event: Event, accounts: _Accounts) -> tuple[Conversation, int | None] | None:
    """Returns the person's open conversation under their other id, after giving it the id that the platform now uses.

    Only where the id of a private chat is that of the person.
    """
    identity = accounts.identity
    others = {identity.external_id, identity.alt_id, event.alt_user_id or ""} - {event.chat_id, ""}
    if accounts.group is not None or event.chat_id != event.user_id or not others:
        return None
    mine = Conversation.objects.open().filter(channel=channel, person=accounts.owner[0], chat_type="private")
    known = mine.filter(chat_id__in=others, thread_id=_chat(event)["thread_id"]).order_by("-pk").first()
    if known is None:
        return None
    Conversation.objects.filter(pk=known.pk).update(chat_id=_chat(event)["chat_id"])
    return _find_conversation(channel, event)


def open_conversation(channel: Channel, event: Event, person: Person, origin_id: int | None = None) -> Conversation:
    return Conversation.objects.create(
        bot_id=channel.bot_id,
        channel=channel,
        person=person,
        origin_id=origin_id,
        chat_type=event.chat_type[:20],
        **_chat(event),
    )
