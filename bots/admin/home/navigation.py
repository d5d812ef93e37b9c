"""Builds the sidebar: models grouped by task, not by Django app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from bots.models import BackupRun, Limit, Person

Item = tuple[str, str, str]  # app label, model name, icon


def groups() -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Returns the groups in order, each with its models."""
    return (
        (_("Bots"), (("bots", "bot", "smart_toy"), ("bots", "channel", "cable"))),
        (
            _("People & conversations"),
            (
                ("bots", "person", "person"),
                ("bots", "conversation", "forum"),
                ("bots", "message", "chat_bubble"),
                ("bots", "receivedfile", "attach_file"),
                ("bots", "sentfile", "upload_file"),
                ("bots", "identity", "badge"),
                ("bots", "label", "label"),
                ("bots", "schedule", "alarm"),
                ("bots", "broadcast", "campaign"),
                ("bots", "linkcode", "link"),
                ("bots", "statetransition", "swap_horiz"),
            ),
        ),
        (_("Memory"), tuple(("memory", name, "neurology") for name in _models("memory"))),
        (_("Skills"), tuple(("skills", name, "extension") for name in _models("skills"))),
        (
            _("Queues"),
            (
                ("bots", "inboundevent", "inbox"),
                ("bots", "outboundmessage", "outbox"),
                ("bots", "worker", "memory"),
                ("bots", "lease", "supervisor_account"),
                ("bots", "backuprun", "backup"),
            ),
        ),
        (
            _("Models"),
            (
                ("bots", "modelprovider", "model_training"),
                ("bots", "turnusage", "monitoring"),
                ("bots", "limit", "speed"),
                ("bots", "replayrun", "compare"),
                ("bots", "evaluationset", "fact_check"),
            ),
        ),
        (
            _("Alarms"),
            (
                ("bots", "alarm", "notification_important"),
                ("bots", "alarmrule", "rule"),
                ("bots", "alarmtarget", "contact_mail"),
                ("bots", "alarmnotice", "outgoing_mail"),
            ),
        ),
        (
            _("Schedules"),
            (
                ("django_celery_beat", "periodictask", "schedule"),
                ("django_celery_beat", "intervalschedule", "timer"),
                ("django_celery_beat", "crontabschedule", "calendar_month"),
                ("django_celery_beat", "clockedschedule", "alarm"),
                ("django_celery_beat", "solarschedule", "sunny"),
            ),
        ),
        (
            _("Users & access"),
            (
                ("auth", "user", "group"),
                ("bots", "botaccess", "key"),
                ("bots", "auditentry", "gavel"),
                ("auth", "group", "groups"),
                ("bots", "apitoken", "token"),
                ("axes", "accessattempt", "lock_person"),
            ),
        ),
    )


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Returns unfold's SIDEBAR navigation for this user; omits models that are not registered."""
    registered = {(m._meta.app_label, m._meta.model_name): a for m, a in admin.site._registry.items()}
    home = {"title": _("Dashboard"), "icon": "dashboard", "link": reverse("admin:index")}
    found: list[dict[str, Any]] = [{"title": None, "separator": False, "items": [home]}]
    for title, items in groups():
        shown = list(extra_items(title))
        for app, name, icon in items:
            owner = registered.get((app, name))
            if owner is None:
                continue
            try:
                link = reverse(f"admin:{app}_{name}_changelist")
            except NoReverseMatch:
                continue
            label = str(owner.opts.verbose_name_plural)
            shown.append(
                {"title": label[:1].upper() + label[1:], "icon": icon, "link": link, "permission": _visible(owner)}
            )
        if shown:
            found.append({"title": title, "separator": True, "collapsible": False, "items": shown})
    return found


def extra_items(group: str) -> tuple[dict[str, Any], ...]:
    """Returns the pages of a group that belong to no model."""
    pages: dict[str, tuple[type[Model], str, str, str]] = {
        _("Memory"): (Person, "memory_explorer", _("Memory explorer"), "travel_explore"),
        _("Queues"): (BackupRun, "bots_retention", _("Retention"), "auto_delete"),
        _("Models"): (Limit, "bots_money", _("Money"), "payments"),
    }
    model, name, title, icon = pages.get(group, (None, "", "", ""))
    owner = admin.site._registry.get(model) if model is not None else None
    if owner is None:
        return ()
    link = reverse(f"admin:{name}")
    return ({"title": title, "icon": icon, "link": link, "permission": _visible(owner)},)


def _models(app: str) -> tuple[str, ...]:
    return tuple(str(m._meta.model_name) for m in admin.site._registry if m._meta.app_label == app)


def _visible(owner: admin.ModelAdmin[Any]) -> Callable[[HttpRequest], bool]:
    return lambda request: owner.has_view_permission(request)
