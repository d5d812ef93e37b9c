"""`manage.py modelserver`: serve the small demonstration model with an OpenAI-compatible API on this machine."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bots.runtime import children, model_server

NICENESS = 2


class Command(BaseCommand):
    help = "Serves the embedded demonstration model (English only) until interrupted."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=settings.CLAWDBOT.model_server.port,
            help="port to listen on; the next free one when it is taken (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        children.end_with_parent()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        os.nice(NICENESS)
        try:
            with model_server.running(options["port"]) as url:
                self.stdout.write(f"Demonstration model {model_server.MODEL_NAME} at {url}")
                self.stdout.flush()
                stop.wait()
        except model_server.Unavailable as error:
            raise CommandError(f"modelserver: {error}", returncode=children.EXIT_UNAVAILABLE) from None
        # The server's native threads would otherwise delay the exit by seconds.
        os._exit(0)
