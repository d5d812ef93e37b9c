"""Requests for an index are sent once a minute for each person, and remembered for a bounded number of people."""

from __future__ import annotations

from typing import Any

import pytest
from celery import current_app

from memory.storage import wakeups


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    monkeypatch.setattr(current_app, "send_task", lambda _name, args, **_more: found.append(args))
    return found


def test_an_index_is_requested_once_a_minute(sent: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(wakeups, "_indexed", type(wakeups._indexed)(100, wakeups.INDEX_AGAIN_S, lambda: now[0]))
    for _ in range(3):
        wakeups.index_soon(1, 7)
    wakeups.index_soon(1, 8)
    assert sent == [(1, 7), (1, 8)]
    now[0] += wakeups.INDEX_AGAIN_S + 1
    wakeups.index_soon(1, 7)
    assert sent[2:] == [(1, 7)]


def test_people_without_end_take_no_memory_without_end(sent: list[Any]) -> None:
    most = wakeups._indexed.maxsize
    for person in range(int(most) + 500):
        wakeups.index_soon(1, person)
    assert len(wakeups._indexed) == most
    assert len(sent) == most + 500
