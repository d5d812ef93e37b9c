"""Sends no task: the tests answer instead of the worker."""

from __future__ import annotations

import pytest

HOST = "chat.test"


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Collects the row ids for which the product wakes a worker."""
    from bots.pipeline.queue import wakeups

    woken: list[int] = []
    monkeypatch.setattr(wakeups, "send", lambda _task, row_id, *_rest, **_more: woken.append(row_id))
    return woken


@pytest.fixture(autouse=True)
def known_host(settings: object) -> None:
    settings.ALLOWED_HOSTS = [HOST, "testserver"]  # type: ignore[attr-defined]  # pytest-django's settings proxy
