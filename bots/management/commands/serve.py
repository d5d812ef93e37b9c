"""`manage.py serve`: run the whole product on one machine."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bots import metrics
from bots.maintenance import first_start
from bots.monitoring import migrations
from bots.operations import providers
from bots.operations import queues as message_queues
from bots.runtime import home_lock, model_server
from bots.runtime.children import Children
from clawdbot import process_versions

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Starts everything: web server, workers, schedules, and a model file of your own."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.CLAWDBOT.web.host, help="address to listen on")
        parser.add_argument("--port", type=int, default=settings.CLAWDBOT.web.port, help="port to listen on")
        parser.add_argument("--no-migrate", action="store_true", help="do not migrate the database first")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._lock = home_lock.take(settings.CLAWDBOT.home)  # held until this process ends
        except home_lock.HomeInUse as error:
            who = f"process {error.pid}" if error.pid else "another process"
            raise CommandError(f"{settings.CLAWDBOT.home}: another server ({who}) already runs on this home") from None
        if not options["no_migrate"] and migrations.pending():  # a tenth of the time of an empty `migrate`
            call_command("migrate", interactive=False, verbosity=0)
        process_versions.note(settings.HOME / "run", "serve")
        first = first_start.bootstrap()
        current_app.loader.import_default_modules()
        metrics.start_afresh()
        children = self._start_children()
        try:
            self._serve(options["host"], options["port"], first)
        finally:
            children.stop()
            message_queues.leave()

    def _start_children(self) -> Children:
        config = settings.CLAWDBOT
        children = Children(settings.COMMAND)
        wanted = partial(model_server.arguments, has_provider=providers.any_enabled())
        children.follow("model server", wanted)
        for number in range(config.worker.processes):
            children.add(f"worker {number + 1}", "worker", "--threads", str(config.worker.threads))
        children.watch()
        return children

    def _serve(self, host: str, port: int, first: first_start.FirstStart) -> None:
        # These imports are slow; the children start meanwhile.
        from bots.runtime import celery_threads, web_server

        celery_threads.recover_queues()
        config = settings.CLAWDBOT
        # This process serves the default queue for beat's tasks; it runs platform turns only without worker processes.
        queues = ["live", "bots"]
        wakeable_queues = queues[:1] if config.worker.processes else queues
        celery_threads.start_worker_thread(queues, config.worker.threads, wakeable_queues)
        celery_threads.start_beat_thread()
        try:
            web_server.run(host, port, ready=lambda: self._announce(host, port, first))
        except web_server.CannotListen as error:
            raise CommandError(str(error)) from None

    def _announce(self, host: str, port: int, first: first_start.FirstStart) -> None:
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host  # noqa: S104  only compared
        self.stdout.write(f"\nClawdbot is at http://{shown}:{port}/   admin: http://{shown}:{port}/admin/")
        for line in first_start.announcement(first):
            self.stdout.write(line)
        self.stdout.flush()
