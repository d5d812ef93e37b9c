"""The inbox and the outbox: list rows, retry or discard messages, replay events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bots.access.roles import Role
from bots.api.base import ScopedViewSet
from bots.api.serializers.queues import (
    ChangedSerializer,
    InboundFilters,
    InboundSerializer,
    OutboundFilters,
    OutboundSerializer,
)
from bots.models import InboundEvent, OutboundMessage
from bots.operations import queues


class _QueueViewSet(ScopedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    http_method_names = ["get", "post"]
    bot_path = "channel__bot_id"

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        names = {"bot": "channel__bot", "channel": "channel__public_id"}
        return super().narrow(rows, {names.get(name, name): value for name, value in values.items()})


@extend_schema_view(
    list=extend_schema(summary="Events of the platforms, latest first", parameters=[InboundFilters]),
    retrieve=extend_schema(summary="One inbound event"),
)
class InboundViewSet(_QueueViewSet):
    """The inbox: one row per event, without its content; read that as messages."""

    queryset = InboundEvent.objects.none()
    serializer_class = InboundSerializer
    filters = InboundFilters
    roles: ClassVar[Mapping[str, str]] = {"replay": Role.OPERATOR}

    def rows(self) -> QuerySet[Any]:
        return InboundEvent.objects.select_related("channel").defer("payload")

    @extend_schema(summary="Take an event again (operator)", request=None, responses=ChangedSerializer)
    @action(detail=True, methods=["post"])
    def replay(self, request: Request, pk: str | None = None) -> Response:
        """Copies a finished or dead event into a new one, as if the platform had sent it again."""
        return Response({"changed": queues.replay_inbound([self.get_object().pk])})


@extend_schema_view(
    list=extend_schema(summary="Messages on their way, latest first", parameters=[OutboundFilters]),
    retrieve=extend_schema(summary="One outbound message"),
)
class OutboundViewSet(_QueueViewSet):
    """The outbox: one row per message part. Dead letters have the state `dead`."""

    queryset = OutboundMessage.objects.none()
    serializer_class = OutboundSerializer
    filters = OutboundFilters
    roles: ClassVar[Mapping[str, str]] = {"retry": Role.OPERATOR, "discard": Role.OPERATOR}

    def rows(self) -> QuerySet[Any]:
        return OutboundMessage.objects.select_related("channel").defer("payload")

    @extend_schema(summary="Send a dead letter again (operator)", request=None, responses=ChangedSerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str | None = None) -> Response:
        """Sends a dead, discarded or unconfirmed message again; `changed` is 0 for others."""
        return Response({"changed": queues.retry_outbound([self.get_object().pk])})

    @extend_schema(summary="Give a message up (operator)", request=None, responses=ChangedSerializer)
    @action(detail=True, methods=["post"])
    def discard(self, request: Request, pk: str | None = None) -> Response:
        """Discards a dead, pending or unconfirmed message; later messages of the chat no longer wait for it."""
        return Response({"changed": queues.discard_outbound([self.get_object().pk])})
