"""People, their memories, search, export and erasure."""

from __future__ import annotations

import zoneinfo
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from bots.api.base import Filters
from bots.api.fields import MAX_ID
from bots.models import Identity, Person
from bots.models.lengths import ID_LENGTH
from memory.models import MemoryEntry

_IDENTITY = {"channel": "5f0c9b6d8f1e4a27", "external_id": "7001", "user_name": "Li Wei"}
_PERSON = {
    "id": 12,
    "bot": 1,
    "key": "9b1c0f2e7d6a5b43",
    "kind": "human",
    "display_name": "Li Wei",
    "language": "zh-hans",
    "time_zone": "Asia/Shanghai",
    "blocked": False,
    "identities": [_IDENTITY],
    "created_at": "2026-11-01T08:00:00Z",
    "last_seen_at": "2026-11-22T08:00:00Z",
}


class IdentitySerializer(serializers.ModelSerializer[Identity]):
    """A person's account on a channel."""

    class Meta:
        model = Identity
        fields = tuple(_IDENTITY)
        read_only_fields = fields

    channel = serializers.CharField(source="channel.public_id", read_only=True)


@extend_schema_serializer(examples=[OpenApiExample("A person", value=_PERSON, response_only=True)])
class PersonSerializer(serializers.ModelSerializer[Person]):
    """A human as one bot knows them."""

    class Meta:
        model = Person
        fields = tuple(_PERSON)
        read_only_fields = ("id", "bot", "key", "kind", "created_at", "last_seen_at")

    identities = IdentitySerializer(many=True, read_only=True)

    def validate_time_zone(self, value: str) -> str:
        """Refuses names that the time zone database does not know."""
        if value and value not in zoneinfo.available_timezones():
            raise serializers.ValidationError("This is no time zone, such as Asia/Shanghai.")
        return value


class PersonFilters(Filters):
    """Query parameters of the list of people."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    key = serializers.CharField(required=False, max_length=120)
    blocked = serializers.BooleanField(required=False)
    external_id = serializers.CharField(required=False, max_length=ID_LENGTH, help_text="The id on a platform.")
    q = serializers.CharField(required=False, max_length=100, help_text="Part of the name.")


_MEMORY = {
    "id": 345,
    "bot": 1,
    "person": 12,
    "conversation": 7,
    "kind": "turn",
    "role": "user",
    "speaker": "Li Wei",
    "text": "My sister lives in Chengdu",
    "pinned": False,
    "repeated": 0,
    "occurred_at": "2026-11-20T08:00:00Z",
}


@extend_schema_serializer(examples=[OpenApiExample("A memory", value=_MEMORY, response_only=True)])
class MemorySerializer(serializers.ModelSerializer[MemoryEntry]):
    """One memory. A repeated text is listed once; `repeated` counts the repetitions."""

    class Meta:
        model = MemoryEntry
        fields = tuple(_MEMORY)
        read_only_fields = tuple(name for name in _MEMORY if name != "pinned")

    repeated = serializers.IntegerField(source="duplicates", read_only=True)


class MemoryFilters(Filters):
    """Query parameters of the list of memories."""

    bot = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    person = serializers.IntegerField(required=False, min_value=1, max_value=MAX_ID)
    kind = serializers.ChoiceField(choices=MemoryEntry.Kind.choices, required=False)
    role = serializers.ChoiceField(choices=MemoryEntry.Role.choices, required=False)
    q = serializers.CharField(required=False, max_length=100, help_text="Part of the text. By meaning: /search/.")
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)
    ordering = serializers.ChoiceField(
        choices=("-id", "id", "-occurred_at", "occurred_at"), required=False, help_text="The first is the default."
    )


class SearchParameters(serializers.Serializer[Any]):
    """The query parameters of a search in one person's memories."""

    person = serializers.IntegerField(min_value=1, max_value=MAX_ID, help_text="Whose memories.")
    q = serializers.CharField(max_length=1000, help_text="A question or some words, in any language.")
    k = serializers.IntegerField(min_value=1, max_value=100, default=10, help_text="How many at most.")


class HitSerializer(serializers.Serializer[Any]):
    """One hit of a search."""

    id = serializers.IntegerField()
    role = serializers.CharField()
    speaker = serializers.CharField(allow_blank=True)
    text = serializers.CharField()
    score = serializers.FloatField(help_text="Comparable within one search only.")
    occurred_at = serializers.DateTimeField()
    why = serializers.DictField(child=serializers.FloatField(), help_text="The score of each retrieval arm.")


_FOUND = {
    "ms": 14.2,
    "degraded": False,
    "hits": [
        {
            "id": 345,
            "role": "user",
            "speaker": "Li Wei",
            "text": "My sister lives in Chengdu",
            "score": 1.8,
            "occurred_at": "2026-11-20T08:00:00Z",
            "why": {"lexical": 0.9, "vector": 0.9},
        }
    ],
}


@extend_schema_serializer(examples=[OpenApiExample("Found", value=_FOUND, response_only=True)])
class SearchResultSerializer(serializers.Serializer[Any]):
    """The hits of a search, best first."""

    ms = serializers.FloatField()
    degraded = serializers.BooleanField(help_text="Only words were compared, because no embedding was available.")
    hits = HitSerializer(many=True)


EXPORTED = {
    "format": "clawdbot-person-1",
    "exported_at": "2026-11-22T08:00:00Z",
    "bot": "ada",
    "person": {"key": "9b1c0f2e7d6a5b43", "display_name": "Li Wei"},
    "linked": [],
    "identities": [{"platform": "telegram", "channel": "5f0c9b6d8f1e4a27", "external_id": "7001"}],
    "conversations": [{"id": 7, "platform": "telegram", "chat_id": "7001", "state": "active"}],
    "messages": [{"id": 20, "conversation_id": 7, "role": "user", "text": "My sister lives in Chengdu"}],
    "memories": [{"id": 345, "kind": "turn", "text": "My sister lives in Chengdu", "valid_to": None, "sources": []}],
    "usage": [{"conversation_id": 7, "provider": "main", "prompt_tokens": 100}],
}
_ERASED = {
    "deleted": {"memories": 42, "messages": 80, "conversations": 3, "accounts": 1, "people": 1},
    "found": {"rows": 0, "by_words": {"asked": 20, "found": 0}, "by_meaning": {"asked": 20, "found": 0}, "messages": 0},
}


@extend_schema_serializer(examples=[OpenApiExample("Erased", value=_ERASED, response_only=True)])
class ErasedSerializer(serializers.Serializer[Any]):
    """The numbers of erased rows, and of rows that the proof still found."""

    deleted = serializers.DictField(child=serializers.IntegerField(), help_text="Rows by kind.")
    found = serializers.DictField(help_text="Counts of data that the proof still found; all zero.")


@extend_schema_serializer(examples=[OpenApiExample("Forgotten", value={"deleted": 42}, response_only=True)])
class ForgottenSerializer(serializers.Serializer[Any]):
    """The number of deleted memories."""

    deleted = serializers.IntegerField()
