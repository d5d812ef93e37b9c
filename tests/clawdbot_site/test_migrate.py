"""One process migrates at a time, and none migrates a database of a newer version."""

from __future__ import annotations

import threading
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder

from bots.models import applied_migrations
from bots.monitoring import doctor
from clawdbot_site.postgresql import base

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def test_a_second_process_waits_and_finds_the_work_done() -> None:
    said, done = StringIO(), threading.Event()

    def migrate() -> None:
        call_command("migrate", verbosity=0, stderr=said)
        done.set()
        connections.close_all()

    other = threading.Thread(target=migrate)
    with applied_migrations.alone(lambda: pytest.fail("nobody else migrates")):
        other.start()
        assert not done.wait(1.5)
    other.join(60)
    assert done.is_set()
    assert said.getvalue() == "another process migrates; waiting for it\n"
    with applied_migrations.alone(lambda: pytest.fail("the lock is free again")):
        pass


@pytest.mark.postgres
def test_the_lock_outlives_the_time_that_a_silent_transaction_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(base.SETTINGS, "idle_in_transaction_session_timeout", "100ms")
    with applied_migrations.alone(lambda: pytest.fail("nobody else migrates")):
        time.sleep(1.0)


@pytest.fixture
def newer() -> Any:
    recorder = MigrationRecorder(connection)
    recorder.record_applied("bots", "9999_of_tomorrow")
    yield
    recorder.record_unapplied("bots", "9999_of_tomorrow")


@pytest.mark.usefixtures("newer")
def test_an_older_version_does_not_start_on_a_newer_database(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"home": tmp_path})
    with pytest.raises(CommandError, match=r"newer version than .*: it has bots\.9999_of_tomorrow"):
        call_command("serve")
    found = {one.name: one for one in doctor.examine()}
    assert (found["migrations"].level, "9999_of_tomorrow" in found["migrations"].text) == ("warning", True)
