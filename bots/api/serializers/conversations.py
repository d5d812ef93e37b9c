"""Conversations, their messages, and sending one."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bots.api.base import Filters
from bots.api.fields import MAX_ID, VisibleChannelField, VisiblePersonField
from bots.models import Conversation, Message
from bots.operations.messages import MAX_TEXT

_CONVERSATION = {
    "id": 7,
    "bot": 1,
    "channel": "5f0c9b6d8f1e4a27",
    "person": 12,
    "chat_id": "7001",
    "chat_type": "private",
    "state": "active",
    "summary": "",
    "started_at": "2026-11-22T08:00:00Z",
    "last_message_at": "2026-11-22T08:05:00Z",
    "closed_at": None,
}


@extend_schema_serializer(examples=[OpenApiExample("A conversation", value=_CONVERSATION, response_only=True)])
class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A run of messages in one chat."""

    class Meta:
        model = Conversation
        fields = tuple(_CONVERSATION)
        read_only_fields = fields

    channel = serializers.CharField(source="channel.public_id", read_only=True)
    state = serializers.ChoiceField(choices=Conversation.State.choices, read_only=True)


class ConversationFilters(Filters):
    """Query parameters of the list of conversations."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    person = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    channel = serializers.CharField(required=False, max_length=32)
    state = serializers.ChoiceField(choices=Conversation.State.choices, required=False)
    open = serializers.BooleanField(required=False, help_text="true: only open ones; false: only closed ones.")
    since = serializers.DateTimeField(required=False, help_text="Last message at or after.")
    ordering = serializers.ChoiceField(
        choices=("-last_message_at", "last_message_at", "-id", "id"),
        required=False,
        help_text="The first is the default.",
    )


_MESSAGE = {
    "id": 99,
    "conversation": 7,
    "bot": 1,
    "person": 12,
    "role": "operator",
    "text": "Your order is on its way.",
    "attachments": [],
    "platform_message_id": "",
    "occurred_at": "2026-11-22T08:05:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("A message", value=_MESSAGE, response_only=True)])
class MessageSerializer(serializers.ModelSerializer[Message]):
    """One message, as it was said."""

    class Meta:
        model = Message
        fields = tuple(_MESSAGE)
        read_only_fields = fields

    bot = serializers.IntegerField(source="conversation.bot_id", read_only=True)
    person = serializers.IntegerField(source="conversation.person_id", read_only=True)
    attachments = serializers.ListField(child=serializers.DictField(), read_only=True)


class MessageFilters(Filters):
    """Query parameters of the list of messages."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    conversation = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    person = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    role = serializers.ChoiceField(choices=Message.Role.choices, required=False)
    q = serializers.CharField(required=False, max_length=100, help_text="Part of the text.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)


_NEW = {"person": 12, "text": "Your order is on its way."}


@extend_schema_serializer(examples=[OpenApiExample("To a person", value=_NEW, request_only=True)])
class NewMessageSerializer(serializers.Serializer[Any]):
    """A message to a person."""

    person = VisiblePersonField(help_text="Id of the person.")
    text = serializers.CharField(max_length=MAX_TEXT, help_text="Markdown; rendered and split as the platform needs.")
    channel = VisibleChannelField(
        required=False, help_text="Id of the channel; by default the one on which the person wrote last."
    )
