"""Every test starts with full buckets and nothing remembered."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def fresh_start() -> None:
    from django.core.cache import cache

    from bots import channels
    from bots.views import flood

    cache.clear()
    channels.forget()
    flood.guard.reset()
