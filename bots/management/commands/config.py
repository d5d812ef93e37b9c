"""`manage.py config`: print a configuration file to start from."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser


class Command(BaseCommand):
    requires_system_checks = ()
    help = "Prints a configuration file with every setting, its default and a comment, to copy and edit."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("preset", nargs="?", default="production", help="which one (default: %(default)s)")

    def handle(self, *args: Any, **options: Any) -> None:
        files = {file.stem: file for file in sorted(settings.PRESETS.glob("*.yaml"))}
        if options["preset"] not in files:
            raise CommandError(f"there is no {options['preset']}; known here: {', '.join(files)}")
        self.stdout.write(files[options["preset"]].read_text("utf8"), ending="")
