"""Returns errors as RFC 9457 problem documents, in the same form for every endpoint and failure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

from adapters.errors import AccountError
from bots import metrics
from bots.i18n.failure_texts import problems_of
from bots.operations.errors import OperationError
from bots.people.erasure import NotProved
from clawdbot import request_id

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"


class Problem(exceptions.APIException):
    """An error with an HTTP status.

    Args:
        status: HTTP status.
        detail: One sentence for the caller, without secrets and without text from the request.
        retry_after: Seconds, sent as the Retry-After header.
    """

    def __init__(self, status: int, detail: str, *, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status_code = status
        self.wait = retry_after


class ProblemSerializer(serializers.Serializer[Any]):
    """A problem document in the OpenAPI schema."""

    type = serializers.CharField(help_text="Always about:blank: the status says it all.")
    title = serializers.CharField(help_text="The phrase of the status.")
    status = serializers.IntegerField(help_text="The HTTP status again.")
    detail = serializers.CharField(help_text="What went wrong, in one sentence.")
    request_id = serializers.CharField(required=False, help_text="Finds this request in the logs.")
    errors: Any = serializers.DictField(required=False, help_text="Messages by field, when the input was not valid.")


def document(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """Returns a problem document. Its `type` is about:blank, so `title` is the phrase of the status."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    current = request_id.current()
    if current:
        body["request_id"] = current
    return body | more


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response:
    """Turns any exception of a DRF view into a problem. An unexpected one is logged and becomes a plain 500."""
    set_rollback()
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        error = Problem(413, "The body is too large.")
    elif isinstance(error, OperationError):
        error = Problem(400, str(error))
    elif isinstance(error, NotProved):
        error = Problem(500, str(error))
    elif isinstance(error, AccountError):
        error = exceptions.ValidationError({"account": problems_of(error)})
    if not isinstance(error, exceptions.APIException):
        metrics.failure("api")
        logger.error("unexpected error in a view", exc_info=error)
        return _response(500, document(500, "The server failed. The log has the reason under this request id."))
    more: dict[str, Any] = {}
    if isinstance(error, exceptions.ValidationError):
        detail = "The input is not valid."
        more["errors"] = error.detail if isinstance(error.detail, Mapping) else {"non_field_errors": error.detail}
    else:
        detail = str(error.detail)
    response = _response(error.status_code, document(error.status_code, detail, **more))
    if (challenge := getattr(error, "auth_header", None)) is not None:
        response["WWW-Authenticate"] = challenge
    if (wait := getattr(error, "wait", None)) is not None:
        response["Retry-After"] = str(max(1, -int(-wait // 1)))
    return response


def _response(status: int, body: Mapping[str, Any]) -> Response:
    return Response(body, status=status, content_type=CONTENT_TYPE)


def plain(status: int, detail: str) -> JsonResponse:
    """Returns a problem response for code outside of DRF."""
    return JsonResponse(document(status, detail), status=status, content_type=CONTENT_TYPE)


@csrf_exempt
def not_found(request: HttpRequest, **_kwargs: object) -> JsonResponse:
    """Answers requests to unknown addresses under /api/."""
    return plain(404, "There is nothing at this address.")
