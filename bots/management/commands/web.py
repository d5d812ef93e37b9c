"""`manage.py web`: serve HTTP and sockets in a process of its own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bots.runtime import children
from clawdbot import process_versions


class Command(BaseCommand):
    requires_system_checks = ()  # `migrate` and `setup` have run them
    help = "Serves the admin, the web chat, the API and webhooks, without workers and schedules."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.CLAWDBOT.web.host, help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.CLAWDBOT.web.port, help="port to listen on")

    def handle(self, *args: Any, **options: Any) -> None:
        children.end_with_parent()
        process_versions.note(settings.HOME / "run", "web")
        from bots.runtime import web_server  # slow to import

        host, port = options["host"], options["port"]
        try:
            web_server.run(host, port, ready=lambda: self.stdout.write(f"web: listening on {host}:{port}"))
        except web_server.CannotListen as error:
            raise CommandError(str(error)) from None
