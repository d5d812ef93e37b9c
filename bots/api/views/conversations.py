"""Conversations and messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from bots.access.roles import Role
from bots.api.base import ScopedViewSet
from bots.api.serializers.conversations import (
    ConversationFilters,
    ConversationSerializer,
    MessageFilters,
    MessageSerializer,
    NewMessageSerializer,
)
from bots.api.throttling import SendThrottle, UserThrottle
from bots.edge.problems import Problem
from bots.models import Conversation, Message
from bots.operations import handover
from bots.operations.messages import MAX_KEY, FileRefused, KeyUsedBefore, NoWayToPerson, send_to_person

_KEY_HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": r"^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="The same key for the same person never makes a second message: repeat a request that got no answer.",
)


@extend_schema_view(
    list=extend_schema(summary="Conversations, latest first", parameters=[ConversationFilters]),
    retrieve=extend_schema(summary="One conversation"),
)
class ConversationViewSet(ScopedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """A conversation is a sequence of messages in one chat. It ends when it is closed."""

    queryset = Conversation.objects.none()
    serializer_class = ConversationSerializer
    http_method_names = ["get", "post"]
    filters = ConversationFilters
    roles: ClassVar[Mapping[str, str]] = {"take_over": Role.OPERATOR, "hand_back": Role.OPERATOR}

    def rows(self) -> QuerySet[Any]:
        return Conversation.objects.select_related("channel")

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        values = dict(values)
        if "channel" in values:
            values["channel__public_id"] = values.pop("channel")
        if "open" in values:
            values["closed_at__isnull"] = values.pop("open")
        if "since" in values:
            values["last_message_at__gte"] = values.pop("since")
        return super().narrow(rows, values)

    @extend_schema(summary="A human answers from now on (operator)", request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request: Request, pk: str | None = None) -> Response:
        """Silences the bot in this conversation; it still remembers. Answer with POST /messages/. Idempotent."""
        return self._hand(handover.take_over)

    @extend_schema(summary="The bot answers again (operator)", request=None, responses=ConversationSerializer)
    @action(detail=True, methods=["post"], url_path="hand-back")
    def hand_back(self, request: Request, pk: str | None = None) -> Response:
        """Lets the bot answer again. Idempotent. Happens automatically after a day without a message from the team."""
        return self._hand(handover.hand_back)

    def _hand(self, to: Callable[[Conversation], bool]) -> Response:
        try:
            to(self.get_object())
        except handover.ConversationClosed as error:
            raise Problem(409, str(error)) from None
        return Response(ConversationSerializer(self.get_object()).data)


@extend_schema_view(
    list=extend_schema(summary="Messages, latest first", parameters=[MessageFilters]),
    retrieve=extend_schema(summary="One message"),
)
class MessageViewSet(ScopedViewSet, mixins.ListModelMixin, mixins.RetrieveModelMixin):
    """Messages of conversations; POST sends a message to a person."""

    queryset = Message.objects.none()
    serializer_class = MessageSerializer
    http_method_names = ["get", "post"]
    bot_path = "conversation__bot_id"
    filters = MessageFilters
    roles: ClassVar[Mapping[str, str]] = {"create": Role.OPERATOR}

    def rows(self) -> QuerySet[Any]:
        return Message.objects.select_related("conversation")

    def narrow(self, rows: QuerySet[Any], values: Mapping[str, Any]) -> QuerySet[Any]:
        names = {
            "bot": "conversation__bot",
            "person": "conversation__person",
            "q": "text__icontains",
            "since": "occurred_at__gte",
            "until": "occurred_at__lt",
        }
        return super().narrow(rows, {names.get(name, name): value for name, value in values.items()})

    def get_throttles(self) -> list[Any]:
        kinds: list[Any] = [UserThrottle, SendThrottle] if self.action == "create" else [UserThrottle]
        return [kind() for kind in kinds]

    @extend_schema(
        summary="Send a message to a person (operator)",
        request=NewMessageSerializer,
        parameters=[_KEY_HEADER],
        responses={
            201: OpenApiResponse(MessageSerializer, description="Stored; a worker sends it. See /outbound/?message=."),
            200: OpenApiResponse(MessageSerializer, description="Stored before with this Idempotency-Key."),
        },
    )
    def create(self, request: Request) -> Response:
        """Stores the message with its outbox rows, then responds. A worker delivers it like every reply of the bot."""
        form = NewMessageSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        values = form.validated_data
        person, channel = values["person"], values.get("channel")
        self.require(person.bot_id, Role.OPERATOR)
        if channel is not None and channel.bot_id != person.bot_id:
            raise serializers.ValidationError({"channel": ["The channel and the person belong to different bots."]})
        try:
            sent = send_to_person(
                person,
                values["text"],
                files=values["files"],
                channel=channel,
                idempotency_key=_key_of(request),
            )
        except FileRefused as error:
            raise serializers.ValidationError({"files": [str(error)]}) from None
        except NoWayToPerson as error:
            raise Problem(409, str(error)) from None
        except KeyUsedBefore as error:
            raise Problem(422, str(error)) from None
        return Response(MessageSerializer(sent.message).data, status=201 if sent.created else 200)


def _key_of(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not 1 <= len(key) <= MAX_KEY or any(not "!" <= sign <= "~" for sign in key):
        raise serializers.ValidationError({"Idempotency-Key": [f"1 to {MAX_KEY} printable ASCII characters."]})
    return key
