"""Counts calls, tokens, latencies and errors of each provider, by the hour.

Each process sums them in its memory, which takes microseconds, and its heartbeat adds them to the table every few
seconds in one statement. So no turn waits for them, and those of several processes sum up. A killed process loses the
figures of these seconds, but no message. A latency is kept as the number of a bucket, so a percentile is exact to 12 %.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import Counter
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from bots import metrics
from bots.llm.replies import Reply
from bots.llm.types import Target
from bots.models import ModelProvider, ProviderHour, sql
from clawdbot import tracing
from clawdbot.reasons import Reason, Why

KEPT = timedelta(days=30)
FIRST_MS = 10  # upper bound of bucket 0
GROWTH = 1.25
_LAST = 60  # about an hour and a half
_MOST_ROWS = 400  # of one statement; SQLite takes 32,766 values

logger = logging.getLogger(__name__)
_lock = threading.Lock()
# By provider, hour and name of the figure, which are the key of the table.
_sums: Counter[tuple[int, datetime, str]] = Counter()


def note_answer(target: Target, reply: Reply, started: float, *, prompt: int, completion: int) -> None:
    """Notes a call that gave an answer.

    Args:
        target: The model.
        reply: The answer.
        started: When the call began, time.perf_counter().
        prompt: Tokens of the prompt.
        completion: Tokens of the answer, thoughts included.
    """
    seconds = time.perf_counter() - started
    metrics.model(target.name, seconds, "ok")
    metrics.model_tokens(target.name, prompt, completion)
    tracing.record("model", seconds, provider=target.name, model=target.model, prompt=prompt, completion=completion)
    found = {"calls": 1, "prompt": prompt, "cached": reply.usage.cached, "completion": completion}
    found[f"total:{bucket(seconds)}"] = 1
    writing = seconds
    if reply.first_token_at is not None:
        first = max(reply.first_token_at - started, 0.0)
        found[f"first:{bucket(first)}"] = 1
        metrics.model_first_token(target.name, first)
        writing = seconds - first if completion > 1 and not reply.thinks else seconds
    found["writing_ms"] = max(round(writing * 1000), 1)
    _add(target, found)


def note_failure(target: Target, reason: Why, started: float, *, refused: bool) -> None:
    """Notes a call without an answer.

    Args:
        target: The model.
        reason: Why.
        started: When the call began, time.perf_counter().
        refused: The endpoint works, and refused the request for its content.
    """
    seconds = time.perf_counter() - started
    kind = kind_of(reason)
    metrics.model(target.name, seconds, "refused" if refused else "error")
    metrics.model_error(target.name, kind)
    tracing.record("model", seconds, ok=False, provider=target.name, model=target.model, error=kind)
    outcome = "refused" if refused else "errors"
    _add(target, {"calls": 1, outcome: 1, f"error:{kind}": 1, f"total:{bucket(seconds)}": 1})


def note_open_circuit(target: Target) -> None:
    _add(target, {"opened": 1})


def kind_of(reason: Why) -> str:
    """Returns the code of a failure; of one with a status, the code that says what the status means."""
    if not isinstance(reason, Reason):
        return "other"
    cause = reason.params.get("why")
    return (cause if isinstance(cause, Reason) else reason).code[:50]


def bucket(seconds: float) -> int:
    """Returns the number of the bucket of a latency."""
    ms = max(seconds * 1000, FIRST_MS)
    return min(math.ceil(math.log(ms / FIRST_MS, GROWTH) - 1e-9), _LAST)


def milliseconds(number: int) -> float:
    """Returns the middle of a bucket."""
    return FIRST_MS * GROWTH ** (number - 0.5) if number else FIRST_MS / 2


def flush() -> None:
    """Adds what was noted to the table. Never raises."""
    with _lock:
        noted = dict(_sums)
        _sums.clear()
    if not noted:
        return
    try:
        known = set(ModelProvider.objects.values_list("pk", flat=True))
        kept = sorted(key for key in noted if key[0] in known)
        for start in range(0, len(kept), _MOST_ROWS):
            part = {key: noted[key] for key in kept[start : start + _MOST_ROWS]}
            with transaction.atomic():
                sql.add(ProviderHour, ("provider", "hour", "name"), part)
            for key in part:
                del noted[key]
    except IntegrityError:
        logger.info("a provider was removed meanwhile")
    except DatabaseError as error:  # they are written with the next ones
        logger.warning("the figures of the models were not written: %s", type(error).__name__)
        with _lock:
            _sums.update(noted)


def forget_old(now: datetime) -> int:
    """Deletes figures that are older than `KEPT`; returns how many rows."""
    return ProviderHour.objects.filter(hour__lt=now - KEPT).delete()[0]


def clear_cache() -> None:
    """Drops what was noted."""
    with _lock:
        _sums.clear()


def _add(target: Target, figures: dict[str, int]) -> None:
    if target.key is None:
        return
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    with _lock:
        for name, amount in figures.items():
            if amount:
                _sums[(target.key, hour, name)] += amount
