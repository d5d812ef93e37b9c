from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def fresh_skills() -> Iterator[None]:
    """Each test begins as a new process would."""
    from clawdbot import http
    from skills import catalogue, limits, registry

    def forget() -> None:
        catalogue.forget()
        registry.forget()
        limits._left_behind.clear()

    forget()
    yield
    forget()
    http.close()
