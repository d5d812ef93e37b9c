"""People and what bots remember about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, cast

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from bots.access import roles as access
from bots.access.roles import Role
from bots.api.base import ScopedViewSet
from bots.api.serializers.people import (
    EXPORTED,
    ErasedSerializer,
    ForgottenSerializer,
    MemoryFilters,
    MemorySerializer,
    PersonFilters,
    PersonSerializer,
    SearchParameters,
    SearchResultSerializer,
)
from bots.models import Identity, Person
from bots.operations import memories, people
from memory.models import MemoryEntry


@extend_schema_view(
    list=extend_schema(summary="People of the bots you may see", parameters=[PersonFilters]),
    retrieve=extend_schema(summary="One person"),
    partial_update=extend_schema(summary="Change a person (operator)"),
)
class PersonViewSet(ScopedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin):
    """A human as one bot knows them. Memories are scoped to a person."""

    queryset = Person.objects.none()
    serializer_class = PersonSerializer
    http_method_names = ["get", "patch", "delete"]
    filters = PersonFilters
    roles: ClassVar[Mapping[str, str]] = {
        "partial_update": Role.OPERATOR,
        "forget": Role.OPERATOR,
        "export": Role.OPERATOR,
        "destroy": Role.MANAGER,
    }

    def rows(self) -> QuerySet[Any]:
        return Person.objects.select_related("bot").prefetch_related(
            Prefetch("identities", queryset=Identity.objects.select_related("channel"))
        )

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        values = dict(values)
        if words := values.pop("q", ""):
            rows = rows.filter(display_name__icontains=words)
        if account := values.pop("external_id", ""):
            rows = rows.filter(pk__in=Identity.objects.filter(external_id=account).values("person_id"))
        return super().narrow(rows, values)

    @extend_schema(summary="Forget everything about a person (operator)", responses={200: ForgottenSerializer})
    @action(detail=True, methods=["delete"], url_path="memories")
    def forget(self, request: Request, pk: str | None = None) -> Response:
        """Deletes all memories of this person with their index and vectors. It cannot be undone."""
        erased = memories.erase(self.get_object(), request.user)
        return Response({"deleted": erased.memories})

    @extend_schema(summary="Erase a person completely (manager)", responses={200: ErasedSerializer})
    def destroy(self, request: Request, pk: str | None = None) -> Response:
        """Deletes the person with memories, conversations, messages, accounts and usage, and searches for remains.

        It cannot be undone. `found` counts the remains. On success all counts are zero; otherwise the response is an
        error and the audit log records the failure.
        """
        erased = people.erase(self.get_object(), request.user)
        return Response({"deleted": erased.counts, "found": erased.found})

    @extend_schema(
        summary="Everything about a person, as one JSON document (operator)",
        examples=[OpenApiExample("A person's data", value=EXPORTED, response_only=True)],
        responses=OpenApiTypes.OBJECT,
        filters=False,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def export(self, request: Request, pk: str | None = None) -> HttpResponse:
        """Exports person, accounts, conversations, messages, memories (also derived and superseded ones) and usage."""
        name, document = people.export(self.get_object(), request.user)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(document, content_type="application/json", headers=headers)


@extend_schema_view(
    list=extend_schema(summary="Memories, latest first", parameters=[MemoryFilters]),
    retrieve=extend_schema(summary="One memory"),
    partial_update=extend_schema(summary="Pin or unpin a memory (operator)"),
    destroy=extend_schema(summary="Forget one memory (operator)"),
)
class MemoryViewSet(ScopedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin):
    """Memories of bots about people."""

    queryset = MemoryEntry.objects.none()
    serializer_class = MemorySerializer
    http_method_names = ["get", "patch", "delete"]
    filters = MemoryFilters
    roles: ClassVar[Mapping[str, str]] = {"destroy": Role.OPERATOR, "partial_update": Role.OPERATOR}

    def rows(self) -> QuerySet[Any]:
        return MemoryEntry.objects.distinct_entries().defer("tokens", "vector", "content_hash")

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        names = {"q": "text__icontains", "since": "occurred_at__gte", "until": "occurred_at__lt"}
        return super().narrow(rows, {names.get(name, name): value for name, value in values.items()})

    def perform_update(self, serializer: BaseSerializer[Any]) -> None:
        entry, pinned = cast(MemoryEntry, serializer.instance), serializer.validated_data.get("pinned")
        if pinned is not None:
            memories.pin([entry.bot_id], [entry.pk], self.request.user, pinned=pinned)
            entry.pinned = pinned

    def destroy(self, request: Request, pk: str | None = None) -> Response:
        """Deletes the memory with its repetitions, index entries and vector."""
        entry = self.get_object()
        memories.erase(entry.person, request.user, [entry.pk])
        return Response(status=204)

    @extend_schema(
        summary="Search a person's memories by words and meaning",
        parameters=[SearchParameters],
        responses=SearchResultSerializer,
        filters=False,
    )
    @action(detail=False, methods=["get"], pagination_class=None)
    def search(self, request: Request) -> Response:
        """Runs the recall that the bot uses before it answers; `why` has the score of each retrieval arm."""
        values = self.parameters(SearchParameters)
        visible = Person.objects.filter(bot__in=access.bots_for(request.user).values("pk"))
        found = memories.search(get_object_or_404(visible, pk=values["person"]), values["q"], k=values["k"])
        return Response(SearchResultSerializer(found).data)
