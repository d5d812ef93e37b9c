"""Who gets a broadcast, by which chat, and who is left out and why. All in the database: no list of people is held."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Value, When

from bots.channels import lookup
from bots.models import Broadcast, Channel, Conversation, Identity, Label, OutboundMessage, Person
from bots.pipeline.outbox import lost_chats
from bots.reminders import reach
from clawdbot.errors import ClawdbotError

BLOCKED, UNSUBSCRIBED, NO_CHAT, DENIED = "blocked", "unsubscribed", "no_chat", "denied"
WINDOW, UNREACHABLE, GONE = "window", "unreachable", "gone"
CODES = (BLOCKED, UNSUBSCRIBED, NO_CHAT, DENIED, WINDOW, UNREACHABLE, GONE)
SAMPLE = 10


@dataclass(slots=True)
class Audience:
    """How many people get a broadcast, as far as can be told before it is sent.

    Attributes:
        by_channel: Number of people who get it.
        left_out: Number of people who do not, by code.
        sample: Some of those who get it.
    """

    by_channel: dict[Channel, int] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    sample: list[Person] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of people who get it."""
        return sum(self.by_channel.values())


def preview(broadcast: Broadcast, now: datetime) -> Audience:
    """Counts the audience. Two statements, however many people there are."""
    people: Any = classified(broadcast, now)  # with columns that the type checker does not know
    found = Audience(sample=list(people.filter(why="").order_by("-last_seen_at", "-pk")[:SAMPLE]))
    channels = Channel.objects.in_bulk()
    for row in people.order_by().values("channel", "why").annotate(count=Count("pk")):
        if row["why"]:
            found.left_out[row["why"]] = found.left_out.get(row["why"], 0) + row["count"]
        else:
            found.by_channel[channels[row["channel"]]] = row["count"]
    return found


def classified(broadcast: Broadcast, now: datetime) -> QuerySet[Person]:
    """Returns the people of the segment with `chat`, `channel` (ids) and `why`: the code, or "" for who gets it."""
    channels = list(reachable(broadcast))
    chats = Conversation.objects.filter(
        person=OuterRef("pk"), chat_type="private", channel__in=[channel.pk for channel in channels] or [0]
    ).order_by("-last_message_at", "-pk")
    denied = Identity.objects.filter(person=OuterRef("pk"), channel=OuterRef("channel"), access=Identity.Access.DENIED)
    people = _segment(broadcast, now).annotate(
        chat=Subquery(chats.values("pk")[:1]), channel=Subquery(chats.values("channel_id")[:1])
    )
    if broadcast.pk and broadcast.channels.exists():
        people = people.filter(chat__isnull=False)  # the others are of other channels, not left out
    return people.annotate(
        why=Case(
            When(blocked=True, then=Value(BLOCKED)),
            When(unsubscribed_at__isnull=False, then=Value(UNSUBSCRIBED)),
            When(chat=None, then=Value(NO_CHAT)),
            When(Exists(denied), then=Value(DENIED)),
            *_silent(channels, now),
            default=Value(""),
            output_field=CharField(),
        )
    )


def reachable(broadcast: Broadcast) -> QuerySet[Channel]:
    """Returns the channels that it may go out by."""
    channels = Channel.objects.reachable().filter(bot=broadcast.bot_id).select_related("bot")
    chosen = broadcast.channels.values("pk") if broadcast.pk else Channel.objects.none().values("pk")
    return channels.filter(pk__in=chosen) if broadcast.pk and broadcast.channels.exists() else channels


def refusals(chats: Collection[Conversation], now: datetime) -> dict[int, str]:
    """Returns by chat why its person is not written to now; "" for who is. For what `classified` cannot tell."""
    # By person alone: an account of another channel costs less than an index that leads from the channel.
    accounts = Identity.objects.filter(person__in={chat.person_id for chat in chats}).order_by("-pk")
    first = {(account.channel_id, account.person_id): account for account in accounts}
    sent = OutboundMessage.objects.filter(conversation__in=[chat.pk for chat in chats]).order_by()
    newest = sent.values_list("conversation").annotate(newest=Max("pk")).values_list("newest", flat=True)
    latest = {row.conversation_id: row for row in OutboundMessage.objects.filter(pk__in=list(newest))}
    return {
        chat.pk: _refusal(chat, first.get((chat.channel_id, chat.person_id)), latest.get(chat.pk), now)
        for chat in chats
    }


def _refusal(
    conversation: Conversation, account: Identity | None, latest: OutboundMessage | None, now: datetime
) -> str:
    if not reach.admits(conversation.channel, conversation.person, account):
        return DENIED
    if reach.closed_window(conversation, now) is not None:
        return WINDOW
    lost = latest is not None and latest.state == OutboundMessage.State.DEAD and latest.mark in lost_chats.MARKS
    wrote_since = lost and latest is not None and conversation.last_message_at > latest.created_at
    return UNREACHABLE if lost and not wrote_since else ""


def _segment(broadcast: Broadcast, now: datetime) -> QuerySet[Person]:
    people = Person.objects.for_bot(broadcast.bot_id).filter(kind=Person.Kind.HUMAN, linked_to=None)
    labels: Collection[int] = list(broadcast.labels.values_list("pk", flat=True)) if broadcast.pk else ()
    if labels:
        people = people.filter(pk__in=Label.people.through.objects.filter(label__in=labels).values("person_id"))
    if broadcast.seen_days:
        people = people.filter(last_seen_at__gte=now - timedelta(days=broadcast.seen_days))
    if broadcast.unseen_days:
        before = Q(last_seen_at__lt=now - timedelta(days=broadcast.unseen_days)) | Q(last_seen_at=None)
        people = people.filter(before)
    return people


def _silent(channels: Collection[Channel], now: datetime) -> list[When]:
    """Returns a condition for each channel whose platform lets a bot write only for a time after a message."""
    found = []
    for channel in channels:
        try:
            window_s = lookup.adapter_for(channel).reply_window_s
        except ClawdbotError:
            continue
        if window_s is not None:
            silent = Q(last_seen_at__lt=now - timedelta(seconds=window_s)) | Q(last_seen_at=None)
            found.append(When(Q(channel=channel.pk) & silent, then=Value(WINDOW)))
    return found
