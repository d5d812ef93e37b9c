"""Receives webhooks: verifies, stores and commits the events, then responds. A worker does everything slower.

Status: 401/403 invalid signature · 404 no such channel, or an ambiguous one · 413 too large · 400 malformed · 429 rate
limit · 5xx an error of ours, so that the platform retries · otherwise the adapter's status, once the events are stored.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from adapters import registry
from adapters.errors import AdapterError, SignatureRejected
from adapters.events import Event, Received, WebhookRequest
from bots import metrics
from bots.channels import health, lookup
from bots.edge.json_depth import too_deep
from bots.edge.problems import Problem, exception_handler
from bots.intake import flood, webhook_schema
from bots.models import Channel
from bots.pipeline import inbox, outbox
from clawdbot import request_id, tracing
from clawdbot.reasons import Why, why

logger = logging.getLogger(__name__)
# Kinds of events that create no row. Every other event creates one, unless it is a duplicate.
_NOT_STORED = frozenset({"ignored", "status"})


@dataclass(frozen=True, slots=True)
class _Match:
    channel: Channel
    received: Received


class _Refused(Problem):
    """A refusal: `reason` labels the metric, `cause` is shown only to the operator."""

    def __init__(
        self, status: int, reason: str, detail: str, *, retry_after: float | None = None, cause: Why = ""
    ) -> None:
        super().__init__(status, detail, retry_after=retry_after)
        self.reason = reason
        self.cause: Why = cause or detail


class WebhookView(APIView):
    """Receives the webhooks of one channel."""

    authentication_classes = ()  # the platform's signature is the authentication
    permission_classes = ()
    throttle_classes = ()
    # No parser: the signature covers the raw bytes, and nothing is parsed before it is verified.
    parser_classes = ()
    http_method_names = ["get", "post"]

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:
        # Platforms send unusual Accept headers; after a 406 they would retry for ever.
        return JSONRenderer(), "application/json"

    @extend_schema(operation_id="webhook_challenge", summary="A platform's challenge", **webhook_schema.GET)
    def get(self, request: Request, channel_id: str) -> HttpResponse:
        """Answers the challenge with which a platform verifies a webhook address."""
        return self._receive(request, channel_id)

    @extend_schema(operation_id="webhook", summary="What a platform posts", **webhook_schema.POST)
    def post(self, request: Request, channel_id: str) -> HttpResponse:
        """Verifies the signature over the raw bytes, stores the events, then responds."""
        return self._receive(request, channel_id)

    def handle_exception(self, exc: Exception) -> Response:
        if not isinstance(exc, Problem) and not hasattr(exc, "get_codes"):
            metrics.failure("webhook")
        return exception_handler(exc, {"view": self})

    def _receive(self, request: Request, channel_id: str | None) -> HttpResponse:
        began = time.perf_counter()
        channel: Channel | None = None
        platform = ""
        try:
            channel = None if channel_id is None else _channel(channel_id)
            platform = channel.platform if channel else ""
            incoming = _incoming(request._request)
            match = _found_by_secret(incoming) if channel is None else _Match(channel, _verified(channel, incoming))
            channel, platform = match.channel, match.channel.platform
            with tracing.span("webhook", first=True, platform=platform, channel=channel.public_id):
                response = _store(match, incoming)
        except _Refused as refusal:
            metrics.inbound(platform or "unknown", refusal.reason)
            if channel is not None:
                health.note_refusal(channel, refusal.reason, refusal.cause)
            raise
        except Exception as error:
            if channel is not None:
                health.note_refusal(channel, "failed", type(error).__name__)
            raise
        metrics.webhook(platform, time.perf_counter() - began)
        return response


class AnyWebhookView(WebhookView):
    """Receives webhooks at the common address.

    The form of the request identifies the platform; the secret that verifies it identifies the channel.
    """

    @extend_schema(operation_id="any_webhook_challenge", summary="A platform's challenge", **webhook_schema.GET)
    def get(self, request: Request) -> HttpResponse:  # type: ignore[override]
        """Answers the challenge for the common webhook address; refuses it when no single channel matches."""
        return self._receive(request, None)

    @extend_schema(operation_id="any_webhook", summary="What a platform posts", **webhook_schema.POST)
    def post(self, request: Request) -> HttpResponse:  # type: ignore[override]
        """Verifies the signature, stores the events, then responds; refuses when no single channel matches."""
        return self._receive(request, None)


def _channel(public_id: str) -> Channel:
    found = lookup.find(public_id)
    if found is None:  # the same answer for a disabled channel, so that its existence stays hidden
        raise _Refused(404, "no_channel", "There is no channel at this address.")
    return found


def _incoming(request: HttpRequest) -> WebhookRequest:
    limit = settings.CLAWDBOT.limits.body_bytes
    too_large = _Refused(413, "too_large", f"The body is larger than {limit} bytes.")
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise _Refused(400, "malformed", "Content-Length is not a number.") from None
    if announced > limit:
        raise too_large
    body = request.read(limit + 1)
    if len(body) > limit:
        raise too_large
    return WebhookRequest(
        method=request.method or "", query=request.GET.dict(), headers=dict(request.headers), body=body
    )


def _verified(channel: Channel, incoming: WebhookRequest) -> Received:
    """Verifies and parses the request with the channel's adapter.

    Other errors, such as a broken channel configuration, propagate and become a 500.

    Raises:
        _Refused: The signature is invalid, or the body is malformed.
    """
    adapter = lookup.adapter_for(channel)
    try:
        return adapter.receive(incoming)
    except SignatureRejected as error:
        logger.info("webhook refused: %s of channel %s", error, channel.public_id)
        raise _Refused(
            error.status, "not_genuine", "The request is not signed as this channel requires.", cause=why(error)
        ) from None
    except AdapterError as error:
        logger.info("webhook unreadable: %s of channel %s", error, channel.public_id)
        raise _Refused(
            error.status, "malformed", "The request is not what the platform documents.", cause=why(error)
        ) from None
    except RecursionError:
        raise _Refused(400, "malformed", "The body is nested too deeply.") from None


def _found_by_secret(incoming: WebhookRequest) -> _Match:
    """Finds the channel whose secret verifies the request.

    Raises:
        _Refused: No channel or several channels match, or the body is malformed.
    """
    found: list[_Match] = []
    tried: list[tuple[Channel, _Refused]] = []
    unreadable: _Refused | None = None
    for platform in registry.identify(incoming):
        for channel in lookup.of_platform(platform):
            try:
                found.append(_Match(channel, _verified(channel, incoming)))
            except _Refused as refusal:
                tried.append((channel, refusal))
                if refusal.reason != "not_genuine":
                    unreadable = refusal
            except Exception:  # one misconfigured channel must not block the common address for the others
                metrics.failure("channel")
                logger.exception("channel %s cannot take webhooks", channel.public_id)
    if not found:
        if len(tried) == 1:  # with several candidates the intended one is unknown
            health.note_refusal(tried[0][0], tried[0][1].reason, tried[0][1].cause)
        raise unreadable or _Refused(401, "not_genuine", "No channel of this server has this signature.")
    # Several numbers of one app share its secret: the events decide which channel is meant.
    concerned = [match for match in found if any(event.kind not in _NOT_STORED for event in match.received.events)]
    if len(concerned) > 1:
        raise _Refused(404, "ambiguous", "Several channels share this secret: use the address with the channel's id.")
    return concerned[0] if concerned else found[0]


def _store(match: _Match, incoming: WebhookRequest) -> HttpResponse:
    channel, received = match.channel, match.received
    limits = settings.CLAWDBOT.limits
    if too_deep(incoming.body, limits.json_depth):
        raise _Refused(400, "malformed", "The body is nested too deeply.")
    per_minute = limits.flood_per_minute if channel.flood_per_minute is None else channel.flood_per_minute
    if wait := flood.take(channel.pk, len(received.events), per_minute):
        raise _Refused(429, "flood", "This channel takes no more messages for now.", retry_after=wait)
    if received.events:
        if reports := [event for event in received.events if event.kind == "status"]:
            outbox.note_undelivered(channel, reports)
        result = inbox.accept(channel, received.events, request_id=request_id.current())
        _count(channel, received.events, len(result.accepted), result.duplicates)
        health.note_events(channel, len(received.events) - result.duplicates)
    else:
        metrics.inbound(channel.platform, "challenge")
        health.note_events(channel, 0)  # a challenge shows that the platform reaches the address
    reply = received.reply
    return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)


def _count(channel: Channel, events: tuple[Event, ...], accepted: int, duplicates: int) -> None:
    ignored = len(events) - accepted - duplicates
    for outcome, count in (("accepted", accepted), ("duplicate", duplicates), ("ignored", ignored)):
        if count:
            metrics.inbound(channel.platform, outcome, count)
