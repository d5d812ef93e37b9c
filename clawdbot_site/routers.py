"""Routes the memory app to its database and all other apps to `default`."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, models

from memory import database

_APP = "memory"


class MemoryRouter:
    """Django's database router. Without a separate memory database, everything is in `default`."""

    def db_for_read(self, model: type[models.Model], **_hints: Any) -> str:
        # Without an explicit alias for other apps, Django would look up a memory's bot in the memory database.
        return database.alias() if model._meta.app_label == _APP else DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[models.Model], **_hints: Any) -> str:
        return self.db_for_read(model)

    def allow_relation(self, _one: models.Model, _other: models.Model, **_hints: Any) -> bool:
        """Allows relations across databases, for instance from a memory to its bot."""
        return True

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> bool:
        return db == (database.alias() if app_label == _APP else DEFAULT_DB_ALIAS)
