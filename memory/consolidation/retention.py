"""Previews and applies retention: deletes memories that are older than the configured number of days.

The age of a memory counts from when it was last said or stored, whichever is later, so imported old conversations are
not deleted the next night. Pinned memories are kept, and so is a first row with a pinned copy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Max, Min

from memory.consolidation import duplicates, provenance
from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.storage import passages
from memory.storage.port import store
from memory.storage.rows import of_scope
from memory.types import LONGEST_RETENTION, Scope

EXAMPLES = 5
_PART = 500


@dataclass(frozen=True, slots=True)
class PersonShare:
    """Number of one person's expired memories."""

    person_id: int
    key: str
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What retention would delete now.

    Attributes:
        days: retention in days; 0: for ever.
        rows: number of expired turns, copies included.
        oldest: when the oldest was said; None if there is none.
        newest: when the newest was last said; None if there is none.
        examples: beginnings of a few of them, oldest first.
        people: number of expired turns per person, without copies, largest first; at most 500 people.
    """

    days: int
    rows: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    examples: tuple[str, ...] = ()
    people: tuple[PersonShare, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns the preview for reports, without the texts."""
        return {
            "days": self.days,
            "rows": self.rows,
            "oldest": self.oldest.isoformat() if self.oldest else None,
            "newest": self.newest.isoformat() if self.newest else None,
            "people": [{"person": share.key, "rows": share.rows} for share in self.people],
        }


def days_of(bot_id: int) -> int:
    """Returns the retention in days of the bot, or else of the installation; 0: for ever."""
    own = apps.get_model("bots", "Bot")._default_manager.filter(pk=bot_id).values_list("retention_days", flat=True)
    found = own.first()
    return int(settings.CLAWDBOT.memory.retention_days if found is None else found)


def preview(bot_id: int, now: datetime, days: int | None = None) -> Preview:
    """Previews what would be deleted now. days: overrides the bot's retention. Read-only. Queries: 5 at most."""
    days = days_of(bot_id) if days is None else days
    if not days:
        return Preview(0)
    expired = _expired(MemoryEntry.objects.for_bot(bot_id), _before(now, days))
    totals = expired.aggregate(rows=Count("id"), oldest=Min("occurred_at"), newest=Max("last_seen_at"))
    if not totals["rows"]:
        return Preview(days)
    copies = MemoryEntry.objects.for_bot(bot_id).filter(duplicate_of__in=expired.values("pk")).count()
    shares = list(expired.order_by().values_list("person_id").annotate(n=Count("id")).order_by("-n", "person_id"))
    people = apps.get_model("bots", "Person")._default_manager.filter(bot_id=bot_id)
    keys = dict(people.filter(pk__in=[pk for pk, _n in shares[:_PART]]).values_list("pk", "key"))
    texts = expired.order_by("occurred_at", "id").values_list("text", flat=True)[:EXAMPLES]
    return Preview(
        days,
        totals["rows"] + copies,
        totals["oldest"],
        totals["newest"],
        tuple(text[:80] for text in texts),
        tuple(PersonShare(pk, keys.get(pk, ""), rows) for pk, rows in shares[:_PART]),
    )


def apply(scope: Scope, now: datetime, days: int) -> Counter[str]:
    """Deletes expired turns of a scope, and derived rows without other sources, in the caller's transaction."""
    done: Counter[str] = Counter()
    rows = of_scope(scope)
    if days:
        ids = list(_expired(rows, _before(now, days)).values_list("id", flat=True))
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            duplicates.release(scope, part)
            passages.drop_follower_vectors(scope, part)
            _total, by_model = rows.filter(pk__in=part).delete()
            done["expired"] += by_model.get("memory.MemoryEntry", 0)
    done["derived_removed"] += provenance.drop_orphans(scope)
    return +done


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=min(days, LONGEST_RETENTION))


def _expired(rows: MemoryEntryQuerySet, before: datetime) -> MemoryEntryQuerySet:
    old = rows.turns().distinct_entries().filter(pinned=False, last_seen_at__lt=before, created_at__lt=before)
    return store().without_pinned_copies(old)  # type: ignore[no-any-return]
