"""The page of duties: what one process at a time does, who does it, and who would take it over."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bots.admin.ui.base import BaseAdmin, ReadOnlyMixin
from bots.admin.ui.fragments import ago, chip, shortened
from bots.admin.ui.unfold_parts import display
from bots.models import Lease
from bots.monitoring.leases import Duty, duties_of

STATES = {"held": _("held"), "free": _("done"), "expired": _("nobody")}
TONES = {"held": "success", "free": "", "expired": "danger"}
_SHOWN = 80


@admin.register(Lease)
class LeaseAdmin(ReadOnlyMixin, BaseAdmin[Lease]):
    """The leases of all processes on all machines."""

    list_display = ("title", "state", "holder", "since", "renewal", "standbys", "token")
    search_fields = ("name", "holder")
    fields = ("title", "state_chip", "holder", "since", "renewal", "standbys", "token", "name", "expires_at")
    readonly_fields = ("title", "state_chip", "since", "renewal", "standbys")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        found: Any = super().get_changelist_instance(request)
        states = duties_of(found.result_list)
        for row in found.result_list:
            row.seen = states[row.name]
        return found

    @admin.display(description=_("duty"), ordering="name")
    def title(self, row: Lease) -> str:
        return _seen(row).title

    @display(description=_("state"), label=TONES)
    def state(self, row: Lease) -> Any:
        seen = _seen(row)
        return seen.state, STATES[seen.state]

    @admin.display(description=_("state"))
    def state_chip(self, row: Lease) -> str:
        seen = _seen(row)
        return chip(seen.state, STATES[seen.state])

    @admin.display(description=_("since"), ordering="acquired_at")
    def since(self, row: Lease) -> str:
        return ago(row.acquired_at)

    @admin.display(description=_("renewed"), ordering="renewed_at")
    def renewal(self, row: Lease) -> str:
        seen = _seen(row)
        return (
            str(_("%(seconds)d s ago") % {"seconds": seen.renewed_s}) if seen.state == "held" else ago(row.renewed_at)
        )

    @admin.display(description=_("would take over"))
    def standbys(self, row: Lease) -> str:
        return shortened(", ".join(_seen(row).standbys), _SHOWN)


def _seen(row: Any) -> Duty:
    if not hasattr(row, "seen"):
        row.seen = duties_of([row])[row.name]
    seen: Duty = row.seen
    return seen
