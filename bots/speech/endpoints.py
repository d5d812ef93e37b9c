"""The endpoints that listen and speak, in the order in which they are tried."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Generic, TypeVar

from django.conf import settings

from bots.limits.account import Account, Full, Purse
from bots.llm import health
from bots.llm.errors import LimitReached, NoModelAvailable, ProviderError, RequestRefused
from bots.models.provider import TIMEOUT_S, ModelProvider
from clawdbot import computing
from clawdbot.backoff import Backoff
from clawdbot.cached_value import CachedValue
from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.reasons import Reason, Why, why

logger = logging.getLogger(__name__)

Kind = ModelProvider.Kind
BACKOFF = Backoff(tries=2, first_s=0.4, longest_s=0.4, jitter=0.75)
LONGEST_WAIT_S = 2.0
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A provider row as a call needs it; `price` is that of a minute heard, or of a million characters spoken."""

    key: int | None
    kind: str
    name: str
    address: str
    model: str
    voice: str
    timeout_s: float
    price: Decimal
    public_only: bool = False
    api_key: str = field(default="", repr=False)


# As for language models: an outage is tested often, a refused key is not.
breaker: CircuitBreaker[Endpoint] = CircuitBreaker(
    failures_to_open=3, pause_s=10.0, longest_pause_s=120.0, longest_passing_s=15.0
)


def of_row(row: ModelProvider) -> Endpoint:
    return Endpoint(
        key=row.pk,
        kind=row.kind,
        name=row.name,
        address=row.endpoint,
        model=row.model,
        voice=row.voice,
        timeout_s=min(max(row.timeout_s, TIMEOUT_S[0]), TIMEOUT_S[1]),
        price=row.voice_price,
        public_only=row.public_only,
        api_key=row.api_key,
    )


def _read() -> tuple[Endpoint, ...]:
    rows = ModelProvider.objects.filter(enabled=True).exclude(kind=Kind.CHAT).order_by("priority", "id")
    return tuple(of_row(row) for row in rows)


_enabled = CachedValue(_read, 2.0)


def of_kind(kind: str) -> tuple[Endpoint, ...]:
    """Returns the enabled endpoints of this kind; the list is at most two seconds old."""
    return tuple(one for one in _enabled.get() if one.kind == kind)


def model_folder() -> Path | None:
    """Returns the folder of the local model that listens where no endpoint is connected; None without one."""
    folder = settings.CLAWDBOT.speech.model_folder
    return Path(folder) if folder else None


def can_listen() -> bool:
    return bool(of_kind(Kind.TRANSCRIPTION)) or model_folder() is not None


def can_speak() -> bool:
    return bool(of_kind(Kind.SPEECH))


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    _enabled.clear()


def first_answer(
    endpoints: Sequence[Endpoint],
    call: Callable[[Endpoint], Result],
    bill: Bill[Result],
    cancelled: Callable[[], bool] | None = None,
) -> Result:
    """Returns the first answer of these endpoints; each is tried twice when a second try can help.

    Args:
        endpoints: The endpoints, in order.
        call: Makes the call.
        bill: What it costs. An endpoint for which a limit has no room is passed over, so a cheaper one may answer.
        cancelled: Whether the person asked to stop.

    Raises:
        RequestRefused: An endpoint refused this request for its content, and no other one answered.
        LimitReached: A limit had no room for one of the endpoints, and no other one answered.
        NoModelAvailable: None of them answered.
    """
    refused: Why = ""  # no error: it would hold this frame, and with it a connection
    over_limit = False
    waits: list[float] = []
    for endpoint in endpoints:
        if refusal := breaker.refusal(endpoint):
            waits.append(refusal.wait_s)
            continue
        try:
            purse = bill.reserve(endpoint)
        except Full as full:
            logger.info("%s is not asked: the limit of the %s is reached", endpoint.name, full.rule.kind)
            over_limit = True
            continue
        try:
            result = _with_second_try(endpoint, call, cancelled)
            purse.pay(0, bill.cost(endpoint, result))
            return result
        except RequestRefused as error:
            refused = why(error)
        except ProviderError:
            waits.append(breaker.wait_s(endpoint))
        finally:
            purse.give_back()
    if refused:
        raise RequestRefused(refused)
    if over_limit:
        raise LimitReached(Reason("limit_reached"))
    raise NoModelAvailable(Reason("no_model_answered"), retry_after=min(filter(None, waits), default=None))


@dataclass(frozen=True, slots=True)
class Bill(Generic[Result]):
    """What a call of an endpoint costs.

    Attributes:
        account: Whose limits hold.
        most: Returns what the call costs at most.
        used: Returns what it has cost, from its result.
    """

    account: Account
    most: Callable[[Endpoint], Decimal]
    used: Callable[[Endpoint, Result], Decimal]

    def reserve(self, endpoint: Endpoint) -> Purse:
        return self.account.reserve_cost(self.most(endpoint), 2 * (endpoint.timeout_s + LONGEST_WAIT_S))

    def cost(self, endpoint: Endpoint, result: Result) -> Decimal:
        return self.used(endpoint, result)


def _with_second_try(
    endpoint: Endpoint, call: Callable[[Endpoint], Result], cancelled: Callable[[], bool] | None
) -> Result:
    for attempt in (1, 2):
        try:
            result = call(endpoint)
        except RequestRefused as error:
            breaker.succeeded(endpoint)  # the endpoint, the key and the model work
            health.note_error(endpoint.key, why(error))
            raise
        except ProviderError as error:
            wait_s = BACKOFF.next_delay_s(attempt, error)
            patient = wait_s is not None and (error.retry_after or 0.0) <= LONGEST_WAIT_S
            if patient and not (cancelled is not None and cancelled()):
                with computing.waiting():
                    time.sleep(min(wait_s or 0.0, LONGEST_WAIT_S))
                continue
            breaker.failed(endpoint, why(error), permanent=error.permanent, retry_after=error.retry_after)
            health.note_error(endpoint.key, why(error))
            raise
        breaker.succeeded(endpoint)
        health.note_ok(endpoint.key)
        return result
    raise AssertionError("the second try returns or raises")
