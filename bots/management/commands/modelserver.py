"""`manage.py modelserver`: serve a GGUF file with an OpenAI-compatible API on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bots.management.base import read_secret
from bots.runtime import children, model_server

EXIT_CRASHED = 70  # `serve` starts it again


class Command(BaseCommand):
    help = "Serves a GGUF file of yours, or the embedded demonstration model (English only), until interrupted."
    requires_system_checks = ()
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        config = settings.CLAWDBOT.model_server
        parser.add_argument(
            "--model-file",
            metavar="FILE",
            help="GGUF file to serve (default: the one chosen in the admin, else model_server.model_file)",
        )
        parser.add_argument("--host", default=config.host, help="address to listen on (default: %(default)s)")
        parser.add_argument(
            "--port",
            type=int,
            default=config.port,
            help="port to listen on; the next free one when it is taken (default: %(default)s)",
        )
        parser.add_argument(
            "--context",
            type=_count,
            default=config.context,
            metavar="N",
            help="tokens of one conversation; 0: as the model was trained, at most 8192 (default: %(default)s)",
        )
        parser.add_argument(
            "--slots",
            type=_count,
            default=config.slots,
            metavar="N",
            help="conversations at the same time (default: %(default)s)",
        )
        key = parser.add_mutually_exclusive_group()
        key.add_argument("--api-key", metavar="K", help='key that clients must send; "-" reads standard input')
        key.add_argument("--api-key-file", metavar="FILE", help="file that holds the key")

    def handle(self, *args: Any, **options: Any) -> None:
        key, given = _key(options), options["model_file"]
        # `serve` starts this command anew when another file is chosen.
        follows = given is None and children.PARENT_VARIABLE not in os.environ
        while True:
            file = given if given is not None else model_server.wanted()
            changed = (lambda served=file: model_server.wanted() != served) if follows else None
            try:
                if not self._serve(file, key, options, changed):
                    return
            except model_server.Unavailable as error:
                model_server.note_failure(file, error)
                raise CommandError(f"modelserver: {error}", returncode=children.EXIT_UNAVAILABLE) from None
            except model_server.Crashed as error:
                raise CommandError(f"modelserver: {error}", returncode=EXIT_CRASHED) from None

    def _serve(self, file: str, key: str, options: dict[str, Any], changed: Callable[[], bool] | None) -> bool:
        model = model_server.plan(
            file, context_tokens=options["context"], slots=options["slots"], host=options["host"], api_key=key
        )
        for line in model.warnings:
            self.stderr.write(f"modelserver: {line}")
        return model_server.run(model, options["port"], lambda url: self._tell(model, url, options["port"]), changed)

    def _tell(self, model: model_server.Plan, url: str, wanted: int) -> None:
        kind = "Demonstration model" if model.is_demo else "Model"
        tools = "tools" if model.takes_tools else "no tools"
        about = "" if model.is_demo else f" ({model.context_tokens} tokens, {tools})"
        taken = "" if f":{wanted}/" in url else f"; port {wanted} is taken"
        self.stdout.write(f"{kind} {model.name}{about} at {url}{taken}")
        self.stdout.flush()


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 10_000_000:
        raise ValueError
    return number


def _key(options: dict[str, Any]) -> str:
    source = options["api_key_file"] or ("-" if options["api_key"] == "-" else "")
    given = read_secret(source) if source else options["api_key"]
    return given if given is not None else settings.CLAWDBOT.model_server.api_key.get_secret_value()
