"""Bots and model providers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bots.api.base import Filters
from bots.models import Bot, BotProvider, ModelProvider
from bots.models.provider import API_KEY, CONTEXT_TOKENS, TIMEOUT_S
from bots.operations import providers
from bots.operations.errors import OperationError
from memory.types import LONGEST_RETENTION

_BOT = {
    "id": 1,
    "slug": "demo",
    "name": "Clawdbot",
    "description": "",
    "instructions": "You are a friendly assistant.",
    "greeting": "Hello!",
    "outage_text": "",
    "outage_text_zh": "",
    "enabled": True,
    "is_default": True,
    "allowed_origins": ["https://example.com"],
    "retention_days": 90,
    "rerank": False,
    "temperature": 0.3,
    "tools_enabled": True,
    "tool_rounds": 8,
    "tool_cost": None,
    "max_reply_tokens": 512,
    "voice_replies": "never",
    "created_at": "2026-11-22T08:00:00Z",
    "updated_at": "2026-11-22T08:00:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("A bot", value=_BOT, response_only=True)])
class BotSerializer(serializers.ModelSerializer[Bot]):
    """A bot with its settings."""

    class Meta:
        model = Bot
        fields = tuple(_BOT)
        read_only_fields = ("id", "slug", "is_default", "created_at", "updated_at")

    allowed_origins = serializers.ListField(child=serializers.URLField(max_length=300), required=False, max_length=50)
    retention_days = serializers.IntegerField(min_value=0, max_value=LONGEST_RETENTION, allow_null=True, required=False)
    tool_rounds = serializers.IntegerField(min_value=1, max_value=8, required=False)
    max_reply_tokens = serializers.IntegerField(min_value=1, max_value=100_000, required=False)


class BotFilters(Filters):
    """Query parameters of the list of bots."""

    slug = serializers.CharField(required=False, max_length=60, help_text="Exactly this slug.")
    enabled = serializers.BooleanField(required=False)
    q = serializers.CharField(
        required=False, max_length=100, help_text="Part of the name, the slug or the description."
    )


_PROVIDER = {
    "id": 1,
    "kind": "chat",
    "name": "openai",
    "endpoint": "https://api.openai.com/v1",
    "model": "gpt-5-mini",
    "has_api_key": True,
    "priority": 100,
    "enabled": True,
    "can_see": False,
    "tools": "auto",
    "protocol": "openai",
    "timeout_s": 60.0,
    "context_tokens": 8192,
    "input_price": "0.2500",
    "output_price": "2.0000",
    "cached_input_price": None,
    "keep_warm": "off",
    "keep_warm_minutes": 4,
    "extra_body": {},
    "voice": "",
    "voice_price": "0.0000",
    "last_ok_at": "2026-11-22T08:00:00Z",
    "last_error_at": None,
    "last_error": "",
}
_NEW_PROVIDER = {
    "name": "openai",
    "endpoint": "https://api.openai.com/v1",
    "model": "gpt-5-mini",
    "api_key": "sk-...",
    "priority": 10,
}


@extend_schema_serializer(
    examples=[
        OpenApiExample("A provider", value=_PROVIDER, response_only=True),
        OpenApiExample("A new provider", value=_NEW_PROVIDER, request_only=True),
    ]
)
class ProviderSerializer(serializers.ModelSerializer[ModelProvider]):
    """A model provider. The API key is write-only."""

    class Meta:
        model = ModelProvider
        fields = (*_PROVIDER, "api_key")
        read_only_fields = ("id", "last_ok_at", "last_error_at", "last_error")

    endpoint = serializers.CharField(max_length=300, help_text="Base address; what is typed is brought into its form.")
    api_key = serializers.RegexField(API_KEY, write_only=True, required=False, allow_blank=True, max_length=500)
    has_api_key = serializers.SerializerMethodField()
    priority = serializers.IntegerField(min_value=-10_000, max_value=10_000, required=False)
    timeout_s = serializers.FloatField(min_value=TIMEOUT_S[0], max_value=TIMEOUT_S[1], required=False)
    context_tokens = serializers.IntegerField(min_value=CONTEXT_TOKENS[0], max_value=CONTEXT_TOKENS[1], required=False)

    def get_has_api_key(self, row: ModelProvider) -> bool:
        """Tells whether a key is stored."""
        return bool(row.api_key_encrypted)

    def validate_endpoint(self, value: str) -> str:
        """Returns the address as requests need it."""
        try:
            return providers.normal_endpoint(value)
        except OperationError as error:
            raise serializers.ValidationError(str(error)) from None


class BotModelSerializer(serializers.Serializer[Any]):
    """One line of a bot's list of models."""

    provider = serializers.CharField(max_length=60, help_text="Name of a model provider.")
    model = serializers.CharField(max_length=120, allow_blank=True, default="", help_text="Empty: the provider's.")
    use = serializers.ChoiceField(choices=BotProvider.Use.values, default="any")
    tokens = serializers.IntegerField(min_value=1, max_value=10_000_000, allow_null=True, default=None)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two models",
            value={
                "lines": [
                    {"provider": "main", "model": "", "use": "any", "tokens": None},
                    {"provider": "main", "model": "gpt-5-nano", "use": "simple", "tokens": 800},
                ]
            },
        )
    ]
)
class BotModelsSerializer(serializers.Serializer[Any]):
    """The models that a bot asks, in their order. Without lines it asks all enabled providers."""

    lines = serializers.ListField(child=BotModelSerializer(), max_length=50)


_HOUR = {
    "hour": "2026-11-22T08:00:00Z",
    "calls": 240,
    "failed": 3,
    "refused": 1,
    "p50": 812,
    "p99": 4120,
    "first_p50": 203,
    "first_p99": 970,
    "tokens_per_s": 48.5,
    "prompt_tokens": 310000,
    "completion_tokens": 42000,
}


@extend_schema_serializer(examples=[OpenApiExample("One hour", value=_HOUR)])
class HealthSerializer(serializers.Serializer[Any]):
    """The calls of a provider in one hour; milliseconds."""

    hour = serializers.DateTimeField()
    calls = serializers.IntegerField()
    failed = serializers.IntegerField(source="errors")
    refused = serializers.IntegerField(help_text="Refused for their content; no errors of the provider.")
    p50 = serializers.IntegerField(allow_null=True)
    p99 = serializers.IntegerField(allow_null=True)
    first_p50 = serializers.IntegerField(allow_null=True)
    first_p99 = serializers.IntegerField(allow_null=True)
    tokens_per_s = serializers.FloatField(allow_null=True)
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()


class ProviderFilters(Filters):
    """Query parameters of the list of providers."""

    enabled = serializers.BooleanField(required=False)
    kind = serializers.ChoiceField(ModelProvider.Kind.choices, required=False)


@extend_schema_serializer(
    examples=[OpenApiExample("It answered", value={"ok": True, "text": "gpt-5-mini answered in 412 ms"})]
)
class TestOutcomeSerializer(serializers.Serializer[Any]):
    """The outcome of a test."""

    ok = serializers.BooleanField()
    text = serializers.CharField(help_text="One line for people; never a secret.")
