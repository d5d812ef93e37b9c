from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.http_server import Server, serve


@pytest.fixture
def endpoint() -> Iterator[Server]:
    with serve() as running:
        yield running


@pytest.fixture
def second() -> Iterator[Server]:
    with serve() as running:
        yield running
