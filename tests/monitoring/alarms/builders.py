"""Conditions that a test turns on and off, and targets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bots.models import AlarmTarget
from bots.monitoring.alarms import evaluation, telling
from bots.monitoring.conditions import Condition

BEGIN = datetime.fromisoformat("2026-12-01T10:00:00+00:00")


@dataclass
class Watch:
    """One condition with values that the test sets, and a clock that the test moves."""

    values: dict[str, float] = field(default_factory=dict)
    now: datetime = BEGIN
    fails: bool = False

    def read(self) -> list[tuple[str, float]]:
        if self.fails:
            raise RuntimeError("cannot be seen")
        return list(self.values.items())

    def step(self, minutes: float = 1.0, times: int = 1) -> int:
        """Moves the clock and evaluates, as beat does. Returns the number of notices."""
        written = 0
        for _ in range(times):
            self.now += timedelta(minutes=minutes)
            evaluation.evaluate(self.now)
            written += telling.tell(self.now)
        return written

    def condition(self, **values: Any) -> Condition:
        return Condition(
            **{
                "code": "provider_out",
                "alert": "A",
                "text": "A model does not answer",
                "mend": "Test it.",
                "unit": "",
                "threshold": 0.0,
                "for_s": 120,
                "severity": "critical",
                "read": self.read,
                **values,
            }
        )


def make_target(name: str = "ops", **values: Any) -> AlarmTarget:
    """Makes a target; a webhook unless `values` say otherwise."""
    secret = values.pop("secret", "")
    target = AlarmTarget(**{"name": name, "kind": "webhook", "url": "http://127.0.0.1:9/alarms", **values})
    target.secret = secret
    target.save()
    return target


Watching = Callable[..., Watch]
