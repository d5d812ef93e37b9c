"""A model that fails in every way that counts as an outage."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from django.utils import timezone

from bots.llm.circuit_breaker import breaker
from bots.models import InboundEvent
from bots.pipeline import inbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from tests.http_server import Answer, Recorded, json_answer
from tests.peers import completion

State = InboundEvent.State
FAULTS = {
    "status 500": json_answer({"error": {"message": "internal"}}, 500),
    "overloaded": json_answer({"error": {"message": "overloaded_error"}}, 529),
    "bad gateway": Answer(502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
    "no JSON": Answer(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}),
    "cut off": Answer(200, b'{"choices": [{"mess', {"Content-Type": "application/json"}),
    "key refused": json_answer({"error": {"message": "bad key"}}, 401),
    "rate limited": json_answer({"error": {"message": "slow down"}}, 429, **{"Retry-After": "300"}),
}


class FailingModel:
    """A model endpoint that answers `fault` until that is None."""

    def __init__(self) -> None:
        self.fault: Answer | None = FAULTS["status 500"]
        self.prompts: list[list[dict[str, Any]]] = []
        self.calls = 0
        self.lock = threading.Lock()

    def answer(self, request: Recorded) -> Answer:
        with self.lock:
            self.calls += 1
        if self.fault is not None:
            return self.fault
        self.prompts.append(request.json["messages"])
        return completion("Good day!")


def again(row: InboundEvent) -> InboundEvent:
    """Tries the row now, as if its time had come."""
    breaker.clear_cache()
    inbox.make_due([row.pk])
    MessageDispatcher().process(row.pk)
    row.refresh_from_db()
    return row


def at_the_end(row: InboundEvent) -> InboundEvent:
    """Tries the row when its wait is over."""
    InboundEvent.objects.filter(pk=row.pk).update(waiting_since=timezone.now() - timedelta(hours=1))
    return again(row)
