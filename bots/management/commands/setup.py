"""`manage.py setup`: the first start without a server, for installations that run as separate processes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bots.maintenance import first_start
from clawdbot.errors import ClawdbotError


class Command(BaseCommand):
    help = "Makes the administrator, a first bot and what the configuration seeds, where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            first = first_start.bootstrap()
        except ClawdbotError as error:
            raise CommandError(str(error)) from None
        for line in first_start.announcement(first):
            self.stdout.write(line)
