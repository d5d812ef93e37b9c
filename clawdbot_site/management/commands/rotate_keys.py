"""`manage.py rotate_keys`: create new keys for signing and encryption."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bots.maintenance import reencryption
from clawdbot_site import keys


class Command(BaseCommand):
    help = (
        "Adds a new signing key and a new encryption key, and re-encrypts every stored credential. "
        "The old keys stay valid, so nobody is logged out; restart the product afterwards. "
        "With --retire the old keys are dropped instead: data that only they decrypt or verify is lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retire", action="store_true", help="drop all keys but the newest; ends old sessions")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["retire"]:
            keys.rotate(settings.HOME)
        done, lost = reencryption.reencrypt()
        if lost:
            raise CommandError(f"credentials that no key opens, enter them again: {', '.join(lost)}")
        self.stdout.write(f"{done} credentials are encrypted with the newest key.")
        if options["retire"]:
            self.stdout.write(f"{keys.retire(settings.HOME)} old keys dropped. Restart the product.")
        else:
            self.stdout.write("Old keys still verify and decrypt. Restart the product to sign with the new one.")
