"""Fields that several serializers use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bots.access import roles
from bots.models import Bot, Channel, Person

# The largest integer that every database and JavaScript represent exactly.
MAX_ID = 2**53
_KEY_LENGTH = 64
_VALUE_LENGTH = 20_000


class AccountField(serializers.DictField):
    """A flat mapping of keys to texts, numbers, booleans, lists of texts or null."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        values = super().to_internal_value(data)
        for key, value in values.items():
            if len(key) > _KEY_LENGTH or not _is_storable(key) or not _is_flat(value):
                raise serializers.ValidationError(
                    f"{key[:_KEY_LENGTH]}: must be text, a number, true, false, null or a list of texts."
                )
        return values


def _is_flat(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= _VALUE_LENGTH and _is_storable(value)
    if isinstance(value, list):
        return len(value) <= 100 and all(isinstance(item, str) and _is_flat(item) for item in value)
    return value is None or isinstance(value, (bool, int, float))


def _is_storable(text: str) -> bool:
    """Tells whether a text has no NUL, which JSON allows but not every database stores."""
    return "\x00" not in text


@extend_schema_field(OpenApiTypes.INT64)
class _VisibleField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row that belongs to a bot the user may see; any other id is reported as missing."""

    rows: Callable[[Any], Any]

    def __init__(self, **options: Any) -> None:
        options.setdefault("pk_field", serializers.IntegerField(min_value=1, max_value=MAX_ID))
        super().__init__(**options)

    def get_queryset(self) -> Any:
        return type(self).rows(self.context["request"].user)

    def use_pk_only_optimization(self) -> bool:
        return True


class VisibleBotField(_VisibleField):
    """The id of a bot."""

    rows = staticmethod(roles.bots_for)

    def __init__(self, **options: Any) -> None:
        if not options.get("read_only"):
            options.setdefault("queryset", Bot.objects.none())
        super().__init__(**options)


class VisiblePersonField(_VisibleField):
    """The id of a person."""

    def __init__(self, **options: Any) -> None:
        super().__init__(queryset=Person.objects.none(), **options)

    @staticmethod
    def rows(user: Any) -> Any:
        return Person.objects.filter(bot__in=roles.bots_for(user).values("pk"))


@extend_schema_field(OpenApiTypes.STR)
class VisibleChannelField(serializers.SlugRelatedField[Channel]):
    """The public id of a channel."""

    def __init__(self, **options: Any) -> None:
        super().__init__(slug_field="public_id", queryset=Channel.objects.none(), **options)

    def get_queryset(self) -> Any:
        user = self.context["request"].user
        return Channel.objects.filter(bot__in=roles.bots_for(user).values("pk"))

    def to_internal_value(self, data: Any) -> Channel:
        if not isinstance(data, str) or len(data) > 32 or "\x00" in data:
            self.fail("invalid")
        return super().to_internal_value(data)
