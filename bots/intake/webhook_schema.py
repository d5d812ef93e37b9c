"""OpenAPI descriptions of the webhook endpoints."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse

from bots.edge.problems import CONTENT_TYPE, ProblemSerializer

_REFUSALS = {
    400: "Correctly signed but malformed, or nested too deeply.",
    401: "Not signed as the channel requires; some platforms get 403.",
    403: "Not signed as the channel requires.",
    404: "No such channel, or it is switched off, or several share the secret.",
    405: "The platform does not use this method.",
    413: "The body is larger than limits.body_bytes.",
    429: "More messages than the channel takes in a minute; Retry-After says when to retry.",
    500: "An error of this server: send it again.",
    503: "Too many requests are waiting: send it again.",
}
RESPONSES: dict[Any, Any] = {
    (200, "text/plain"): OpenApiResponse(
        OpenApiTypes.STR,
        description="The events are stored. The body is what the platform expects, such as a challenge.",
    ),
    (200, "application/json"): OpenApiResponse(
        OpenApiTypes.OBJECT, description="The events are stored. The body is what the platform expects."
    ),
    202: OpenApiResponse(description="The events are stored (some platforms want this status)."),
} | {(status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description=text) for status, text in _REFUSALS.items()}
POST: dict[str, Any] = {
    "request": {"application/json": OpenApiTypes.OBJECT},
    "responses": RESPONSES,
    "auth": [],
    "tags": ["webhook"],
    "examples": [
        OpenApiExample(
            "Generic webhook",
            value={"id": "order-17", "user_id": "u1", "text": "hello"},
            description="With X-Signature: hex HMAC-SHA256 of these very bytes, keyed with the channel's secret.",
            request_only=True,
        )
    ],
}
GET: dict[str, Any] = {"responses": RESPONSES, "auth": [], "tags": ["webhook"]}
