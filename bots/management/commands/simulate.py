"""`manage.py simulate`: talk to a bot over a platform, without an account there."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from adapters import registry
from adapters.errors import AdapterError
from adapters.simulation import Shown, ShownFile, Simulator
from bots.models import Channel
from bots.operations import simulation
from bots.operations.errors import OperationError
from bots.runtime.simulation import Stage, deliver, serve


class Command(BaseCommand):
    help = (
        "Serves a platform's API on this machine, delivers what you type as signed webhooks and shows the replies. "
        "The product must be running. Without --text it reads lines until the end of input (Ctrl-D)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("platform", help=", ".join(registry.simulated()))
        parser.add_argument("--bot", metavar="SLUG", help="the bot to talk to; default: the default bot")
        parser.add_argument(
            "--url", default=f"http://127.0.0.1:{settings.CLAWDBOT.web.port}", help="where the product listens"
        )
        parser.add_argument("--port", type=int, default=0, help="port of the simulated API; default: a free one")
        parser.add_argument("--text", action="append", default=[], help="say this and end; may be repeated")
        parser.add_argument("--wait", type=float, default=30.0, help="seconds to wait for a reply to --text")
        parser.add_argument("--redeliver", type=int, default=1, metavar="N", help="deliver every message N times")
        parser.add_argument("--fail", type=int, default=0, metavar="N", help="the API fails the first N calls")
        parser.add_argument("--hurry", type=float, default=1.0, help="divide the vendor's pauses by this")
        parser.add_argument("--keep", action="store_true", help="keep the channel afterwards")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            simulator = registry.simulator(options["platform"])
            bot = simulation.bot_for(options["bot"])
        except (AdapterError, OperationError) as error:
            raise CommandError(str(error)) from None
        self._heard = threading.Event()
        stage = Stage(simulator, self._show, fail_next=options["fail"])
        with self._served(stage, options["port"]) as api:
            channel = simulation.channel_for(bot, simulator, api)
            try:
                self._talk(stage, channel, options)
            finally:
                if not options["keep"]:
                    simulation.remove(channel)

    @contextlib.contextmanager
    def _served(self, stage: Stage, port: int) -> Iterator[str]:
        with contextlib.ExitStack() as stack:
            try:
                api = stack.enter_context(serve(stage, port))
            except (OSError, OverflowError) as error:
                raise CommandError(f"the simulated API cannot listen on port {port}: {error}") from None
            yield api

    def _talk(self, stage: Stage, channel: Channel, options: dict[str, Any]) -> None:
        url = options["url"].rstrip("/") + channel.webhook_path
        lines: Iterable[str] = options["text"] or _typed(stage.simulator)
        for line in lines:
            if not line.strip():
                continue
            self._heard.clear()
            delivery = deliver(
                stage, url, stage.simulator.message(line), times=options["redeliver"], hurry=options["hurry"]
            )
            if not 200 <= delivery.status < 300:
                reason = f"it answered {delivery.status}" if delivery.status else "it was not reached"
                raise CommandError(f"the product at {options['url']} did not take the message: {reason}")
            if options["text"] and not self._heard.wait(options["wait"]):
                raise CommandError(f"no reply within {options['wait']:.0f} seconds")
        if options["text"]:
            time.sleep(0.5)  # shows late and duplicate replies too

    def _show(self, shown: Shown) -> None:
        if shown.sign:
            self.stdout.write(f"({shown.sign})")
            return
        mark = "~" if shown.edited else "<"
        said = f"{_described(shown.file)} {shown.text}".rstrip() if shown.file else shown.text
        self.stdout.write(f"{mark} {said}")
        self.stdout.flush()
        self._heard.set()


def _described(file: ShownFile) -> str:
    facts = (file.name, file.content_type, f"{file.size} bytes" if file.size is not None else file.url)
    return f"[{', '.join(filter(None, facts))}]"


def _typed(simulator: Simulator) -> Iterable[str]:
    if sys.stdin.isatty():
        sys.stderr.write(f"You are Sam on {simulator.platform}. Type a message; Ctrl-D ends.\n")
    yield from (line.rstrip("\n") for line in sys.stdin)
