"""Tests one provider, for the admin's button and `manage.py provider test`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone

from bots.limits import operator_usage
from bots.llm import candidates, client, connection_causes, token_usage
from bots.llm.circuit_breaker import breaker
from bots.llm.errors import EmptyAnswer, ProviderError
from bots.llm.replies import Reply
from bots.llm.request_body import Options
from bots.llm.types import ChatMessage, Messages, Target
from bots.models.lengths import ERROR_LENGTH
from bots.models.provider import ModelProvider
from bots.models.spending import OperatorPurpose
from clawdbot.reasons import Reason, Why, columns, why

_TIMEOUT_S = 20.0
QUESTION = "Reply with the single word: ready"


@dataclass(frozen=True, slots=True)
class TestResult:
    """`text` is the beginning of the answer when `ok`, else the reason of the failure; `ms` is the duration.

    `first_token_ms` is measured only in a streamed test. Tokens are estimated where the endpoint reports none.
    """

    ok: bool
    text: Why
    ms: int
    model: str = ""
    first_token_ms: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)


def test_provider(provider: ModelProvider) -> TestResult:
    """Asks the provider, even a disabled one, for one word. Stores the outcome on its row if it is saved."""
    return ask_provider(provider, QUESTION)


def ask_provider(provider: ModelProvider, question: str, *, streamed: bool = False) -> TestResult:
    """Asks the provider one question, as `test_provider` does.

    Args:
        provider: A row, saved or not.
        question: What to ask.
        streamed: Lets the endpoint stream, to measure the time of the first token.
    """
    target = candidates.of_row(provider)
    messages: list[ChatMessage] = [{"role": "user", "content": question}]
    # Reasoning models think first and return an empty answer within a few tokens.
    timeout_s = min(_TIMEOUT_S, target.timeout_s)
    options = Options(
        max_tokens=200, temperature=0.0, timeout_s=timeout_s, on_token=(lambda _piece: None) if streamed else None
    )
    started = time.perf_counter()
    try:
        reply = client.ask(target, messages, options)
        used = _paid(reply, target, messages)
        if not reply.text.strip():
            raise EmptyAnswer(Reason("answer_empty"))
    except ProviderError as error:
        cause = connection_causes.refined(why(error), provider.endpoint, public_only=provider.public_only)
        result = TestResult(False, cause, _ms(started))
        _note(provider, last_error_at=timezone.now(), **columns("last_error", result.text, ERROR_LENGTH))
    else:
        # The circuit may still be open from earlier failures.
        if provider.pk is not None:
            breaker.succeeded(target)
        result = _success(reply, target, used, started)
        _note(provider, last_ok_at=timezone.now())
    return result


def _paid(reply: Reply, target: Target, messages: Messages) -> tuple[int, int, Decimal]:
    """Records what the call has used, an empty answer too. Returns the tokens of prompt and answer, and the cost."""
    used = token_usage.charged(reply.usage, reply.text, target, messages)
    operator_usage.note(OperatorPurpose.TEST, target.name, target.model, used[:2], used[2])
    return used


def _success(reply: Reply, target: Target, used: tuple[int, int, Decimal], started: float) -> TestResult:
    return TestResult(
        True,
        reply.text.strip()[:200],
        _ms(started),
        reply.model or target.model,
        round((reply.first_token_at - started) * 1000) if reply.first_token_at else 0,
        *used,
    )


def _ms(started: float) -> int:
    return round((time.perf_counter() - started) * 1000)


def _note(provider: ModelProvider, **values: Any) -> None:
    for name, value in values.items():
        setattr(provider, name, value)
    if provider.pk is not None:
        ModelProvider.objects.filter(pk=provider.pk).update(**values)
