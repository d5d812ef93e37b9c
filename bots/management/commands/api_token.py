"""`manage.py api_token`: make, renew and revoke the API key of a user."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from bots.operations import api_tokens
from bots.operations.errors import OperationError


class Command(BaseCommand):
    help = "Makes an API key for a user and prints it, this once. --renew replaces the key, --revoke revokes it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help=get_user_model().USERNAME_FIELD)
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--renew", action="store_true", help="create a new key; the old one stops working at once")
        group.add_argument("--revoke", action="store_true", help="revoke the key")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["revoke"]:
                done = api_tokens.revoke(options["user"])
                self.stdout.write(_("The key is revoked.") if done else _("There was no key."))
                return
            self.stdout.write(api_tokens.make(options["user"], renew=options["renew"]))
        except OperationError as error:
            raise CommandError(str(error)) from None
