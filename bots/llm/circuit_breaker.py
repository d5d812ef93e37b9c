"""The circuits of the models: a model that keeps failing is left alone for a while, then tried once."""

from __future__ import annotations

from bots.llm.types import Target
from clawdbot.circuit_breaker import CircuitBreaker

# A target is a model and its configuration, so a changed provider starts afresh.
breaker: CircuitBreaker[Target] = CircuitBreaker(failures_to_open=3, pause_s=10.0, longest_pause_s=120.0)
