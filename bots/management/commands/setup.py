"""`manage.py setup`: set up an installation without starting it, for deployments of separate processes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bots.maintenance import first_start
from bots.models import applied_migrations
from clawdbot.errors import ClawdbotError


class Command(BaseCommand):
    help = "Creates the administrator, a first bot and the rows that the configuration names, where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            # Two at once, on two nodes, would make the same rows.
            with applied_migrations.alone(lambda: self.stderr.write("another process sets up; waiting for it")):
                first = first_start.bootstrap()
        except ClawdbotError as error:
            raise CommandError(str(error)) from None
        for line in first_start.announcement(first):
            self.stdout.write(line)
