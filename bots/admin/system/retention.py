"""The page of the retention: days, what they mean and what they will delete, for each kind. Only for superusers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bots.i18n.failure_texts import describe_column
from bots.maintenance.retention import estimate, rules
from bots.maintenance.retention.errors import RetentionError
from bots.maintenance.retention.kinds import KINDS, MOST_DAYS, Kind
from bots.models import Bot, RetentionRule

TASK = "bots.retention"
_BOTS = 50
# What goes by itself after a fixed time, or with something else.
FIXED: tuple[tuple[str | Promise, str | Promise], ...] = (
    (_("Conversations and messages"), _("stay until their person is erased")),
    (_("Sums of usage by day"), _("stay; those of a person until the person is erased")),
    (_("Dead letters, and what a restore holds"), _("stay until you decide about them")),
    (_("Figures of models by hour"), _("30 days")),
    (_("Figures of channels by hour"), _("2 days")),
    (_("Notices of alarms; alarms that are over"), _("30 days; 90 days")),
    (_("Reminders that are over"), _("90 days")),
    (_("Log-ins that have expired"), _("go with the next run")),
    (_("Files that no message uses"), _("a day")),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One kind on the page. `days` and `entered` are what is saved, and what stands in the field."""

    key: str
    title: str
    loses: str
    days: int
    entered: str
    default: str
    least: int
    goes: str
    oldest: datetime | None
    run_at: datetime | None
    deleted: int
    deleted_in_all: int
    failed_at: datetime | None
    error: str
    wrong: str = ""


def answer(owner: Any, request: HttpRequest) -> HttpResponse:
    """Shows the page, previews other days, saves them, or asks a worker for a run."""
    wanted = request.POST.get("do", "")
    if request.method == "POST" and wanted == "run":
        current_app.send_task(TASK, ignore_result=True, retry=False)
        messages.success(request, gettext("The deletion begins in a moment; reload the page to see what is gone."))
        return _again()
    entered, wrong = _entered(request) if request.method == "POST" else ({}, {})
    if request.method == "POST" and wanted == "save" and not wrong:
        changed = rules.save(entered, request.user)
        text = ngettext("Saved: the days of %(n)d kind.", "Saved: the days of %(n)d kinds.", len(changed))
        messages.success(request, text % {"n": len(changed)} if changed else gettext("Nothing was changed."))
        return _again()
    if wrong:
        messages.error(request, gettext("Nothing was saved: correct what is marked."))
    context = {
        "title": _("Retention"),
        "lines": [_line(kind, row, request, entered, wrong) for kind, row in rules.with_rows().values()],
        "tried": request.method == "POST",
        "most": MOST_DAYS,
        "without_days": _without_days(),
        "memories": _memories(),
        "fixed": FIXED,
        "now": timezone.now(),
    }
    return owner.page(request, "admin/bots/backuprun/retention.html", context)  # type: ignore[no-any-return]


def _without_days() -> dict[str, Any] | None:
    """Returns why what goes without days could not be deleted, and when; None when it could."""
    row = RetentionRule.objects.filter(kind=RetentionRule.WITHOUT_DAYS).exclude(failed_at=None).first()
    return {"failed_at": row.failed_at, "error": describe_column(row, "error")} if row is not None else None


def _again() -> HttpResponse:
    return HttpResponseRedirect(reverse("admin:bots_retention"))


def _entered(request: HttpRequest) -> tuple[dict[str, int | None], dict[str, str]]:
    """Returns the days by kind, and what is wrong with those that are left out. Missing fields change nothing."""
    days: dict[str, int | None] = {}
    wrong: dict[str, str] = {}
    for kind in KINDS:
        text = request.POST.get(f"days_{kind.key}")
        if text is None:
            continue
        text = text.strip()
        try:
            if text and not (text.isascii() and text.isdecimal() and len(text) <= 9):
                raise RetentionError(gettext("Write a whole number of days, 0 for ever, or nothing."))
            days[kind.key] = rules.check(kind, int(text) if text else None)
        except RetentionError as error:
            wrong[kind.key] = str(error)
    return days, wrong


def _line(
    kind: Kind, row: RetentionRule, request: HttpRequest, entered: dict[str, int | None], wrong: dict[str, str]
) -> Line:
    saved = rules.kind_days(kind, row)
    chosen = entered.get(kind.key, row.days)
    days = kind.default if chosen is None else chosen
    found = estimate.preview(kind, saved if kind.key in wrong else days, timezone.now())
    return Line(
        key=kind.key,
        title=str(kind.title),
        loses=str(kind.loses),
        days=saved,
        entered=request.POST.get(f"days_{kind.key}", "" if row.days is None else str(row.days)),
        default=str(kind.default) if kind.default else gettext("for ever"),
        least=kind.least,
        goes=_goes(found),
        oldest=found.oldest,
        run_at=row.run_at,
        deleted=row.deleted,
        deleted_in_all=row.deleted_in_all,
        failed_at=row.failed_at,
        error=describe_column(row, "error"),
        wrong=wrong.get(kind.key, ""),
    )


def _goes(found: estimate.Preview) -> str:
    if not found.days:
        return gettext("nothing, kept for ever")
    if not found.rows:
        return "0" if found.exact else gettext("hardly any")
    shown = f"{found.rows:,}"
    return shown if found.exact else gettext("about %(n)s") % {"n": shown}


def _memories() -> list[dict[str, Any]]:
    """Returns what the retention of memories is, by bot; it works by itself, at night."""
    bots = Bot.objects.order_by("name").values_list("pk", "name", "retention_days")[:_BOTS]
    default = settings.CLAWDBOT.memory.retention_days
    return [
        {"pk": pk, "name": name, "days": default if own is None else own, "own": own is not None}
        for pk, name, own in bots
    ]
