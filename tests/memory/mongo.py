"""A memory in MongoDB for tests: each test has a database of its own on one server per process."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from django.test import override_settings

from memory.storage.mongo import client


@contextlib.contextmanager
def memory_in(server: str) -> Iterator[str]:
    """Keeps memories in a new database of this server; yields its address."""
    parts = urlsplit(server)
    url = urlunsplit((parts.scheme, parts.netloc, f"/test-{uuid.uuid4().hex[:12]}", parts.query, ""))
    with override_settings(MEMORY_MONGODB=url):
        try:
            yield url
        finally:
            held = client.database()
            held.client.drop_database(held.name)
            client.clear_cache()
