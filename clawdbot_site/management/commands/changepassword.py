"""`manage.py changepassword`: Django's command, with a row of the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User

from bots.operations import configuration_log
from bots.operations.configuration_log import COMMAND, Action


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        before = dict(User.objects.values_list("pk", "password"))
        told = super().handle(*args, **options)
        for user in User.objects.all():
            if before.get(user.pk, user.password) != user.password:
                configuration_log.record(Action.CHANGED, user, COMMAND, ["password"])
        return told
