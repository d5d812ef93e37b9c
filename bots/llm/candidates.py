"""Which models can be asked, in order: enabled providers by priority, the embedded model last.

Rows are read again every second, so a change in the admin works at once in every process without a message to any.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

from bots.llm import embedded_discovery
from bots.llm.types import Target
from bots.models.provider import CONTEXT_TOKENS, TIMEOUT_S, ModelProvider

_READ_EVERY_S = 1.0
_lock = threading.Lock()
_cached: tuple[float, tuple[Target, ...]] = (float("-inf"), ())


def of_row(row: ModelProvider) -> Target:
    return Target(
        key=row.pk,
        name=row.name,
        endpoint=row.endpoint,
        model=row.model,
        api_key=row.api_key,
        # rows of older versions may hold what the form no longer takes
        timeout_s=min(max(row.timeout_s, TIMEOUT_S[0]), TIMEOUT_S[1]),
        context_tokens=max(row.context_tokens, CONTEXT_TOKENS[0]),
        input_price=row.input_price,
        output_price=row.output_price,
        can_see=row.can_see,
    )


def configured() -> tuple[Target, ...]:
    """Enabled providers in priority order, at most a second old."""
    global _cached
    now = time.monotonic()
    if now - _cached[0] <= _READ_EVERY_S:
        return _cached[1]
    with _lock:
        if now - _cached[0] > _READ_EVERY_S:
            rows = ModelProvider.objects.filter(enabled=True).order_by("priority", "id")
            _cached = (now, tuple(of_row(row) for row in rows))
    return _cached[1]


def available(*, allow_demo: bool = True) -> tuple[Target, ...]:
    """All models that can be asked now, in the order they are tried."""
    demo = embedded_discovery.target() if allow_demo else None
    return (*configured(), demo) if demo else configured()


def in_order(allow_demo: bool | Callable[[], bool]) -> Iterator[Target]:
    """The same, one by one: whether the embedded model may be asked is decided when all others have been tried."""
    yield from configured()
    demo = embedded_discovery.target() if allow_demo else None
    if demo and (allow_demo() if callable(allow_demo) else allow_demo):
        yield demo


def clear_cache() -> None:
    """Reads everything afresh at the next call."""
    global _cached
    _cached = (float("-inf"), ())
    embedded_discovery.clear_cache()
