"""A watch in place of the conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.monitoring.alarms.builders import Watch, Watching


@pytest.fixture
def watching(monkeypatch: Any) -> Watching:
    """Returns a function that replaces all conditions by one that the test controls."""
    from bots.monitoring import conditions
    from tests.monitoring.alarms.builders import Watch

    def begin(**values: Any) -> Watch:
        watch = Watch()
        monkeypatch.setattr(conditions, "CONDITIONS", (watch.condition(**values),))
        return watch

    return begin
