"""Each test starts as a process that has not registered yet, because its rows are rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bots import workers
from bots.llm import client
from bots.outbox import journal
from clawdbot import http


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    workers._current = None
    yield
    http.close()
    client.forget()
    workers._current = None
    journal._journals.clear()
