"""Records counters and timings of this process for `/metrics`. Every layer may import it.

Workers are separate processes. With settings.METRICS_DIRECTORY every process writes its numbers to a memory-mapped
file there (`files`) and the web process adds them up, so the numbers survive a killed worker. What is a state and no
sum, such as the depth of a queue, is read at scrape time (`bots.monitoring.gauges`): a process leaves none behind.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import Metric

from bots.metrics import files


def directory() -> Path | None:
    """Returns the folder where all processes keep their numbers; None when only this process counts."""
    value = getattr(settings, "METRICS_DIRECTORY", None)
    return Path(value) if value else None


if (_folder := directory()) is not None:
    files.install(_folder)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# Every metric has a label: prometheus_client then opens its file at the first use, so a management command that
# records nothing creates no file.
_inbound = Counter("clawdbot_inbound", "Webhook and poll results.", ("platform", "outcome"))
_webhook = Histogram("clawdbot_webhook_seconds", "Webhook, from body to answer.", ("platform",), buckets=_FAST)
_turn = Histogram("clawdbot_turn_seconds", "One turn, from claim to stored answer.", ("outcome",), buckets=_SECONDS)
_recall = Histogram("clawdbot_recall_seconds", "Memory recall of one turn.", ("outcome",), buckets=_FAST)
_model = Histogram("clawdbot_model_seconds", "Model calls.", ("provider", "outcome"), buckets=_SECONDS)
_model_first = Histogram(
    "clawdbot_model_first_token_seconds", "Until a stream begins.", ("provider",), buckets=_SECONDS
)
_model_tokens = Counter("clawdbot_model_tokens", "Tokens of prompts and answers.", ("provider", "of"))
_model_errors = Counter("clawdbot_model_errors", "Model calls without an answer.", ("provider", "kind"))
_sent = Counter("clawdbot_sent", "Messages handed to a platform.", ("platform", "outcome"))
_unanswered = Counter("clawdbot_unanswered", "Messages that no model answered in time.", ("platform",))
_tool_call = Histogram("clawdbot_tool_call_seconds", "Tool calls.", ("source", "outcome"), buckets=_SECONDS)
_tool_stop = Counter("clawdbot_tool_stops", "Answers whose tool calls reached a limit.", ("reason",))
_failure = Counter("clawdbot_failures", "Errors by the part of the product that had them.", ("part",))
_hop = Counter("clawdbot_hops", "Steps of messages, by what was reached.", ("bot", "platform", "hop"))
_wait = Histogram("clawdbot_wait_seconds", "From due to claimed by a worker.", ("queue", "platform"), buckets=_SECONDS)
_answer = Histogram("clawdbot_answer_seconds", "From stored to answered.", ("platform",), buckets=_SECONDS)
_delivery = Histogram("clawdbot_delivery_seconds", "From queued to sent.", ("platform",), buckets=_SECONDS)
_send = Histogram("clawdbot_send_seconds", "Calls that send a message.", ("platform", "outcome"), buckets=_SECONDS)

# Bots with a label of their own; the numbers of further ones are added up as "other".
MOST_BOTS = 100

_children: dict[tuple[Any, ...], Any] = {}
_bots: set[str] = set()
_lock = threading.Lock()


def _child(metric: Counter | Histogram, *labels: str) -> Any:
    # `labels()` locks and formats at each call, so its few results are cached for the life of the process.
    key = (metric, *labels)
    found = _children.get(key)
    if found is None:
        found = _children[key] = metric.labels(*labels)
    return found


def inbound(platform: str, outcome: str, count: int = 1) -> None:
    """Counts events and refused requests. `outcome`: accepted, duplicate, ignored, challenge, or a refusal reason."""
    _child(_inbound, platform, outcome).inc(count)


def webhook(platform: str, seconds: float) -> None:
    """Records the time that one webhook took inside the product."""
    _child(_webhook, platform).observe(seconds)


def turn(seconds: float, outcome: str) -> None:
    """Records the time that one turn took. `outcome`: ok, parked (it waits for a model), error."""
    _child(_turn, outcome).observe(seconds)


def recall(seconds: float, outcome: str = "ok") -> None:
    """Records the time that one memory recall took. `outcome`: ok, degraded, failed."""
    _child(_recall, outcome).observe(seconds)


def model(provider: str, seconds: float, outcome: str) -> None:
    """Records the time that one model call took. `outcome`: ok, error, refused (for the content of the request)."""
    _child(_model, provider, outcome).observe(seconds)


def model_first_token(provider: str, seconds: float) -> None:
    """Records the time until the first piece of a streamed answer."""
    _child(_model_first, provider).observe(seconds)


def model_tokens(provider: str, prompt: int, completion: int) -> None:
    """Counts the tokens of one model call."""
    _child(_model_tokens, provider, "prompt").inc(prompt)
    _child(_model_tokens, provider, "completion").inc(completion)


def model_error(provider: str, kind: str) -> None:
    """Counts a model call without an answer by the code of its reason."""
    _child(_model_errors, provider, kind).inc()


def unanswered(platform: str) -> None:
    """Counts a message that got the outage sentence in place of an answer."""
    _child(_unanswered, platform).inc()


def sent(platform: str, outcome: str) -> None:
    """Counts one attempt to send. `outcome`: sent, retry, dead, unconfirmed, undelivered."""
    _child(_sent, platform, outcome).inc()


def tool_call(source: str, outcome: str, seconds: float) -> None:
    """Records the time that one tool call took. `source`: skill, mcp, ...; `outcome`: ok, failed."""
    _child(_tool_call, source, outcome).observe(seconds)


def tool_stop(reason: str) -> None:
    """Counts an answer whose tool calls reached a limit: rounds, calls, time, tokens, cost, repetition, errors."""
    _child(_tool_stop, reason).inc()


def hop(bot: str, platform: str, reached: str, count: int = 1) -> None:
    """Counts messages that reached a step.

    Args:
        bot: Slug of the bot.
        platform: Name of the platform.
        reached: received (with repeats), stored, claimed, answered, sent, failed (a dead letter),
            unreachable (a dead letter, because the person has blocked the bot or the chat is gone).
        count: How many messages.
    """
    _child(_hop, _bounded(bot), platform, reached).inc(count)


def waited(queue: str, platform: str, seconds: float) -> None:
    """Records how long a due row of a queue ("inbox", "outbox") waited for a worker."""
    _child(_wait, queue, platform).observe(max(seconds, 0.0))


def answered(platform: str, seconds: float) -> None:
    """Records the time from a stored message to its stored answer."""
    _child(_answer, platform).observe(max(seconds, 0.0))


def delivered(platform: str, seconds: float) -> None:
    """Records the time from a queued message until the platform took it."""
    _child(_delivery, platform).observe(max(seconds, 0.0))


def send(platform: str, outcome: str, seconds: float) -> None:
    """Records the time of one call that sends. `outcome`: ok, error."""
    _child(_send, platform, outcome).observe(seconds)


def _bounded(bot: str) -> str:
    if bot in _bots:
        return bot
    with _lock:
        if len(_bots) >= MOST_BOTS:
            return "other"
        _bots.add(bot)
    return bot


def failure(part: str) -> None:
    """Counts an unexpected error, e.g. of `webhook`, `skill`, `index`."""
    _child(_failure, part).inc()


def collect() -> Iterable[Metric]:
    """Returns the numbers of all processes of this home."""
    folder = directory()
    return files.collect(folder) if folder is not None else REGISTRY.collect()


def start_afresh() -> None:
    """Removes the files of ended processes.

    Call it only when the product starts: Prometheus takes a shrinking counter for a restart.
    """
    folder = directory()
    if folder is not None and folder.is_dir():
        files.remove_ended(folder)
