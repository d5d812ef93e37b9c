"""Makes one request to an OpenAI-compatible audio endpoint, and tells which failures are about the request alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bots.llm.errors import ProviderError, RequestRefused
from bots.speech.endpoints import Endpoint
from clawdbot import http
from clawdbot.http import base_url
from clawdbot.reasons import Reason, why

CONNECT_S = 5.0
# What an endpoint sends back: a text, or some minutes of sound.
MAX_BYTES = 16 * 1024 * 1024
_ABOUT_PROVIDER = frozenset({401, 402, 403, 404, 405, 407, 410, 421, 451})
_PASSING = frozenset({408, 409, 425, 429})
# Some endpoints answer 400 for a wrong key, model or balance.
_ABOUT_ACCOUNT = re.compile(
    r"api[ _-]?key|(?:unknown|invalid|no such)[ _]model|model.{0,80}(?:not[ _](?:found|exist)|n't exist)"
    r"|arrear|balance|billing|quota",
    re.IGNORECASE,
)
_REASONS = {
    400: Reason("endpoint_refused"),
    401: Reason("api_key_refused"),
    403: Reason("api_key_without_rights"),
    404: Reason("no_such_model"),
    408: Reason("endpoint_timed_out"),
    429: Reason("quota"),
}
# The form of an endpoint's address that answered, where it is another than the configured one.
_bases: dict[str, str] = {}


class ParameterRefused(RequestRefused):
    """The endpoint does not take the value of one parameter; the request may be sent again with another."""


def clear_cache() -> None:
    """Forgets which forms of addresses answered."""
    _bases.clear()


def post(
    endpoint: Endpoint, path: str, *, json: Any = None, data: bytes | None = None, headers: Mapping[str, str] = {}
) -> http.HttpResponse:
    """Returns the answer with a status of 2xx.

    Args:
        endpoint: The endpoint; its time-out bounds the whole call.
        path: Path of the call below the base address.
        json: Body as JSON.
        data: Body as bytes.
        headers: Headers of the body.

    Raises:
        ParameterRefused: It is about `response_format`.
        RequestRefused: The endpoint works and refuses this request.
        ProviderError: It could not be reached, refused the account or failed.
    """
    try:
        base = _bases.get(endpoint.address) or base_url.normal(endpoint.address)
    except base_url.AddressUnusable:
        raise ProviderError(Reason("endpoint_address_invalid"), permanent=True) from None
    answer = _post_at(base, endpoint, path, json, data, headers)
    plain, _query = base_url.split_query(base)
    if answer.status in (404, 405) and "model" not in _told(answer).lower() and (other := base_url.other_form(plain)):
        at_other = _post_at(base.replace(plain, other, 1), endpoint, path, json, data, headers)
        if at_other.ok:
            _bases[endpoint.address] = base.replace(plain, other, 1)
            answer = at_other
    if not answer.ok:
        raise _refusal(answer)
    if answer.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise ProviderError(Reason("address_without_calls"), permanent=True)
    return answer


def _post_at(
    base: str, endpoint: Endpoint, path: str, json: Any, data: bytes | None, headers: Mapping[str, str]
) -> http.HttpResponse:
    plain, query = base_url.split_query(base)
    if not (endpoint.api_key.isascii() and endpoint.api_key.isprintable()):
        raise ProviderError(Reason("api_key_unsendable"), permanent=True)
    try:
        return http.request(
            "POST",
            plain + path,
            params=query,
            json=json,
            data=data,
            headers={**headers, **base_url.key_headers(plain, endpoint.api_key)},
            # Everything together takes the time-out at most, however the answer trickles in.
            timeout=(
                min(CONNECT_S, endpoint.timeout_s / 2),
                max(endpoint.timeout_s - CONNECT_S, endpoint.timeout_s / 2),
            ),
            max_bytes=MAX_BYTES,
            public_only=endpoint.public_only,
        )
    except http.AddressRefused:
        raise ProviderError(Reason("endpoint_not_public"), permanent=True) from None
    except http.HttpTimeout:
        raise ProviderError(Reason("no_answer_in_time")) from None
    except http.HttpConnectionError:
        raise ProviderError(Reason("no_connection")) from None
    except http.HttpError as error:
        raise ProviderError(why(error), permanent=error.permanent) from None


def _told(answer: http.HttpResponse) -> str:
    return answer.body[:2000].decode("utf-8", "replace")


def _refusal(answer: http.HttpResponse) -> ProviderError:
    """Returns the error of a status. It copies no text of the endpoint, which may quote the request or the key."""
    status, told = answer.status, _told(answer)
    reason = _REASONS.get(status) or (Reason("endpoint_failed") if status >= 500 else _REASONS[400])
    shown = Reason("endpoint_status", status=status, why=reason)
    if status >= 500 or status in _PASSING:
        return ProviderError(shown, retry_after=answer.retry_after)
    if status in _ABOUT_PROVIDER or status < 400 or _ABOUT_ACCOUNT.search(told):
        return ProviderError(shown, permanent=True)
    return ParameterRefused(shown) if "response_format" in told else RequestRefused(shown)
