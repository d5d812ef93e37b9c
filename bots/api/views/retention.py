"""How long finished rows are kept, and what goes next. Only for superusers, as the page of the admin."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots.api.base import ScopedViewSet
from bots.api.permissions import IsSuperuser
from bots.api.serializers.retention import DaysSerializer, RetentionSerializer, TriedDaysSerializer
from bots.maintenance.retention import rules
from bots.maintenance.retention.standing import standing
from bots.models import RetentionRule


class RetentionViewSet(ScopedViewSet):
    """The days of all kinds of rows. They belong to no bot."""

    queryset = RetentionRule.objects.none()
    serializer_class = RetentionSerializer
    permission_classes = [IsSuperuser]

    @extend_schema(
        summary="How long finished rows are kept, and what goes next (superuser)",
        parameters=[TriedDaysSerializer],
        responses=RetentionSerializer,
    )
    def show(self, request: Request) -> Response:
        """Previews each kind by its days, or by those of the query (`?inbox=30`). Saves and deletes nothing."""
        tried = self.parameters(TriedDaysSerializer)
        return Response(RetentionSerializer({"kinds": standing(tried=tried)}).data)

    @extend_schema(
        summary="Change how long finished rows are kept (superuser)",
        request=DaysSerializer,
        responses=RetentionSerializer,
    )
    def change(self, request: Request) -> Response:
        """Saves the days of the kinds that are named: all of them, or none when one is wrong."""
        wanted = DaysSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        rules.save(wanted.validated_data, request.user)
        return Response(RetentionSerializer({"kinds": standing()}).data)
