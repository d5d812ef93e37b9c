"""Rows of the inbox and the outbox, without their payloads."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bots.api.base import Filters
from bots.api.fields import MAX_ID
from bots.models import InboundEvent, OutboundMessage

_INBOUND = {
    "id": 501,
    "bot": 1,
    "channel": "5f0c9b6d8f1e4a27",
    "conversation": 7,
    "kind": "message",
    "state": "dead",
    "attempts": 6,
    "error": "ModelUnavailable: no provider answered",
    "request_id": "2f6c1d0ab5b54b0f9be4d5b7a3c1e8f0",
    "received_at": "2026-11-22T08:00:00Z",
    "due_at": "2026-11-22T08:10:00Z",
    "finished_at": None,
}


@extend_schema_serializer(examples=[OpenApiExample("A dead letter", value=_INBOUND, response_only=True)])
class InboundSerializer(serializers.ModelSerializer[InboundEvent]):
    """An inbox row: one event of a platform."""

    class Meta:
        model = InboundEvent
        fields = tuple(_INBOUND)
        read_only_fields = fields

    bot = serializers.IntegerField(source="channel.bot_id", read_only=True)
    channel = serializers.CharField(source="channel.public_id", read_only=True)


class InboundFilters(Filters):
    """Query parameters of the list of inbound events."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    channel = serializers.CharField(required=False, max_length=32)
    state = serializers.ChoiceField(choices=InboundEvent.State.choices, required=False)
    kind = serializers.CharField(required=False, max_length=20)
    request_id = serializers.CharField(required=False, max_length=40)


_OUTBOUND = {
    "id": 601,
    "bot": 1,
    "channel": "5f0c9b6d8f1e4a27",
    "conversation": 7,
    "message": 99,
    "part": 0,
    "state": "dead",
    "attempts": 10,
    "mark": "user_blocked",
    "error": "Forbidden: bot was blocked by the user",
    "request_id": "2f6c1d0ab5b54b0f9be4d5b7a3c1e8f0",
    "platform_message_id": "",
    "created_at": "2026-11-22T08:00:00Z",
    "due_at": "2026-11-22T08:10:00Z",
    "sent_at": None,
}


@extend_schema_serializer(examples=[OpenApiExample("A dead letter", value=_OUTBOUND, response_only=True)])
class OutboundSerializer(serializers.ModelSerializer[OutboundMessage]):
    """An outbox row: one message part to deliver to a platform."""

    class Meta:
        model = OutboundMessage
        fields = tuple(_OUTBOUND)
        read_only_fields = fields

    bot = serializers.IntegerField(source="channel.bot_id", read_only=True)
    channel = serializers.CharField(source="channel.public_id", read_only=True)


class OutboundFilters(Filters):
    """Query parameters of the list of outbound messages."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    channel = serializers.CharField(required=False, max_length=32)
    conversation = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    message = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    state = serializers.ChoiceField(choices=OutboundMessage.State.choices, required=False)
    request_id = serializers.CharField(required=False, max_length=40)


@extend_schema_serializer(examples=[OpenApiExample("Done", value={"changed": 1}, response_only=True)])
class ChangedSerializer(serializers.Serializer[Any]):
    """The number of rows that an action changed; 0 when their state did not allow it."""

    changed = serializers.IntegerField()
