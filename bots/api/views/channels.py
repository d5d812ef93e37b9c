"""Channels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from bots.access.roles import Role
from bots.api.base import EditableViewSet
from bots.api.serializers.channels import (
    ChannelChangeSerializer,
    ChannelFilters,
    ChannelSerializer,
    VerificationSerializer,
    WebhookAddressSerializer,
)
from bots.models import Channel
from bots.operations import channel_accounts, verification


@extend_schema_view(
    list=extend_schema(summary="Channels of the bots you may see", parameters=[ChannelFilters]),
    retrieve=extend_schema(summary="One channel"),
    create=extend_schema(summary="Connect a platform account (manager)"),
    partial_update=extend_schema(
        summary="Change a channel or its account (manager)",
        request=ChannelChangeSerializer,
        responses=ChannelSerializer,
    ),
    destroy=extend_schema(summary="Remove a channel with its conversations (manager)"),
)
class ChannelViewSet(EditableViewSet):
    """Channels. Accounts are write-only and stored encrypted; `account_keys` names the keys that have a value."""

    queryset = Channel.objects.none()
    serializer_class = ChannelSerializer
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_regex = "[0-9a-f]{1,32}"
    filters = ChannelFilters
    roles: ClassVar[Mapping[str, str]] = dict.fromkeys(
        ("create", "partial_update", "destroy", "test", "set_webhook"), Role.MANAGER
    )

    def rows(self) -> QuerySet[Any]:
        return Channel.objects.all()

    def get_serializer_class(self) -> type[BaseSerializer[Any]]:
        return ChannelChangeSerializer if self.action == "partial_update" else ChannelSerializer

    def save(self, row: Channel | None, values: Mapping[str, Any]) -> Channel:
        if row is not None:
            return channel_accounts.change_channel(row, actor=self.request.user, **values)
        given = dict(values)
        bot = given.pop("bot")
        self.require(bot.pk, Role.MANAGER)
        return channel_accounts.create_channel(
            bot, given.pop("platform"), given.pop("account", {}), actor=self.request.user, **given
        )

    @extend_schema(summary="Try the account (manager)", request=None, responses=VerificationSerializer)
    @action(detail=True, methods=["post"])
    def test(self, request: Request, id: str | None = None) -> Response:
        """Verifies the account with the platform."""
        channel, public = self.get_object(), settings.CLAWDBOT.web.public_url
        outcome = verification.verify_channel(
            channel, public + channel.webhook_path if public else "", actor=request.user
        )
        return Response(VerificationSerializer(outcome).data)

    @extend_schema(
        summary="Register the webhook at the platform (manager)",
        request=WebhookAddressSerializer,
        responses=VerificationSerializer,
    )
    @action(detail=True, methods=["post"], url_path="set-webhook")
    def set_webhook(self, request: Request, id: str | None = None) -> Response:
        """Registers the webhook. If the platform has no API for it, `ok` is false and `text` has the manual steps."""
        channel = self.get_object()
        form = WebhookAddressSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        base_url = form.validated_data.get("base_url") or settings.CLAWDBOT.web.public_url
        if not base_url:
            raise ValidationError({"base_url": ["Needed: the configuration has no web.public_url."]})
        verification.refuse_foreign_server(base_url, request.build_absolute_uri("/"), request.user)
        outcome = verification.set_webhook(channel, base_url, actor=request.user)
        return Response(VerificationSerializer(outcome).data)
