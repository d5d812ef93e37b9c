"""`manage.py setup`: the first start without a server, for installations that run as separate processes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bots.operations import setup
from clawdbot.errors import ClawdbotError


class Command(BaseCommand):
    help = "Makes the administrator, a first bot and what the configuration seeds, where they are missing."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            first = setup.bootstrap()
        except ClawdbotError as error:
            raise CommandError(str(error)) from None
        for line in setup.announcement(first):
            self.stdout.write(line)
