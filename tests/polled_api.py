"""Telegram's Bot API with long polls: it ends a poll with 409 when a second one begins, as Telegram does."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.http_server import Answer, Recorded, json_answer
from tests.peers import BotApi

CONFLICT = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


@dataclass
class PolledApi(BotApi):
    """See the module.

    Attributes:
        conflicts: Polls that a second one has ended.
        longest_s: The longest poll.
        changed: Wakes the polls.
    """

    conflicts: int = 0
    longest_s: float = 50.0
    changed: threading.Condition = field(default_factory=threading.Condition)
    _newest: int = 0

    def say(self, update: dict[str, Any]) -> None:
        """Hands an update to the poll that waits, or to the next one."""
        with self.changed:
            self.updates.append(update)
            self.changed.notify_all()

    def _answer(self, request: Recorded) -> Answer:
        if request.path.partition("?")[0].endswith("/getUpdates"):
            return self._poll(request.json if request.body else {})
        return super()._answer(request)

    def _poll(self, body: dict[str, Any]) -> Answer:
        offset, until = int(body.get("offset") or 0), time.monotonic() + min(self.longest_s, body.get("timeout") or 0)
        with self.changed:
            self._newest += 1
            mine = self._newest
            self.changed.notify_all()
            while True:
                if mine != self._newest:
                    self.conflicts += 1
                    return json_answer({"ok": False, "error_code": 409, "description": CONFLICT}, 409)
                # The offset confirms earlier updates: Telegram forgets them.
                self.updates[:] = [update for update in self.updates if update["update_id"] >= offset]
                if self.updates or time.monotonic() >= until:
                    return json_answer({"ok": True, "result": self.updates[:100]})
                self.changed.wait(max(0.0, until - time.monotonic()))
