"""`manage.py worker`: run a process that takes turns and sends replies."""

from __future__ import annotations

import logging
import signal
import sys
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from bots.runtime import children, garbage_collection
from clawdbot import process_versions

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    requires_system_checks = ()  # `serve` has run them; a worker should start fast
    help = "Runs a worker process: takes turns off the inbox and sends what is in the outbox."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queues", default="bots", help="comma-separated queues to serve (default: %(default)s)")
        parser.add_argument(
            "--threads", type=int, default=settings.CLAWDBOT.worker.threads, help="turns processed at the same time"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        children.end_with_parent()
        process_versions.note(settings.HOME / "run", "worker")
        current_app.loader.import_default_modules()
        from bots.runtime import celery_threads

        garbage_collection.settle()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        try:
            celery_threads.run_worker(options["queues"].split(","), options["threads"], "worker")
        except (KeyboardInterrupt, SystemExit):
            logger.info("worker stops")
