"""Records counters and timings of this process for `/metrics`. Every layer may import it.

Workers are separate processes. With settings.METRICS_DIRECTORY (clawdbot_site passes it to prometheus_client) every
process writes its numbers to a small memory-mapped file there and the web process adds them up, so the numbers survive
a killed worker. `bots.monitoring.prometheus_view` reads depth and age of the queues from the database at scrape time.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from prometheus_client import Counter, Histogram

from clawdbot import processes

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

_children: dict[tuple[Any, ...], Any] = {}


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


def failure(part: str) -> None:
    """Counts an unexpected error, e.g. of `webhook`, `skill`, `index`."""
    _child(_failure, part).inc()


def directory() -> Path | None:
    """Returns the folder where all processes keep their numbers; None when only this process counts."""
    value = getattr(settings, "METRICS_DIRECTORY", None)
    return Path(value) if value else None


def start_afresh() -> None:
    """Removes the files of ended processes.

    Call it only when the product starts: Prometheus takes a shrinking counter for a restart.
    """
    folder = directory()
    if folder is None or not folder.is_dir():
        return
    for file in folder.glob("*.db"):
        found = re.search(r"_(\d+)\.db$", file.name)
        if found and not processes.is_alive(int(found.group(1)), ""):
            with contextlib.suppress(FileNotFoundError):
                file.unlink()
