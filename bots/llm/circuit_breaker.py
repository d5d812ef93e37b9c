"""Circuit breaker of the models: refuses calls to a failing model for a pause, then lets one call test it."""

from __future__ import annotations

from bots.llm.types import Target
from clawdbot.circuit_breaker import CircuitBreaker

# The key is the model with its configuration, so a changed provider starts with a closed circuit.
breaker: CircuitBreaker[Target] = CircuitBreaker(failures_to_open=3, pause_s=10.0, longest_pause_s=120.0)
