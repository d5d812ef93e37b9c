"""Limits start full in each test; no task is sent: the tests answer for the worker."""

from __future__ import annotations

import pytest

HOST = "chat.test"


@pytest.fixture(autouse=True)
def full_buckets(monkeypatch: pytest.MonkeyPatch) -> None:
    from bots import consumers  # the models are not ready when pytest loads this file

    visitor, address = consumers._limits()
    monkeypatch.setattr(consumers, "_visitor_buckets", visitor)
    monkeypatch.setattr(consumers, "_address_buckets", address)


@pytest.fixture(autouse=True)
def no_worker(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Row ids for which a worker would have been woken."""
    from bots import wakeup

    woken: list[int] = []
    monkeypatch.setattr(wakeup, "send", lambda task, row_id, platform: woken.append(row_id))
    return woken


@pytest.fixture(autouse=True)
def known_host(settings: object) -> None:
    settings.ALLOWED_HOSTS = [HOST, "testserver"]  # type: ignore[attr-defined]  # pytest-django's settings proxy
