"""Embeds texts by an OpenAI-compatible `/v1/embeddings` endpoint."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from typing import Any

from clawdbot import http
from clawdbot.backoff import Backoff
from clawdbot.http import base_url
from clawdbot.reasons import Reason, why
from clawdbot.redaction import redact, register_secret
from memory.embedders.base import Matrix, Spec, clean, unit_vectors
from memory.errors import EmbedderMismatch, EmbedderUnavailable

logger = logging.getLogger(__name__)

QUERY_TIMEOUT_S = 4.0  # a person is waiting; without a vector, recall compares words only
QUERIES = Backoff(tries=1)
LONGEST_PAUSE_S = 5.0  # between two tries, even if the endpoint asks for more
PASSAGES = Backoff(tries=3, first_s=0.625, longest_s=LONGEST_PAUSE_S, jitter=0.4)
_BATCH = 64
_MAX_BYTES = 64 * 1024 * 1024  # 64 vectors of 3072 numbers are 5 MB of JSON
_TOO_MUCH = frozenset({400, 413, 422})  # servers answer these to too large batches
_REFUSED = frozenset({401, 403, 404})


def describe(spec: Spec) -> tuple[str, str]:
    """Returns name and version without a request. The version depends on the address: models of equal name may differ.

    Raises:
        EmbedderMismatch: Address or model is missing.
    """
    if not spec.endpoint or not spec.model:
        raise EmbedderMismatch(Reason("endpoint_and_model_needed"))
    where = hashlib.blake2b(spec.endpoint.encode(), digest_size=4).hexdigest()
    return f"openai/{spec.model}", f"{where}-{spec.dimension}"


class OpenAIEndpoint:
    """Requests vectors by HTTP in batches; retries transient failures."""

    batch_size = _BATCH

    def __init__(self, spec: Spec) -> None:
        self.name, self.version = describe(spec)
        self.dimension = spec.dimension
        self._spec = spec
        self._base, self._query = base_url.split_query(spec.endpoint)
        self._at_once = _BATCH
        register_secret(spec.api_key)

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        limit_s = min(QUERY_TIMEOUT_S, self._spec.timeout_s)
        with http.within(limit_s):  # all requests together
            return self._embed(texts, limit_s, QUERIES)

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts, self._spec.timeout_s, PASSAGES)

    def _embed(self, texts: Sequence[str], timeout_s: float, backoff: Backoff) -> Matrix:
        prepared = [clean(text) for text in texts]
        vectors: list[Any] = []
        while len(vectors) < len(prepared):
            part = prepared[len(vectors) : len(vectors) + self._at_once]
            vectors.extend(self._batch(part, timeout_s, backoff) or self._in_halves(part, timeout_s, backoff))
        return unit_vectors(vectors, len(texts), self.dimension)

    def _batch(self, texts: list[str], timeout_s: float, backoff: Backoff) -> list[Any] | None:
        """Returns the vectors; None when the endpoint refuses the batch."""
        answer = self._ask(texts, timeout_s, backoff)
        return None if answer.status in _TOO_MUCH else self._vectors(answer, len(texts))

    def _in_halves(self, texts: list[str], timeout_s: float, backoff: Backoff) -> list[Any]:
        """Splits a refused batch to find the batch size that the endpoint takes, or the text that it refuses."""
        if len(texts) == 1:
            return [self._without(texts[0], timeout_s, backoff)]
        middle = (len(texts) + 1) // 2
        halves = texts[:middle], texts[middle:]
        found = [self._batch(half, timeout_s, backoff) for half in halves]
        if all(found):
            self._at_once = min(self._at_once, middle)
        return [
            v for half, got in zip(halves, found, strict=True) for v in got or self._in_halves(half, timeout_s, backoff)
        ]

    def _without(self, text: str, timeout_s: float, backoff: Backoff) -> Any:
        """Returns a zero vector for a refused text, which recall finds by words. Raises if every text is refused."""
        answer = self._ask(["."], timeout_s, backoff)
        vector = self._vectors(answer, 1)[0]  # raises when the endpoint refuses even this text
        logger.warning("the embedding endpoint refuses a text of %d characters; it is found by words only", len(text))
        return [0.0] * len(vector)

    def _ask(self, texts: list[str], timeout_s: float, backoff: Backoff) -> http.HttpResponse:
        """Posts texts; retries transient failures. Returns any other response. Raises EmbedderUnavailable."""
        headers = base_url.key_headers(self._base, self._spec.api_key)
        base, other = self._base, base_url.other_form(self._base)
        body = {"model": self._spec.model, "input": texts}
        failures = 0
        while True:
            try:
                answer = http.request(
                    "POST", f"{base}/embeddings", params=self._query, json=body, headers=headers,
                    timeout=(min(timeout_s, QUERY_TIMEOUT_S), timeout_s), max_bytes=_MAX_BYTES,
                    public_only=self._spec.public_only,
                )  # fmt: skip
            except http.HttpError as error:
                failure = error
            else:
                if answer.status in (404, 405) and other and "model" not in _told(answer):
                    base, other = other, ""
                    continue
                if answer.status != 429 and answer.status < 500:
                    self._base = base if answer.ok else self._base
                    return answer
                failure = http.HttpError(_status(answer), retry_after=answer.retry_after)
            failures += 1
            wait_s = backoff.next_delay_s(failures, failure)
            if wait_s is None:
                raise EmbedderUnavailable(Reason("embedding_failed", why=why(failure)), retry_after=failure.retry_after)
            time.sleep(min(wait_s, LONGEST_PAUSE_S))

    def _vectors(self, answer: http.HttpResponse, count: int) -> list[Any]:
        if answer.status in _REFUSED:
            # Only the status: the server's message may contain the refused key.
            raise EmbedderMismatch(
                Reason("embedding_model_unknown", model=repr(self._spec.model), status=answer.status)
                if answer.status == 404
                else Reason("embedding_key_refused", status=answer.status)
            )
        if not answer.ok:
            raise EmbedderUnavailable(Reason("embedding_answered", why=_status(answer)))
        try:
            data = sorted(answer.json()["data"], key=lambda item: int(item.get("index", 0)))
            found = [item["embedding"] for item in data]
        except (http.HttpError, LookupError, TypeError, ValueError, AttributeError):
            raise EmbedderUnavailable(Reason("embedding_not_understood")) from None
        if len(found) != count:
            raise EmbedderUnavailable(Reason("embedding_count", made=len(found), count=count))
        return found


def _status(answer: http.HttpResponse) -> Reason:
    told = _told(answer)
    return Reason("status_said", code=answer.status, told=told) if told else Reason("status", code=answer.status)


def _told(answer: http.HttpResponse) -> str:
    """Returns the server's error message as a short line with masked secrets."""
    try:
        error = answer.json()["error"]
        words = error["message"] if isinstance(error, dict) else error
    except (http.HttpError, LookupError, TypeError):
        return ""
    return redact(" ".join(str(words).split()))[:120] if words else ""
