"""`manage.py poll`: poll platforms from a machine that their webhooks cannot reach."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from adapters.errors import AdapterError, SendError
from bots.i18n.program import as_typed
from bots.models import Channel
from bots.operations import channels
from bots.runtime import children, poll_threads
from clawdbot import process_versions


def _nothing() -> str:
    return as_typed("no enabled channel that can be polled; add one: manage.py channel add telegram --bot ...")


class Command(BaseCommand):
    help = (
        "Fetches messages by long polling (Telegram), over a Stream (DingTalk) or a long connection (WeCom's smart "
        "robot), for machines without a public address. Runs until stopped, and polls channels that are added later."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", nargs="*", help="ids of channels (default: all that can be polled)")
        parser.add_argument(
            "--delete-webhook", action="store_true", help="remove a registered webhook first: it excludes polling"
        )
        parser.add_argument("--once", action="store_true", help="one short poll of each channel, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        children.end_with_parent()
        process_versions.note(settings.HOME / "run", "poll")
        found = poll_threads.pollable(options["channel"])
        if not found and options["once"]:
            raise CommandError(_nothing())
        if options["delete_webhook"]:
            for channel in found:
                self._delete_webhook(channel)
        if options["once"]:
            for channel in found:
                self._once(channel)
            return
        stop = threading.Event()
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        if not found:
            self.stdout.write(f"{_nothing()}. Waiting for one.")
        poll_threads.run(options["channel"], stop, self._tell)

    def _tell(self, channel: Channel) -> None:
        self.stdout.write(f"polling {channel} ({channel.public_id})")

    def _delete_webhook(self, channel: Channel) -> None:
        try:
            channels.delete_webhook(channel)
        except (SendError, AdapterError) as error:
            raise CommandError(f"{channel}: the webhook was not removed: {error}") from None

    def _once(self, channel: Channel) -> None:
        try:
            self.stdout.write(f"{channel}: {poll_threads.poll_once(channel, timeout=0)} new")
        except SendError as error:
            raise CommandError(f"{channel}: {error}") from None
