"""Reads the figures of the dashboard with indexed queries, only for the bots that the user may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from bots.models import (
    Bot,
    Channel,
    Conversation,
    InboundEvent,
    Message,
    ModelProvider,
    OutboundMessage,
    TurnUsage,
    Worker,
)

WORKER_FRESH = timedelta(seconds=25)
DAYS = 7


@dataclass(frozen=True, slots=True)
class Day:
    """Usage of one day in the reader's time zone."""

    day: date
    turns: int
    tokens: int
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the dashboard. Ages are stored as moments; None means that there is nothing.

    `with_human` counts open conversations that the team has taken over. `unanswered` counts those among them whose
    last message is from the person. `unanswered_messages` counts dead letters of the inbox whose message is in a
    conversation.
    """

    messages_today: int
    answered_today: int
    waiting_in: int
    waiting_out: int
    waiting_for_model: int
    unanswered_messages: int
    dead_in: int
    dead_out: int
    oldest_out: datetime | None
    with_human: int
    unanswered: int
    heartbeat: datetime | None
    workers: int
    workers_fresh: int
    providers: tuple[ModelProvider, ...]
    days: tuple[Day, ...]
    has_bot: bool
    has_platform_channel: bool
    has_message: bool

    @property
    def dead(self) -> int:
        return self.dead_in + self.dead_out

    @property
    def waiting(self) -> int:
        return self.waiting_in + self.waiting_out

    @property
    def has_provider(self) -> bool:
        return any(provider.enabled for provider in self.providers)


def collect(bots: frozenset[int] | None) -> Figures:
    """Reads the figures of these bots (ids); None means all bots."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    inbox, outbox = _of(InboundEvent.objects, "channel__bot", bots), _of(OutboundMessage.objects, "channel__bot", bots)
    in_states, out_states = (
        _states(inbox, ("pending", "processing", "dead")),
        _states(outbox, ("pending", "sending", "dead")),
    )
    open_out = outbox.filter(state__in=("pending", "sending"))
    last_words = _last_words_with_human(bots)
    beats = list(Worker.objects.values_list("beat_at", flat=True))
    now = timezone.now()
    days, said = _days(bots, today), _messages_since(bots, today)
    return Figures(
        messages_today=said.get(Message.Role.USER, 0),
        answered_today=said.get(Message.Role.ASSISTANT, 0),
        waiting_in=in_states.get("pending", 0) + in_states.get("processing", 0),
        waiting_out=out_states.get("pending", 0) + out_states.get("sending", 0),
        waiting_for_model=inbox.filter(waiting_since__isnull=False).count(),
        unanswered_messages=inbox.filter(state="dead", conversation__isnull=False).count(),
        dead_in=in_states.get("dead", 0),
        dead_out=out_states.get("dead", 0),
        oldest_out=open_out.aggregate(oldest=Min("created_at"))["oldest"],
        with_human=len(last_words),
        unanswered=last_words.count(Message.Role.USER),
        heartbeat=max(beats, default=None),
        workers=len(beats),
        workers_fresh=sum(now - beat < WORKER_FRESH for beat in beats),
        providers=tuple(ModelProvider.objects.all()),
        days=days,
        has_bot=_of(Bot.objects, "", bots).exists(),
        has_platform_channel=_of(Channel.objects, "bot", bots).exclude(platform="web").exists(),
        has_message=_of(Message.objects, "conversation__bot", bots).exists(),
    )


def _of(manager: Any, path: str, bots: frozenset[int] | None) -> QuerySet[Any]:
    if bots is None:
        found: QuerySet[Any] = manager.all()
        return found
    scoped: QuerySet[Any] = manager.filter(**{f"{path}_id__in" if path else "pk__in": bots})
    return scoped


def _states(rows: QuerySet[Any], states: Iterable[str]) -> dict[str, int]:
    # filtering by state uses the index on (state, id) and skips all finished rows
    counted = rows.filter(state__in=tuple(states)).order_by().values_list("state").annotate(total=Count("id"))
    return dict(counted)


def _last_words_with_human(bots: frozenset[int] | None) -> list[str | None]:
    """Returns the role of the last message of each open conversation that a human answers."""
    rows = _of(Conversation.objects, "bot", bots).filter(state=Conversation.State.HUMAN, closed_at=None)
    last = Message.objects.filter(conversation=OuterRef("pk")).order_by("-id").values("role")[:1]
    return list(rows.order_by().annotate(last=Subquery(last)).values_list("last", flat=True))


def _messages_since(bots: frozenset[int] | None, since: datetime) -> dict[str, int]:
    """Counts messages since this moment, by role."""
    # Filters by conversation first: only conversations have an index on time (bot and last message).
    rows = _of(Message.objects, "conversation__bot", bots)
    today = rows.filter(conversation__last_message_at__gte=since, occurred_at__gte=since)
    return dict(today.order_by().values_list("role").annotate(total=Count("id")))


def _days(bots: frozenset[int] | None, today: datetime) -> tuple[Day, ...]:
    ids = list(bots) if bots is not None else list(Bot.objects.values_list("pk", flat=True))
    first = today - timedelta(days=DAYS - 1)
    rows = (
        TurnUsage.objects.filter(bot_id__in=ids, created_at__gte=first)
        .order_by()
        .annotate(day=TruncDate("created_at"))
        .values("day")
        .annotate(turns=Count("id"), tokens=Sum(F("prompt_tokens") + F("completion_tokens")), spent=Sum("cost"))
    )
    found = {row["day"]: row for row in rows}
    days = []
    for offset in range(DAYS):
        day = (first + timedelta(days=offset)).date()
        row = found.get(day)
        days.append(Day(day, row["turns"], row["tokens"], row["spent"]) if row else Day(day, 0, 0, Decimal(0)))
    return tuple(days)
