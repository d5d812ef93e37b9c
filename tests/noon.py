"""A time zone for tests that a midnight would disturb."""

from __future__ import annotations

from datetime import UTC, datetime


def where_it_is_noon() -> str:
    """Returns a time zone without a midnight during the test; the names count westwards."""
    return f"Etc/GMT{datetime.now(UTC).hour - 12:+d}"
