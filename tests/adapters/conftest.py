from __future__ import annotations

from collections.abc import Iterator

import pytest

from clawdbot import http
from tests.clawdbot.server import Server, serve


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as running:
        yield running
        http.close()
