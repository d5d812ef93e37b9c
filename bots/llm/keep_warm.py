"""Keeps models loaded while nobody asks them: servers unload an idle model, and its next answer takes long."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bots.limits import operator_usage
from bots.llm import anthropic, candidates, client, health, token_usage
from bots.llm.circuit_breaker import breaker
from bots.llm.errors import ProviderError
from bots.llm.request_body import Options
from bots.llm.types import ChatMessage, Target
from bots.models import ModelProvider, OperatorPurpose
from clawdbot import http
from clawdbot.http import base_url
from clawdbot.reasons import Reason, why

TIMEOUT_S = 60.0  # to load a model takes longer than to answer
_QUESTION: list[ChatMessage] = [{"role": "user", "content": "Hi"}]

logger = logging.getLogger(__name__)


def run(now: datetime) -> int:
    """Sends a small request to each provider that is to be kept warm and had no call lately; returns how many.

    A failure is noted on the row, as that of any call. It opens no circuit, because nobody waits for the answer.
    """
    rows = [
        row for row in ModelProvider.objects.chat().filter(enabled=True).exclude(keep_warm="off") if _is_due(row, now)
    ]
    for row in rows:
        _keep(row)
    return len(rows)


def _is_due(row: ModelProvider, now: datetime) -> bool:
    latest = max(filter(None, (row.last_ok_at, row.last_error_at)), default=None)
    return latest is None or latest <= now - timedelta(minutes=row.keep_warm_minutes)


def _keep(row: ModelProvider) -> None:
    target = candidates.of_row(row)
    try:
        if row.keep_warm == ModelProvider.KeepWarm.MODELS:
            _list_models(target)
        else:
            reply = client.ask(target, _QUESTION, Options(1, 0.0, TIMEOUT_S, minimal=True))
            prompt, answer, cost = token_usage.charged(reply.usage, reply.text, target, _QUESTION)
            operator_usage.note(OperatorPurpose.WARM, target.name, target.model, (prompt, answer), cost)
    except ProviderError as error:
        logger.info("model %s is not kept warm: %s", target.name, error)
        health.note_error(target.key, why(error))
    else:
        breaker.succeeded(target)
        health.note_ok(target.key)


def _list_models(target: Target) -> None:
    base, query = base_url.split_query(client.base_of(target))
    native = target.protocol == ModelProvider.Protocol.ANTHROPIC
    headers = anthropic.headers(base, target.api_key) if native else base_url.key_headers(base, target.api_key)
    try:
        answer = http.request(
            "GET", f"{base}/models", params=query, headers=headers, timeout=10.0, public_only=target.public_only
        )
    except http.HttpError:
        raise ProviderError(Reason("no_connection")) from None
    if not answer.ok:
        raise ProviderError(Reason("endpoint_status", status=answer.status, why=Reason("endpoint_refused")))
