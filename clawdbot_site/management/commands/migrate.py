"""`manage.py migrate`: Django's command, extended to the memory database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS

from memory import database


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        # None, not "default": a caller that names a database, such as the test runner, means only that one.
        parser.set_defaults(database=None)

    def get_check_kwargs(self, options: dict[str, Any]) -> Any:
        return {**super().get_check_kwargs({**options, "database": DEFAULT_DB_ALIAS}), "databases": _databases(options)}

    def handle(self, *args: Any, **options: Any) -> None:
        from bots.models import applied_migrations

        # Whoever waited finds the migrations applied: each run looks again at what is pending.
        with applied_migrations.alone(lambda: self.stderr.write("another process migrates; waiting for it")):
            for alias in _databases(options):
                super().handle(*args, **{**options, "database": alias})


def _databases(options: dict[str, Any]) -> list[str]:
    named = options["database"]
    return [named] if named else list(dict.fromkeys((DEFAULT_DB_ALIAS, database.alias())))
