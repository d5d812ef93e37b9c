"""Column types that Django lacks."""

from __future__ import annotations

from typing import Any

from django.db import models


class DigestField(models.BinaryField[Any, Any]):
    """A hash of `max_length` bytes that every database can index.

    On MySQL Django's own field is a BLOB, which cannot be indexed as a whole.
    """

    def db_type(self, connection: Any) -> str | None:
        return f"varbinary({self.max_length})" if connection.vendor == "mysql" else super().db_type(connection)
