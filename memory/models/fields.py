"""Columns that Django has no type for."""

from __future__ import annotations

from typing import Any

from django.db import models


class DigestField(models.BinaryField[Any, Any]):
    """A short hash of `max_length` bytes, which every database can put into an index.

    MySQL indexes no BLOB as a whole, which is what Django's own field becomes there.
    """

    def db_type(self, connection: Any) -> str | None:
        return f"varbinary({self.max_length})" if connection.vendor == "mysql" else super().db_type(connection)
