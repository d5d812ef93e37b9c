"""How long finished rows are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bots.maintenance.retention import rules
from bots.maintenance.retention.errors import RetentionError
from bots.maintenance.retention.kinds import KINDS, MOST_DAYS

_KIND = {
    "kind": "inbox",
    "title": "Events of the inbox",
    "loses": "Replays of these turns.",
    "days": 90,
    "own": False,
    "default": 90,
    "least": 8,
    "previewed_days": 30,
    "goes": 1200,
    "exact": False,
    "oldest": "2026-09-01T04:00:00Z",
    "last_run": "2026-12-01T12:00:00Z",
    "deleted": 310,
    "deleted_in_all": 52_000,
    "failed_at": None,
    "error": "",
}


class KindSerializer(serializers.Serializer[Any]):
    """One kind of rows."""

    kind = serializers.CharField(source="kind.key")
    title = serializers.CharField(source="kind.title")
    loses = serializers.CharField(source="kind.loses", help_text="What people can no longer do when a row is gone.")
    days = serializers.IntegerField(help_text="As saved; 0: for ever.")
    own = serializers.BooleanField(help_text="The days are set; otherwise they are the default.")
    default = serializers.IntegerField(source="kind.default")
    least = serializers.IntegerField(source="kind.least", help_text="Fewest days that may be set, besides 0.")
    previewed_days = serializers.IntegerField(source="preview.days", help_text="The days that `goes` counts by.")
    goes = serializers.IntegerField(source="preview.rows", help_text="Rows that the next run deletes by these days.")
    exact = serializers.BooleanField(source="preview.exact", help_text="`goes` was counted, not estimated.")
    oldest = serializers.DateTimeField(source="preview.oldest", allow_null=True, help_text="Of the oldest row.")
    last_run = serializers.DateTimeField(allow_null=True)
    deleted = serializers.IntegerField(help_text="Rows that the last run deleted.")
    deleted_in_all = serializers.IntegerField()
    failed_at = serializers.DateTimeField(allow_null=True, help_text="When the last run failed; null: it did not.")
    error = serializers.CharField(allow_blank=True, help_text="Why it failed.")


@extend_schema_serializer(examples=[OpenApiExample("One kind", value={"kinds": [_KIND]}, response_only=True)])
class RetentionSerializer(serializers.Serializer[Any]):
    """All kinds, in the order of the admin page."""

    kinds = KindSerializer(many=True)


class TriedDaysSerializer(serializers.Serializer[Any]):
    """Days by kind, to be previewed."""

    nullable = False

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            kind.key: serializers.IntegerField(
                required=False,
                allow_null=self.nullable,
                min_value=0,
                max_value=MOST_DAYS,
                help_text=f"Days of {kind.key}: 0 for ever, else at least {kind.least}.",
            )
            for kind in KINDS
        }

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(str(key) for key in data if key not in self.fields)):
            raise serializers.ValidationError({key[:100]: [_("There is no such kind.")] for key in unknown[:20]})
        return super().to_internal_value(data)

    def validate(self, attrs: dict[str, int | None]) -> dict[str, int | None]:
        wrong = {}
        for kind in KINDS:
            try:
                rules.check(kind, attrs.get(kind.key))
            except RetentionError as error:
                wrong[kind.key] = [str(error)]
        if wrong:
            raise serializers.ValidationError(wrong)
        return attrs


@extend_schema_serializer(examples=[OpenApiExample("Two kinds", value={"inbox": 30, "audit": None}, request_only=True)])
class DaysSerializer(TriedDaysSerializer):
    """Days by kind; null: the default, 0: for ever."""

    nullable = True
