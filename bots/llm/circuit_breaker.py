"""Circuit breaker of the models: refuses calls to a failing model for a pause, then lets one call test it."""

from __future__ import annotations

from bots.llm.types import Target
from clawdbot.circuit_breaker import CircuitBreaker

# The key is the model with its configuration, so a changed provider starts with a closed circuit.
# After an outage people wait for the model, so it is tested often; a refused key is not.
breaker: CircuitBreaker[Target] = CircuitBreaker(
    failures_to_open=3, pause_s=10.0, longest_pause_s=120.0, longest_passing_s=15.0
)
