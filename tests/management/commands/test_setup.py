"""`manage.py setup` waits for another one: both would make the same administrator."""

from __future__ import annotations

import fcntl

import pytest
from django.conf import settings
from django.core.management import call_command

from bots.maintenance import first_start


@pytest.mark.django_db
def test_it_holds_the_lock_of_migrations_while_it_makes_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[bool] = []

    def bootstrap() -> None:
        with (settings.HOME / "run/migrate.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                tried.append(True)

    monkeypatch.setattr(first_start, "bootstrap", bootstrap)
    monkeypatch.setattr(first_start, "announcement", lambda first: [])
    call_command("setup")
    assert tried == [True]
