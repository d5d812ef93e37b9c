"""`manage.py createsuperuser`: Django's command, with a row of the audit log for the new user."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User

from bots.operations import configuration_log
from bots.operations.configuration_log import COMMAND, Action


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        # No transaction around the command: it asks questions, and SQLite has one writer at a time.
        newest = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        super().handle(*args, **options)
        for user in User.objects.filter(pk__gt=newest, is_superuser=True):
            configuration_log.record(Action.ADDED, user, COMMAND, ["is_superuser"])
