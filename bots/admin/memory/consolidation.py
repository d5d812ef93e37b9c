"""The pages of consolidation runs. They are registered here because `memory` may not import bots."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from bots.admin.memory.rows import MemoryRowsMixin
from bots.admin.ui.base import BotScopedAdmin, ReadOnlyMixin
from bots.admin.ui.filters import ChoicesDropdownFilter, RangeDateTimeFilter, ScopedFilter
from bots.admin.ui.fragments import ago, chip, listed
from bots.admin.ui.unfold_parts import display
from bots.i18n.failure_texts import describe_column
from bots.models import Bot
from memory.consolidation import report, retention
from memory.models import ConsolidationRun

SHOWN = 5  # people and examples of a preview


def retention_preview(bot: Bot) -> str:
    """Renders what retention would delete tonight: the number, the oldest day, the people and some examples."""
    preview = retention.preview(bot.pk, timezone.now())
    if not preview.days:
        return gettext("Memories are kept for ever.")
    if preview.oldest is None:
        return gettext("Nothing is older than %(days)d days.") % {"days": preview.days}
    text = ngettext(
        "%(n)d memory older than %(days)d days will be deleted tonight; the oldest is from %(day)s.",
        "%(n)d memories older than %(days)d days will be deleted tonight; the oldest is from %(day)s.",
        preview.rows,
    ) % {"n": preview.rows, "days": preview.days, "day": date_format(timezone.localtime(preview.oldest), "DATE_FORMAT")}
    shares = ({"what": share.key, "n": share.rows} for share in preview.people[:SHOWN])
    people = gettext(", ").join(gettext("%(what)s (%(n)s)") % share for share in shares)
    examples = format_html_join("", "<li>{}</li>", ((example,) for example in preview.examples))
    return format_html("<p>{}</p><p>{}</p><ul>{}</ul>", text, people, examples)


@admin.register(ConsolidationRun)
class ConsolidationRunAdmin(MemoryRowsMixin, ReadOnlyMixin, BotScopedAdmin[ConsolidationRun]):
    """Consolidation runs with their reports."""

    list_display = ("started", "bot_name", "state_label", "dry_run", "tokens", "error_text")
    list_filter = (
        ("bot", ScopedFilter),
        ("state", ChoicesDropdownFilter),
        "dry_run",
        ("started_at", RangeDateTimeFilter),
    )
    fields = (
        ("bot", "state_chip"),
        ("started_at", "finished_at"),
        ("what", "model_tokens"),
        "error_text",
        "done",
    )

    @admin.display(description=_("started"), ordering="id")
    def started(self, run: ConsolidationRun) -> str:
        return ago(run.started_at)

    @display(
        description=_("state"), label={"running": "primary", "done": "success", "failed": "danger"}, ordering="state"
    )
    def state_label(self, run: ConsolidationRun) -> Any:
        return run.state, run.get_state_display()

    @admin.display(description=_("state"))
    def state_chip(self, run: ConsolidationRun) -> str:
        return chip(*self.state_label(run))

    @admin.display(description=_("kind"))
    def what(self, run: ConsolidationRun) -> str:
        if run.dry_run:
            return gettext("Dry run: nothing was changed.")
        return (
            gettext("Facts and summaries were made anew.") if run.rebuild else gettext("What is new since the last run")
        )

    @admin.display(description=_("model tokens"))
    def model_tokens(self, run: ConsolidationRun) -> str:
        return f"{run.prompt_tokens} + {run.completion_tokens}" if self.tokens(run) else gettext("no model was asked")

    @admin.display(description=_("error"))
    def error_text(self, run: ConsolidationRun) -> str:
        return describe_column(run, "error") or "–"

    @admin.display(description=_("done"))
    def done(self, run: ConsolidationRun) -> str:
        counted = [(report.NAMES[name], value) for name, value in report.counts(run).items() if value]
        if not counted:
            return gettext("There was nothing to do.")
        return listed(counted)

    @admin.display(description=_("tokens"))
    def tokens(self, run: ConsolidationRun) -> int:
        return run.prompt_tokens + run.completion_tokens
