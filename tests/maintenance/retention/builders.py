"""Rows of many ages for the tests of the retention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from bots.models import Channel, Conversation, InboundEvent, Message, OutboundMessage, StateTransition, TurnUsage
from tests.builders import make_channel, make_conversation

NOW = timezone.now()


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def make_chat(channel: Channel | None = None, **values: Any) -> Conversation:
    return make_conversation(channel or make_channel(), **values)


def make_inbound(chat: Conversation, days: float, state: str = "done", **values: Any) -> InboundEvent:
    finished = ago(days) if state in ("done", "ignored", "dead") else None
    given = {"received_at": ago(days), "finished_at": finished, "queue_key": f"q{InboundEvent.objects.count()}"}
    return InboundEvent.objects.create(
        channel=chat.channel,
        conversation=chat,
        kind="message",
        dedupe_key=f"k{InboundEvent.objects.count()}",
        state=state,
        **(given | values),
    )


def make_sent(chat: Conversation, days: float, state: str = "sent", **values: Any) -> OutboundMessage:
    message = Message.objects.create(conversation=chat, role=Message.Role.ASSISTANT, text=f"answer of {days} days ago")
    return OutboundMessage.objects.create(
        channel=chat.channel,
        conversation=chat,
        message=message,
        queue_key=f"o{OutboundMessage.objects.count()}",
        state=state,
        created_at=ago(days),
        queued_at=ago(days),
        sent_at=ago(days) if state == "sent" else None,
        **values,
    )


def make_usage(chat: Conversation, days: float, *, summed: bool = True) -> TurnUsage:
    return TurnUsage.objects.create(
        bot=chat.bot, person=chat.person, conversation=chat, provider="p", summed=summed, created_at=ago(days)
    )


def make_transition(chat: Conversation, days: float) -> StateTransition:
    return StateTransition.objects.create(
        conversation=chat, name="hand_over", source="active", target="human", at=ago(days)
    )
