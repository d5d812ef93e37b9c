from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clawdbot.server import Server, serve


@pytest.fixture(autouse=True)
def fresh_models() -> Iterator[None]:
    """Each test begins as a new process would: nothing cached, all circuits closed."""
    from bots.llm import candidates, client, health
    from bots.llm.circuit_breaker import breaker

    def forget() -> None:
        candidates.forget()
        client.forget()
        health.forget()
        breaker.forget()

    forget()
    yield
    forget()


@pytest.fixture
def endpoint() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def second() -> Iterator[Server]:
    with serve() as running:
        yield running
