"""Threads that live long keep their connection to SQLite, and give others back."""

from __future__ import annotations

import threading

import pytest
from django.db import DatabaseError, connection

from bots.models import Bot
from bots.models.sql import connections

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def _in_thread(work: object) -> list[object]:
    found: list[object] = []

    def run() -> None:
        try:
            found.append(work())  # type: ignore[operator]
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    return found


def test_a_released_connection_stays_open_on_sqlite_alone() -> None:
    def work() -> bool:
        Bot.objects.exists()
        connections.release()
        return connection.connection is not None

    assert _in_thread(work) == [connection.vendor == "sqlite"]


def test_a_connection_with_an_error_is_looked_at() -> None:
    def work() -> bool:
        try:
            connection.cursor().execute("SELECT nothing FROM nowhere")
        except DatabaseError:
            assert connection.errors_occurred
        connections.release()
        return connection.errors_occurred

    assert _in_thread(work) == [False]
