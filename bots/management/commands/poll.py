"""`manage.py poll`: for machines that platforms cannot reach."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from adapters.errors import AdapterError, SendError
from bots.channels import lookup
from bots.intake import polling
from bots.models import Channel
from bots.pipeline.queue import workers
from bots.runtime import children

END_S = 2.0  # for what is being sent; a long poll is given up


class Command(BaseCommand):
    help = (
        "Fetches messages by long polling (Telegram), over a Stream (DingTalk) or a long connection (WeCom's smart "
        "robot), for machines without a public address. Runs until stopped."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", nargs="*", help="ids of channels (default: all that can be polled)")
        parser.add_argument(
            "--delete-webhook", action="store_true", help="remove a registered webhook first: it excludes polling"
        )
        parser.add_argument("--once", action="store_true", help="one short poll of each channel, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        children.end_with_parent()
        found = polling.pollable(options["channel"])
        if not found:
            raise CommandError(
                "no enabled channel that can be polled; add one: manage.py channel add telegram --bot ..."
            )
        for channel in found:
            if options["delete_webhook"] and lookup.adapter_for(channel).supports_webhook_setup:
                self._delete_webhook(channel)
        if options["once"]:
            for channel in found:
                self._once(channel)
            return
        stop = threading.Event()
        workers.start_heartbeat("poll")  # answers that leave over a connection held here are claimed by this process
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        threads = [
            threading.Thread(target=polling.poll_forever, args=(channel, stop), daemon=True) for channel in found
        ]
        for channel, thread in zip(found, threads, strict=True):
            self.stdout.write(f"polling {channel} ({channel.public_id})")
            thread.start()
        try:
            stop.wait()
        except KeyboardInterrupt:
            stop.set()
        ends = time.monotonic() + END_S
        for thread in threads:
            thread.join(max(0.0, ends - time.monotonic()))
        workers.unregister()

    def _delete_webhook(self, channel: Channel) -> None:
        try:
            lookup.adapter_for(channel).delete_webhook()
        except (SendError, AdapterError) as error:
            raise CommandError(f"{channel}: the webhook was not removed: {error}") from None

    def _once(self, channel: Channel) -> None:
        try:
            self.stdout.write(f"{channel}: {polling.poll_once(channel, timeout=0)} new")
        except SendError as error:
            raise CommandError(f"{channel}: {error}") from None
