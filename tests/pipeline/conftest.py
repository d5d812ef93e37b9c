"""Each test starts as a process that has not registered yet, because its rows are rolled back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def fresh_worker() -> Iterator[None]:
    # this file may be read before Django is set up
    from bots import workers
    from bots.llm import client
    from bots.outbox import journal
    from clawdbot import http

    workers._current = None
    yield
    http.close()
    client.forget()
    workers._current = None
    journal._journals.clear()
