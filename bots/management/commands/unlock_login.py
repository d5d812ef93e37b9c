"""`manage.py unlock_login`: let a user log in again after too many wrong passwords."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from bots.models import AuditEntry
from bots.operations import logins


class Command(BaseCommand):
    help = "Forgets the failed log-ins of a user, so that a locked user may log in again at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help=get_user_model().USERNAME_FIELD)

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["user"]
        if not get_user_model()._default_manager.filter(username=name).exists():
            raise CommandError(_("There is no user %(name)s.") % {"name": name})
        done = logins.unlock(name, AuditEntry.COMMAND)
        text = _("%(name)s may log in again.") if done else _("%(name)s had no failed log-ins.")
        self.stdout.write(text % {"name": name})
