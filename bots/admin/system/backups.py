"""The page of backups: what was made, what failed, and what a restore holds. Only for superusers."""

from __future__ import annotations

from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from bots.admin.system import retention
from bots.admin.ui.base import BaseAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter
from bots.admin.ui.fragments import ago, chip
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import describe_column
from bots.maintenance.backup import places
from bots.maintenance.backup.errors import BackupError
from bots.models import BackupRun
from bots.operations import restored

TASK = "bots.backup_now"
_TONES = {"running": "primary", "done": "success", "failed": "danger"}
_SHOWN = 100


@admin.register(BackupRun)
class BackupRunAdmin(ReadOnlyMixin, BaseAdmin[BackupRun]):
    """Backups. They hold every person's data, so only superusers see and make them."""

    list_display = ("state_label", "name", "made", "size_shown", "with_keys", "started_by", "error_text")
    list_filter = (("state", ChoicesDropdownFilter), "scheduled")
    list_before_template = "admin/bots/backuprun/held.html"
    fields = (
        "state_chip",
        ("name", "place"),
        ("made_at", "size_shown"),
        ("scheduled", "with_keys"),
        ("started_by", "started_at", "finished_at"),
        "error_text",
    )
    readonly_fields = ("state_chip", "size_shown", "error_text")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_active and request.user.is_superuser)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("now/", wrap(self.now_view), name="bots_backup_now"),
            path("decide/", wrap(self.decide_view), name="bots_backup_decide"),
            path("retention/", wrap(self.retention_view), name="bots_retention"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), **_context()})

    @method_decorator(require_POST)
    def now_view(self, request: HttpRequest) -> HttpResponse:
        """Asks a worker for a backup."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if BackupRun.objects.filter(state=BackupRun.State.RUNNING).exists():
            messages.warning(request, gettext("A backup is running."))
        else:
            current_app.send_task(TASK, (request.user.get_username(),), ignore_result=True, retry=False)
            messages.success(request, gettext("The backup begins in a moment; reload the page to see it."))
        return HttpResponseRedirect(reverse("admin:bots_backuprun_changelist"))

    @method_decorator(require_POST)
    def decide_view(self, request: HttpRequest) -> HttpResponse:
        """Releases or drops what a restore holds: the marked rows, or all."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        decisions = {"release": restored.release, "drop": restored.drop}
        decide = decisions.get(request.POST.get("decision", ""))
        if decide is not None:
            marked = _marked(request.POST.getlist("row"))
            if marked:
                done = [decide(request.user, (kind,), ids) for kind, ids in marked.items()]
            else:
                done = [decide(request.user)]
            count = sum(sum(one.values()) for one in done)
            if request.POST["decision"] == "release":
                text = ngettext("%(n)s released.", "%(n)s released.", count)
            else:
                text = ngettext("%(n)s dropped.", "%(n)s dropped.", count)
            messages.success(request, text % {"n": count})
        return HttpResponseRedirect(reverse("admin:bots_backuprun_changelist"))

    def retention_view(self, request: HttpRequest) -> HttpResponse:
        """Shows and sets how long finished rows are kept."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return retention.answer(self, request)

    @display(description=_("state"), label=_TONES, ordering="state")
    def state_label(self, row: BackupRun) -> Any:
        return row.state, row.get_state_display()

    @admin.display(description=_("state"))
    def state_chip(self, row: BackupRun) -> str:
        return chip(row.state, row.get_state_display())

    @admin.display(description=_("state of"), ordering="made_at")
    def made(self, row: BackupRun) -> str:
        return ago(row.made_at or row.started_at)

    @admin.display(description=_("size (bytes)"), ordering="size")
    def size_shown(self, row: BackupRun) -> str:
        return filesizeformat(row.size) if row.size else "–"

    @admin.display(description=_("error"))
    def error_text(self, row: BackupRun) -> str:
        return describe_column(row, "error") or "–"


def _marked(values: list[str]) -> dict[str, set[int]]:
    """Returns the ids of the marked rows by kind; what is no row is left out."""
    found: dict[str, set[int]] = {}
    for value in values:
        kind, _mark, row_id = value.partition(":")
        if kind in restored.KINDS and row_id.isdecimal():
            found.setdefault(kind, set()).add(int(row_id))
    return found


def _context() -> dict[str, Any]:
    counts = restored.counts()
    rows = restored.pending(_SHOWN) if counts else []
    config = settings.CLAWDBOT.backup
    try:
        place = places.place().shown
    except BackupError:
        place = config.to
    return {
        "held_count": sum(counts.values()),
        "held": [
            {
                "key": f"{one.kind}:{one.id}",
                "id": one.id,
                "kind": gettext(restored.KINDS[one.kind]),
                "bot": one.bot,
                "who": one.who,
                "text": one.text,
                "since": ago(one.since),
                "begun": one.begun,
            }
            for one in rows
        ],
        "planned": config.at,
        "place": place,
        "with_keys": bool(config.passphrase_file or config.passphrase.get_secret_value()),
    }
