"""The server ends a transaction whose client has vanished, so that its locks block nobody for long."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, transaction

from bots.models import Lease, applied_migrations
from clawdbot_site.postgresql import base
from tests.leases.builders import Elsewhere

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres, pytest.mark.databases]


IDLE = base.SETTINGS["idle_in_transaction_session_timeout"]  # before the first test begins


@pytest.fixture(autouse=True)
def times_of_the_product(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Gives connections the time of the product, which `tests/conftest.py` takes from all other tests."""
    monkeypatch.setitem(base.SETTINGS, "idle_in_transaction_session_timeout", IDLE)
    _open_anew()
    yield
    _open_anew()


def _open_anew() -> None:
    connection.close()
    connection.close_pool()


def setting(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [name])
        return str(cursor.fetchone()[0])


def test_each_connection_has_the_times() -> None:
    assert setting("idle_in_transaction_session_timeout") == "20s"
    # On a Unix socket the server keeps no such times.
    assert setting("tcp_user_timeout") in ("0", "15s", "15000")


def stay_silent() -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET idle_in_transaction_session_timeout = '100ms'")
        Lease.objects.select_for_update().get(pk="beat")
        time.sleep(1.0)
        Lease.objects.update(holder="late")


def test_a_silent_client_loses_its_transaction_and_the_connection_is_replaced() -> None:
    assert Elsewhere().take("beat") is not None
    with pytest.raises(DatabaseError):
        stay_silent()
    connection.close()
    assert Lease.objects.get().holder != "late"
    assert setting("idle_in_transaction_session_timeout") == "20s"


def test_the_lock_of_migrations_is_held_for_as_long_as_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its transaction is silent meanwhile. Were it ended, a second process would migrate beside the first."""
    monkeypatch.setitem(base.SETTINGS, "idle_in_transaction_session_timeout", "100")
    with applied_migrations.alone(pytest.fail):
        time.sleep(0.6)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [applied_migrations._LOCK])
            assert cursor.fetchone() == (False,)
