"""Limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.exceptions import PermissionDenied

from bots.access import roles
from bots.access.roles import Role
from bots.api.base import EditableViewSet
from bots.api.serializers.limits import LimitFilters, LimitSerializer
from bots.models import Bot, Limit
from bots.operations import spending


@extend_schema_view(
    list=extend_schema(summary="Limits of bots you may see", parameters=[LimitFilters]),
    retrieve=extend_schema(summary="One limit, with what is used of it"),
    create=extend_schema(summary="Add a limit (manager)"),
    partial_update=extend_schema(summary="Change a limit (manager)"),
    destroy=extend_schema(summary="Remove a limit (manager)"),
)
class LimitViewSet(EditableViewSet):
    """What bots, people, group chats, channels and tenants may consume. Only superusers see limits of tenants."""

    queryset = Limit.objects.none()
    serializer_class = LimitSerializer
    filters = LimitFilters
    roles: ClassVar[Mapping[str, str]] = {
        "create": Role.MANAGER,
        "partial_update": Role.MANAGER,
        "destroy": Role.MANAGER,
    }

    def rows(self) -> QuerySet[Any]:
        return Limit.objects.select_related("bot", "person", "channel__bot")

    def bot_id_of(self, row: Model) -> int:
        return getattr(row, "bot_id", None) or 0  # 0: a tenant's, which only superusers have access to

    def save(self, row: Limit | None, values: Mapping[str, Any]) -> Limit:
        row = row or Limit()
        self._check(values.get("bot", row.bot))
        return spending.save(row, self.request.user, values)

    def perform_destroy(self, instance: Limit) -> None:
        spending.remove(instance, self.request.user)

    def _check(self, bot: Bot | None) -> None:
        """Refuses a limit of a bot that the user does not manage, and one of a tenant to all but superusers."""
        if bot is None and not roles.is_superuser(self.request.user):
            raise PermissionDenied
        if bot is not None:
            self.require(bot.pk, Role.MANAGER)
