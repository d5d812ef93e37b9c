"""Who speaks: from a platform's account to a person and their open conversation."""

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

from adapters.events import Event
from adapters.web.events import PLATFORM, WebFacts, facts_of
from bots.models import Channel, Conversation, Identity, Person, sql
from bots.models.lengths import ID_LENGTH
from clawdbot.errors import ClawdbotError

PERSON_TTL_S = 5.0
GROUP_PREFIX = "group:"  # of a group's external id, so that no account of a person is taken for it
_lock = threading.Lock()
_identities: TTLCache[tuple[int, str], Identity] = TTLCache(maxsize=10_000, ttl=PERSON_TTL_S)


class MessagesVersion(NamedTuple):
    """Of a conversation's messages, read together with its row: another one after every change.

    Turns of a chat are taken one after the other, and each adds messages; whoever else writes moves
    `Conversation.last_message_at` on, which only grows.
    """

    last_message_at: datetime
    newest_id: int | None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who wrote, and in which open conversation.

    Attributes:
        identity: the account that wrote.
        conversation: the open one of the chat.
        version: of the conversation's messages.
        group: the group it was written in; None in private.
    """

    identity: Identity
    conversation: Conversation
    version: MessagesVersion
    group: Person | None = None

    @property
    def person(self) -> Person:
        return self.identity.person


class SpeakerChanged(ClawdbotError):
    """The account was given to another person while its turn was in work; the turn is taken again."""

    permanent = False
    retry_after = 0.0


def with_chat_type(channel: Channel, event: Event) -> Event:
    """The event, its chat described by what is known where the platform did not; an unknown chat counts as a group."""
    if event.chat_type:
        return event
    known = Conversation.objects.filter(channel=channel, chat_id=_chat(event)["chat_id"]).order_by("-pk")
    return replace(event, chat_type=known.values_list("chat_type", flat=True).first() or "group")


def find_speaker(channel: Channel, event: Event) -> Speaker:
    """The person behind the event and their open conversation; both are made on the first message."""
    identity = _find_identity(channel, event, (event.user_id or event.chat_id or "unknown")[:ID_LENGTH])
    group = None
    if event.chat_type != "private":
        chat_id = event.chat_id or "unknown"
        group = _find_identity(channel, event, f"{GROUP_PREFIX}{chat_id}"[:ID_LENGTH], kind=Person.Kind.GROUP).person
    person, origin_id = (group, None) if group else (identity.person, identity.home_id)
    conversation, newest_id = _find_conversation(channel, event) or (
        open_conversation(channel, event, person, origin_id),
        None,
    )
    if conversation.person_id != person.pk:
        # opened by a worker that did not yet know that the account was linked, or is no longer
        conversation.person, conversation.origin_id = person, origin_id
        conversation.save(update_fields=["person", "origin_id"])
    return Speaker(identity, conversation, MessagesVersion(conversation.last_message_at, newest_id), group)


def _find_identity(channel: Channel, event: Event, external_id: str, kind: str = Person.Kind.HUMAN) -> Identity:
    key = (channel.pk, external_id)
    with _lock:
        known = _identities.get(key)
    if known is not None:
        return known
    rows = Identity.objects.select_related("person").filter(channel=channel, external_id=external_id)
    identity = rows.first()
    if identity is None and external_id == event.user_id:
        # WhatsApp may stop telling the phone number; then this is somebody known under their second id.
        identity = Identity.objects.select_related("person").filter(channel=channel, alt_id=external_id).first()
    elif identity is not None and kind == Person.Kind.HUMAN and event.alt_user_id and not identity.alt_id:
        identity.alt_id = event.alt_user_id[:ID_LENGTH]  # told only now; it is what they may be known by later
        Identity.objects.filter(pk=identity.pk, alt_id="").update(alt_id=identity.alt_id)
    identity = identity or _new_identity(channel, event, external_id, kind)
    with _lock:
        _identities[key] = identity
    return identity


@receiver((post_save, post_delete), sender=Person, dispatch_uid="identities.clear_cache.person")
@receiver((post_save, post_delete), sender=Identity, dispatch_uid="identities.clear_cache.identity")
def clear_cache(**_kwargs: object) -> None:
    """Drops every remembered person; a change in another process is seen after `PERSON_TTL_S`."""
    with _lock:
        _identities.clear()


def _new_identity(channel: Channel, event: Event, external_id: str, kind: str) -> Identity:
    """Another worker may meet the same person in another chat at this moment: the constraint decides who was first."""
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
    """What the browser told; empty for other platforms, whose `data` is a button's payload."""
    return facts_of({"data": event.data}) if channel.platform == PLATFORM else WebFacts()


def _chat(event: Event) -> dict[str, str]:
    return {
        "chat_id": (event.chat_id or event.user_id or "unknown")[:ID_LENGTH],
        "thread_id": (event.thread_id or "")[:ID_LENGTH],
    }


def _find_conversation(channel: Channel, event: Event) -> tuple[Conversation, int | None] | None:
    """The open conversation, and the id of its newest message."""
    chat = _chat(event)
    return sql.get_with(
        Conversation,
        sql.NEWEST_ID,
        "channel_id=%s AND chat_id=%s AND thread_id=%s AND closed_at IS NULL",
        [channel.pk, chat["chat_id"], chat["thread_id"]],
    )


def open_conversation(channel: Channel, event: Event, person: Person, origin_id: int | None = None) -> Conversation:
    return Conversation.objects.create(
        bot_id=channel.bot_id,
        channel=channel,
        person=person,
        origin_id=origin_id,
        chat_type=event.chat_type[:20],
        **_chat(event),
    )
