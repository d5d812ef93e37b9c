"""Runs of `memory optimize` with their reports; registered here because `memory` may not import bots."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from bots.admin.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.fragments import ago, json_block
from bots.admin.memory_rows import MemoryRowsMixin
from bots.admin.unfold_parts import display
from memory.models import ConsolidationRun


@admin.register(ConsolidationRun)
class ConsolidationRunAdmin(MemoryRowsMixin, ReadOnlyMixin, BotScopedAdmin[ConsolidationRun]):
    """What consolidation did, run by run."""

    list_display = ("started", "bot_name", "state_label", "dry_run", "tokens", "error")
    list_filter = (
        ("bot", ScopedFilter),
        ("state", ChoicesDropdownFilter),
        "dry_run",
        ("started_at", RangeDateTimeFilter),
    )
    fields = (
        ("bot", "state_label"),
        ("started_at", "finished_at"),
        ("dry_run", "rebuild"),
        ("prompt_tokens", "completion_tokens"),
        "error",
        "report_block",
    )

    @admin.display(description=_("started"), ordering="id")
    def started(self, run: ConsolidationRun) -> str:
        return ago(run.started_at)

    @display(
        description=_("state"), label={"running": "primary", "done": "success", "failed": "danger"}, ordering="state"
    )
    def state_label(self, run: ConsolidationRun) -> Any:
        return run.state, run.get_state_display()

    @admin.display(description=_("tokens"))
    def tokens(self, run: ConsolidationRun) -> int:
        return run.prompt_tokens + run.completion_tokens

    @admin.display(description=_("report"))
    def report_block(self, run: ConsolidationRun) -> str:
        return json_block(run.report)
