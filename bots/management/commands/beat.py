"""`manage.py beat`: send the tasks of the schedules to the workers, in a process of its own."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from bots.runtime import children
from clawdbot import process_versions


class Command(BaseCommand):
    requires_system_checks = ()  # `migrate` and `setup` have run them
    help = "Sends the tasks of the schedules to the workers. Exactly one runs; `serve` has its own."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CLAWDBOT.redis_url:
            raise CommandError("without REDIS_URL no other process gets the tasks: use `serve`, which has its own beat")
        children.end_with_parent()
        process_versions.note(settings.HOME / "run", "beat")
        self.stdout.write("beat: sending the tasks of the schedules")
        current_app.Beat(quiet=True).run()
