"""Reads the figures of the dashboard with indexed queries, only for the bots that the user may see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, OuterRef, Subquery
from django.utils import timezone

from bots.admin.home.usage_days import Day, last_days
from bots.models import (
    Bot,
    Channel,
    Conversation,
    InboundEvent,
    Message,
    ModelProvider,
    OutboundMessage,
    Worker,
)
from bots.monitoring import signs
from bots.operations import spending
from skills.models import McpServer, SkillHealth

BATCH = 500  # conversations per query


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of the dashboard. Ages are stored as moments; None means that there is nothing.

    `with_human` counts open conversations that the team has taken over. `unanswered` counts those among them whose
    last message is from the person. `unanswered_messages` counts dead letters of the inbox whose message is in a
    conversation. `failing_servers` names the MCP servers whose latest contact failed. `limits_near`
    counts limits of which 80 % are used.
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
    failing_servers: tuple[str, ...]
    days: tuple[Day, ...]
    skills_off: int
    limits_near: int
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
        return any(one.enabled and one.kind == ModelProvider.Kind.CHAT for one in self.providers)


def collect(bots: frozenset[int] | None) -> Figures:
    """Reads the figures of these bots (ids); None means all bots."""
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    inbox, outbox = _of(InboundEvent.objects, "channel__bot", bots), _of(OutboundMessage.objects, "channel__bot", bots)
    last_words = _last_words_with_human(bots)
    beats = list(Worker.objects.values_list("beat_at", flat=True))

    said = _messages_since(bots, today)
    return Figures(
        messages_today=said.get(Message.Role.USER, 0),
        answered_today=said.get(Message.Role.ASSISTANT, 0),
        waiting_in=inbox.open().count(),
        waiting_out=outbox.open().count(),
        waiting_for_model=inbox.open().filter(waiting_since__isnull=False).count(),
        unanswered_messages=_dead(InboundEvent, bots, conversation__isnull=False),
        dead_in=_dead(InboundEvent, bots),
        dead_out=_dead(OutboundMessage, bots),
        oldest_out=outbox.open().aggregate(oldest=Min("created_at"))["oldest"],
        with_human=len(last_words),
        unanswered=last_words.count(Message.Role.USER),
        heartbeat=max(beats, default=None),
        workers=len(beats),
        workers_fresh=signs.fresh_workers(),
        providers=tuple(ModelProvider.objects.all()),
        failing_servers=tuple(server.name for server in McpServer.objects.filter(enabled=True) if server.failing),
        days=last_days(_ids(bots), today),
        skills_off=_of(SkillHealth.objects.filter(stopped_at__isnull=False), "bot", bots).count(),
        limits_near=spending.running_out(bots),
        has_bot=_of(Bot.objects, "", bots).exists(),
        has_platform_channel=_of(Channel.objects, "bot", bots).exclude(platform="web").exists(),
        has_message=_of(Message.objects, "conversation__bot", bots).exists(),
    )


def _of(manager: Any, path: str, bots: frozenset[int] | None) -> Any:
    if bots is None:
        return manager.all()
    return manager.filter(**{f"{path}_id__in" if path else "pk__in": bots})


def _dead(model: type[InboundEvent] | type[OutboundMessage], bots: frozenset[int] | None, **conditions: object) -> int:
    """Counts dead letters. The order makes every database read their own small index and not all rows of a channel."""
    dead = model._default_manager.filter(state="dead", **conditions)
    if bots is None:
        return len(dead.order_by("-id").values_list("pk", flat=True)) if conditions else dead.count()
    seen = set(Channel.objects.filter(bot_id__in=bots).values_list("pk", flat=True))
    return sum(channel in seen for channel in dead.order_by("-id").values_list("channel_id", flat=True))


def _ids(bots: frozenset[int] | None) -> list[int]:
    return list(bots) if bots is not None else list(Bot.objects.values_list("pk", flat=True))


def _last_words_with_human(bots: frozenset[int] | None) -> list[str | None]:
    """Returns the role of the last message of each open conversation that a human answers."""
    rows = _of(Conversation.objects, "bot", bots).filter(state=Conversation.State.HUMAN, closed_at=None)
    last = Message.objects.filter(conversation=OuterRef("pk")).order_by("-id").values("role")[:1]
    return list(rows.order_by().annotate(last=Subquery(last)).values_list("last", flat=True))


def _messages_since(bots: frozenset[int] | None, since: datetime) -> dict[str, int]:
    """Counts messages since this moment, by role."""
    # The conversations first, and by id: only they have an index on time, and a join may begin at all messages.
    active = Conversation.objects.filter(bot_id__in=_ids(bots), last_message_at__gte=since).order_by()
    ids = list(active.values_list("pk", flat=True))
    found: Counter[str] = Counter()
    for start in range(0, len(ids), BATCH):
        rows = Message.objects.filter(conversation_id__in=ids[start : start + BATCH], occurred_at__gte=since)
        found.update(dict(rows.order_by().values_list("role").annotate(total=Count("id"))))
    return found
