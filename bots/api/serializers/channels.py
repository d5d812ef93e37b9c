"""Channels. Accounts are write-only; a response names only their keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from adapters import registry
from bots.api.base import Filters
from bots.api.fields import AccountField, VisibleBotField
from bots.api.serializers.bots import TestOutcomeSerializer
from bots.models import Channel
from bots.operations import channel_accounts

_CHANNEL = {
    "id": "5f0c9b6d8f1e4a27",
    "bot": 1,
    "platform": "telegram",
    "name": "Support",
    "enabled": True,
    "webhook_path": "/api/webhook/5f0c9b6d8f1e4a27",
    "account_keys": ["secret_token", "token"],
    "flood_per_minute": None,
    "last_event_at": "2026-11-22T08:00:00Z",
    "last_error_at": None,
    "last_error": "",
    "created_at": "2026-11-22T08:00:00Z",
    "updated_at": "2026-11-22T08:00:00Z",
}
_NEW = {"bot": 1, "platform": "telegram", "name": "Support", "account": {"token": "123456:ABC-DEF"}}


@extend_schema_serializer(
    examples=[
        OpenApiExample("A channel", value=_CHANNEL, response_only=True),
        OpenApiExample("A new channel", value=_NEW, request_only=True),
    ]
)
class ChannelSerializer(serializers.ModelSerializer[Channel]):
    """A platform account of a bot."""

    class Meta:
        model = Channel
        fields = (*_CHANNEL, "account")
        read_only_fields: tuple[str, ...] = ("last_event_at", "last_error_at", "last_error", "created_at", "updated_at")

    id = serializers.CharField(source="public_id", read_only=True)
    bot = VisibleBotField(help_text="Id of the bot; cannot be changed later.")
    platform = serializers.ChoiceField(choices=registry.platforms(), help_text="Cannot be changed later.")
    name = serializers.CharField(required=False, allow_blank=True, max_length=100)
    flood_per_minute = serializers.IntegerField(
        min_value=0,
        max_value=1_000_000,
        allow_null=True,
        required=False,
        help_text="0: no limit; null: the limit of the configuration.",
    )
    webhook_path = serializers.CharField(read_only=True)
    account_keys = serializers.SerializerMethodField(help_text="Keys of the account that have a value.")
    account = AccountField(
        write_only=True,
        required=False,
        help_text="The account's values by key. A change affects only the given keys; null removes a key.",
    )

    def get_account_keys(self, row: Channel) -> list[str]:
        """Returns the names of the keys that have a value."""
        return channel_accounts.keys_set(row)


class ChannelChangeSerializer(ChannelSerializer):
    """The fields of a channel that can be changed."""

    class Meta(ChannelSerializer.Meta):
        read_only_fields: tuple[str, ...] = (*ChannelSerializer.Meta.read_only_fields, "bot", "platform")

    bot = VisibleBotField(read_only=True)
    platform = serializers.ChoiceField(choices=registry.platforms(), read_only=True)


class ChannelFilters(Filters):
    """Query parameters of the list of channels."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=2**53)
    platform = serializers.ChoiceField(choices=registry.platforms(), required=False)
    enabled = serializers.BooleanField(required=False)


class VerificationSerializer(TestOutcomeSerializer):
    """The outcome of a verification by the platform."""

    mend = serializers.CharField(help_text="How to fix a failure; may be empty.")
    notes = serializers.ListField(child=serializers.CharField(), help_text="Warnings about things that work.")


class WebhookAddressSerializer(serializers.Serializer[Any]):
    """The address at which the platform reaches this server."""

    base_url = serializers.RegexField(
        r"^https?://[^\s/?#@]+(/[^\s?#]*)?$",
        required=False,
        max_length=300,
        help_text="Public address of this server; by default that of the configuration.",
    )
