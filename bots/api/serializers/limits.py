"""Limits and what is used of them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from bots.api.base import Filters
from bots.models import Limit, OwnerKind
from bots.operations import spending

_STANDING = {
    "unit": "tokens",
    "ceiling": "100000.000000000",
    "spent": "81920.000000000",
    "reserved": "0.000000000",
    "refused": 0,
    "ends_at": "2026-11-23T00:00:00Z",
}
_LIMIT = {
    "id": 1,
    "kind": "person",
    "bot": 1,
    "person": None,
    "channel": None,
    "tenant": "",
    "messages_per_minute": 20,
    "tokens_per_day": 100_000,
    "money_per_month": "5.0000",
    "standing": [_STANDING],
}


class StandingSerializer(serializers.Serializer[Any]):
    """What is used of one unit in the running period."""

    unit = serializers.CharField()
    ceiling = serializers.DecimalField(max_digits=30, decimal_places=9)
    spent = serializers.DecimalField(max_digits=30, decimal_places=9, help_text="Of each one: the most.")
    reserved = serializers.DecimalField(max_digits=30, decimal_places=9)
    refused = serializers.IntegerField(help_text="Calls and messages for which there was no room.")
    ends_at = serializers.DateTimeField()


@extend_schema_serializer(examples=[OpenApiExample("A limit", value=_LIMIT, response_only=True)])
class LimitSerializer(serializers.ModelSerializer[Limit]):
    """A limit. Without `person` (`channel`) it holds for each one of the bot by itself."""

    class Meta:
        model = Limit
        fields = tuple(_LIMIT)
        read_only_fields = ("id", "standing")
        validators: list[Any] = []

    messages_per_minute = serializers.IntegerField(min_value=0, max_value=1_000_000, allow_null=True, required=False)
    tokens_per_day = serializers.IntegerField(min_value=0, max_value=10**15, allow_null=True, required=False)
    standing = serializers.SerializerMethodField()

    @extend_schema_field(StandingSerializer(many=True))
    def get_standing(self, row: Limit) -> Any:
        """Returns what is used of it; only for a single limit."""
        view = self.context.get("view")
        if view is not None and view.action == "list":
            return []
        return StandingSerializer(spending.standing(row), many=True).data


class LimitFilters(Filters):
    """Query parameters of the list of limits."""

    kind = serializers.ChoiceField(choices=OwnerKind.choices, required=False)
    bot = serializers.IntegerField(required=False, min_value=1)
