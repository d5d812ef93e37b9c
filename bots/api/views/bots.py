"""Bots and model providers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from bots.access.roles import Role
from bots.api.base import EditableViewSet, ScopedViewSet
from bots.api.permissions import MayConfigure
from bots.api.serializers.bots import (
    BotFilters,
    BotModelsSerializer,
    BotSerializer,
    HealthSerializer,
    ProviderFilters,
    ProviderSerializer,
    TestOutcomeSerializer,
)
from bots.i18n.failure_texts import describe
from bots.models import Bot, ModelProvider
from bots.monitoring import provider_health
from bots.operations import bot_models, providers, row_changes


@extend_schema_view(
    list=extend_schema(summary="Bots you may see", parameters=[BotFilters]),
    retrieve=extend_schema(summary="One bot"),
    partial_update=extend_schema(summary="Change a bot (manager)"),
)
class BotViewSet(ScopedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin):
    """Bots can be read and changed here. Add and remove them in the admin or with `manage.py bot`."""

    queryset = Bot.objects.none()
    serializer_class = BotSerializer
    http_method_names = ["get", "patch"]
    bot_path = "pk"
    filters = BotFilters
    roles: ClassVar[Mapping[str, str]] = dict.fromkeys(("partial_update", "models", "change_models"), Role.MANAGER)

    def rows(self) -> QuerySet[Any]:
        return Bot.objects.all()

    @extend_schema(summary="The models that a bot asks (manager)", responses=BotModelsSerializer)
    @action(detail=True, methods=["get"])
    def models(self, request: Request, pk: str | None = None) -> Response:
        """Lists them in their order."""
        return Response(_models(self.get_object()))

    @extend_schema(
        summary="Replace the models that a bot asks (manager)",
        request=BotModelsSerializer,
        responses=BotModelsSerializer,
    )
    @models.mapping.patch
    def change_models(self, request: Request, pk: str | None = None) -> Response:
        """Replaces the whole list. Needs the permission bots.change_botprovider, too."""
        bot = self.get_object()
        if not request.user.has_perm("bots.change_botprovider"):
            raise PermissionDenied("This needs the permission bots.change_botprovider.")
        wanted = BotModelsSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        bot_models.replace_lines(bot, wanted.validated_data["lines"], request.user)
        return Response(_models(bot))

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        values = dict(values)
        if words := values.pop("q", ""):
            rows = rows.filter(Q(name__icontains=words) | Q(slug__icontains=words) | Q(description__icontains=words))
        return super().narrow(rows, values)


def _models(bot: Bot) -> Any:
    lines = [
        {"provider": line.provider.name, "model": line.model, "use": line.use, "tokens": line.tokens}
        for line in bot_models.lines(bot)
    ]
    return BotModelsSerializer({"lines": lines}).data


@extend_schema_view(
    list=extend_schema(summary="Model providers (staff)", parameters=[ProviderFilters]),
    retrieve=extend_schema(summary="One model provider (staff)"),
    create=extend_schema(summary="Add a model provider (staff)"),
    partial_update=extend_schema(summary="Change a model provider (staff)"),
    destroy=extend_schema(summary="Remove a model provider (staff)"),
)
class ProviderViewSet(EditableViewSet):
    """OpenAI-compatible endpoints, tried in order of priority. They belong to no bot, so only staff have access."""

    queryset = ModelProvider.objects.none()
    serializer_class = ProviderSerializer
    permission_classes = [MayConfigure]
    filters = ProviderFilters

    def get_queryset(self) -> QuerySet[Any]:
        return ModelProvider.objects.all()

    def save(self, row: ModelProvider | None, values: Mapping[str, Any]) -> ModelProvider:
        return row_changes.save_provider(row, values, self.request.user)

    @extend_schema(summary="Calls of a provider by the hour, of one day (staff)", responses=HealthSerializer(many=True))
    @action(detail=True, methods=["get"], pagination_class=None, filter_backends=[])
    def health(self, request: Request, pk: str | None = None) -> Response:
        """Returns the last 24 hours, the oldest first."""
        found = provider_health.by_time(self.get_object().pk, timezone.now(), steps=24)
        return Response([HealthSerializer({"hour": hour, **asdict(health)}).data for hour, health in found])

    @extend_schema(summary="Ask a provider for one word (staff)", request=None, responses=TestOutcomeSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, pk: str | None = None) -> Response:
        """Tests address, key and model; stores the outcome on the provider."""
        result = providers.test_provider(self.get_object())
        text = describe(result.text)
        return Response(TestOutcomeSerializer({"ok": result.ok, "text": text}).data)
