"""Conversations, their messages, and new messages."""

from __future__ import annotations

import base64
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bots.api.base import Filters
from bots.api.fields import MAX_ID, VisibleChannelField, VisiblePersonField
from bots.models import Conversation, Message
from bots.operations.messages import MAX_FILES, MAX_TEXT
from clawdbot.files import File

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
    """A conversation: consecutive messages in one chat."""

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
    """One message."""

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
_NEW_WITH_FILE = _NEW | {"files": [{"name": "receipt.pdf", "content": "JVBERi0xLjQK…", "caption": ""}]}


class NewFileSerializer(serializers.Serializer[Any]):
    """A file of a new message. Its type (image, recording, ...) is detected from its bytes."""

    name = serializers.CharField(max_length=200, help_text="With ending, as the person sees it.")
    content = serializers.CharField(help_text="The bytes in base64; the whole request is bounded by limits.body_bytes.")
    caption = serializers.CharField(required=False, allow_blank=True, max_length=1000, help_text="Markdown.")
    voice = serializers.BooleanField(required=False, help_text="Show a recording as a voice message.")

    def validate_content(self, value: str) -> bytes:
        """Decodes the base64 content."""
        try:
            body = base64.b64decode(value, validate=True)
        except ValueError:
            raise serializers.ValidationError("This is not base64.") from None
        if not body:
            raise serializers.ValidationError("The file is empty.")
        return body


@extend_schema_serializer(
    examples=[
        OpenApiExample("To a person", value=_NEW, request_only=True),
        OpenApiExample("With a file", value=_NEW_WITH_FILE, request_only=True),
    ]
)
class NewMessageSerializer(serializers.Serializer[Any]):
    """A new message to a person."""

    person = VisiblePersonField(help_text="Id of the person.")
    text = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=MAX_TEXT,
        help_text="Markdown; rendered and split as the platform needs. Needed when there are no files.",
    )
    files = serializers.ListField(
        child=NewFileSerializer(), required=False, max_length=MAX_FILES, help_text="Sent after the text, in this order."
    )
    channel = VisibleChannelField(
        required=False, help_text="Id of the channel; by default the one on which the person wrote last."
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Requires a text or files; converts the files for the operation."""
        files = [
            File(one["content"], one["name"], one.get("caption", ""), one.get("voice", False))
            for one in values.get("files", ())
        ]
        if not files and not values["text"].strip():
            raise serializers.ValidationError({"text": ["This field may not be blank."]})
        return values | {"files": files}
