"""Lists the models to try, in order: enabled providers by priority, then the model of the model server.

A model of the operator there is one like the providers; the demonstration model is asked only where it is allowed.

Each process reads the rows again every second, so a change in the admin needs no invalidation message.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from bots.llm import embedded_discovery
from bots.llm.circuit_breaker import breaker
from bots.llm.types import Target
from bots.models.provider import CONTEXT_TOKENS, TIMEOUT_S, ModelProvider
from clawdbot.cached_value import CachedValue


def of_row(row: ModelProvider) -> Target:
    return Target(
        key=row.pk,
        name=row.name,
        endpoint=row.endpoint,
        model=row.model,
        api_key=row.api_key,
        # rows stored by older versions may hold values that the form now refuses
        timeout_s=min(max(row.timeout_s, TIMEOUT_S[0]), TIMEOUT_S[1]),
        context_tokens=max(row.context_tokens, CONTEXT_TOKENS[0]),
        input_price=row.input_price,
        output_price=row.output_price,
        can_see=row.can_see,
        public_only=row.public_only,
        tools=row.tools,
        protocol=row.protocol,
        cached_input_price=row.cached_input_price,
        extra_body=json.dumps(row.extra_body, ensure_ascii=False) if row.extra_body else "",
    )


_only: ContextVar[Target | None] = ContextVar("only", default=None)


@contextmanager
def only(target: Target | None) -> Iterator[None]:
    """Makes this model the only one of this thread, enabled or not; None changes nothing. For comparisons."""
    token = _only.set(target)
    try:
        yield
    finally:
        _only.reset(token)


def chosen() -> tuple[Target, ...]:
    """Returns the only model of this thread; nothing without one."""
    target = _only.get()
    return (target,) if target is not None else ()


def configured() -> tuple[Target, ...]:
    """Returns the enabled providers in priority order, then the operator's own model; at most a second old."""
    if alone := chosen():
        return alone
    served = embedded_discovery.target()
    return rows.get() if served is None or served.is_demo else (*rows.get(), served)


def available(*, allow_demo: bool = True) -> tuple[Target, ...]:
    """Returns all models that can be called now, in the order in which they are tried."""
    demo = _demo() if allow_demo else None
    return (*configured(), demo) if demo else configured()


def in_order(allow_demo: bool | Callable[[], bool], models: Iterable[Target]) -> Iterator[Target]:
    """Yields the models one by one, then the embedded one; evaluates `allow_demo` only when all have been tried."""
    yield from models
    demo = _demo() if allow_demo else None
    if demo and (allow_demo() if callable(allow_demo) else allow_demo):
        yield demo


def _demo() -> Target | None:
    served = embedded_discovery.target()
    return served if served is not None and served.is_demo else None


def wait_s(models: Iterable[Target]) -> float:
    """Returns the seconds until one of the models may be called; 0.0 when one may be called now."""
    return min((breaker.wait_s(target) for target in models), default=0.0)


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    rows.clear()
    embedded_discovery.clear_cache()


def _read() -> tuple[Target, ...]:
    return tuple(of_row(row) for row in ModelProvider.objects.chat().filter(enabled=True).order_by("priority", "id"))


rows = CachedValue(_read, 1.0)
