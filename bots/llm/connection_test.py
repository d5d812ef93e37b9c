"""Tests one provider, for the admin's button and `manage.py provider test`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from bots.llm import candidates, client
from bots.llm.circuit_breaker import breaker
from bots.llm.errors import EmptyAnswer, ProviderError
from bots.llm.request_body import Options
from bots.llm.types import ChatMessage
from bots.models.lengths import ERROR_LENGTH
from bots.models.provider import ModelProvider
from clawdbot.reasons import Reason, Why, columns, why

_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class TestResult:
    """`text` is the beginning of the answer when `ok`, else the reason of the failure; `ms` is the duration."""

    ok: bool
    text: Why
    ms: int
    model: str = ""


def test_provider(provider: ModelProvider) -> TestResult:
    """Asks the provider, even a disabled one, for one word. Stores the outcome on its row if it is saved."""
    target = candidates.of_row(provider)
    question: list[ChatMessage] = [{"role": "user", "content": "Reply with the single word: ready"}]
    # Reasoning models think first and return an empty answer within a few tokens.
    options = Options(max_tokens=200, temperature=0.0, timeout_s=min(_TIMEOUT_S, target.timeout_s))
    started = time.perf_counter()
    try:
        reply = client.ask(target, question, options)
        if not reply.text.strip():
            raise EmptyAnswer(Reason("answer_empty"))
    except ProviderError as error:
        result = TestResult(False, why(error), _ms(started))
        _note(provider, last_error_at=timezone.now(), **columns("last_error", result.text, ERROR_LENGTH))
    else:
        # The circuit may still be open from earlier failures.
        breaker.succeeded(target)
        result = TestResult(True, reply.text.strip()[:200], _ms(started), reply.model or provider.model)
        _note(provider, last_ok_at=timezone.now())
    return result


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _note(provider: ModelProvider, **values: Any) -> None:
    for name, value in values.items():
        setattr(provider, name, value)
    if provider.pk is not None:
        ModelProvider.objects.filter(pk=provider.pk).update(**values)
