"""Every test starts with full buckets and nothing remembered."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def fresh_start() -> None:
    from django.core.cache import cache

    from bots.channels import lookup
    from bots.intake import flood

    cache.clear()
    lookup.forget()
    flood.guard.reset()
