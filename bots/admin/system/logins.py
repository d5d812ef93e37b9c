"""The page of failed log-ins, where a lock is released, and the answer to a user who is locked."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from django.apps import apps
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from bots.admin.ui.base import BaseAdmin, ReadOnlyMixin
from bots.admin.ui.fragments import ago
from bots.admin.ui.unfold_parts import display
from bots.operations import logins

apps.get_app_config("axes").verbose_name = _("Log-ins")
AccessAttempt._meta.verbose_name = _("failed log-in")
AccessAttempt._meta.verbose_name_plural = _("failed log-ins")


@admin.register(AccessAttempt)
class FailedLoginAdmin(ReadOnlyMixin, BaseAdmin[AccessAttempt]):
    """Failed log-ins by user name and address. Whoever may delete them may unlock."""

    list_display = ("name", "address", "failures", "lock_label", "when")
    search_fields = ("username", "=ip_address")
    fields = (("name", "address"), ("failures", "when"), "browser")
    actions = ("unlock",)

    def has_unlock_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("axes.delete_accessattempt"))

    @admin.display(description=_("user"), ordering="username")
    def name(self, attempt: AccessAttempt) -> str:
        return str(attempt.username)

    @admin.display(description=_("address"), ordering="ip_address")
    def address(self, attempt: AccessAttempt) -> str:
        return attempt.ip_address or "–"

    @admin.display(description=_("wrong passwords"), ordering="failures_since_start")
    def failures(self, attempt: AccessAttempt) -> int:
        return int(attempt.failures_since_start)

    @admin.display(description=_("browser"))
    def browser(self, attempt: AccessAttempt) -> str:
        return attempt.user_agent or "–"

    @display(description=_("state"), label={"locked": "danger", "open": ""}, ordering="failures_since_start")
    def lock_label(self, attempt: AccessAttempt) -> Any:
        locked = attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT
        return ("locked", _("locked")) if locked else ("open", _("not locked"))

    @admin.display(description=_("at"), ordering="attempt_time")
    def when(self, attempt: AccessAttempt) -> str:
        return ago(attempt.attempt_time)

    @admin.action(description=_("Unlock these users"), permissions=["unlock"])
    def unlock(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        names = set(queryset.values_list("username", flat=True))
        for name in names:
            logins.unlock(name, request.user)
        text = ngettext("%(n)s user may log in again.", "%(n)s users may log in again.", len(names))
        self.message_user(request, text % {"n": len(names)}, messages.SUCCESS)


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """Answers a log-in of a locked user: who is locked, for how long, and who can unlock (AXES_LOCKOUT_CALLABLE)."""
    minutes = int(settings.AXES_COOLOFF_TIME.total_seconds() // 60)
    answer = render(request, "admin/locked.html", {"minutes": minutes}, status=429)
    answer["Retry-After"] = str(minutes * 60)
    return answer
