from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # this file is read before Django is ready
    from tests.reminders.builders import Now


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    """The time of the queues; it moves by `now.move` only."""
    from tests.reminders.builders import Now

    return Now(monkeypatch)
