"""Formats the report of a run as JSON and as text."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from memory.consolidation.retention import Preview
from memory.models.consolidation import ConsolidationRun

NAMES = {
    "people": _("people"),
    "near_duplicates": _("near duplicates"),
    "episodes": _("episodes"),
    "digests": _("digests"),
    "facts_added": _("facts added"),
    "facts_updated": _("facts updated"),
    "facts_superseded": _("facts superseded"),
    "facts_known": _("facts known"),
    "expired": _("expired"),
    "derived_removed": _("derived memories removed"),
    "re_embedded": _("re-embedded"),
}


def counts(run: ConsolidationRun) -> dict[str, int]:
    """Returns every count of a run; missing ones as 0."""
    done = run.report.get("counts", {})
    return {name: int(done.get(name, 0)) for name in NAMES}


def as_json(run: ConsolidationRun) -> dict[str, Any]:
    """Returns a run as a JSON object."""
    return {
        "run": run.pk,
        "state": run.state,
        "dry_run": run.dry_run,
        **{name: value for name, value in run.report.items() if name != "counts"},
        **counts(run),
        "prompt_tokens": run.prompt_tokens,
        "completion_tokens": run.completion_tokens,
    }


def as_lines(slug: str, run: ConsolidationRun, preview: Preview) -> list[str]:
    """Returns a run as lines for a terminal; a dry run also lists what retention would delete."""
    lines = [f"{slug}: " + (gettext("dry run, nothing was changed") if run.dry_run else gettext("done"))]
    lines += [f"  {NAMES[name]}: {value}" for name, value in counts(run).items() if value]
    if run.prompt_tokens:
        lines.append(f"  model tokens: {run.prompt_tokens} + {run.completion_tokens}")
    if run.dry_run and preview.rows:
        text = ngettext("%(n)d memory has expired", "%(n)d memories have expired", preview.rows)
        lines.append(f"  {text % {'n': preview.rows}} ({preview.oldest:%Y-%m-%d} – {preview.newest:%Y-%m-%d})")
        lines += [f"    {share.key}: {share.rows}" for share in preview.people[:10]]
        lines += [f"    “{example}”" for example in preview.examples]
    return lines
