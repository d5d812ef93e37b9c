"""Retention: how long memories stay, what goes next, and its going.

A memory's age counts from when it was last said, or came here if that was later: importing old conversations does not
delete them the next night. Pinned memories stay, and so does a first row one of whose repetitions is pinned.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef

from memory.consolidation import duplicates, provenance
from memory.models import MemoryEntry, MemoryEntryQuerySet
from memory.storage import passages
from memory.storage.rows import of_scope
from memory.types import LONGEST_RETENTION, Scope

EXAMPLES = 5
_PART = 500


@dataclass(frozen=True, slots=True)
class PersonShare:
    """How many of one person's memories go."""

    person_id: int
    key: str
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What retention would delete now.

    Attributes:
        days: how long memories stay; 0: for ever.
        rows: turns that go, their repetitions included.
        oldest: when the oldest of them was said, newest likewise; None when nothing goes.
        examples: beginnings of a few of them, oldest first.
        people: whose, most first, their first rows counted; 500 at most.
    """

    days: int
    rows: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    examples: tuple[str, ...] = ()
    people: tuple[PersonShare, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For reports; without the words themselves."""
        return {
            "days": self.days,
            "rows": self.rows,
            "oldest": self.oldest.isoformat() if self.oldest else None,
            "newest": self.newest.isoformat() if self.newest else None,
            "people": [{"person": share.key, "rows": share.rows} for share in self.people],
        }


def days_of(bot_id: int) -> int:
    """The bot's retention in days, else the installation's; 0: for ever."""
    own = apps.get_model("bots", "Bot")._default_manager.filter(pk=bot_id).values_list("retention_days", flat=True)
    found = own.first()
    return int(settings.CLAWDBOT.memory.retention_days if found is None else found)


def preview(bot_id: int, now: datetime, days: int | None = None) -> Preview:
    """What would go now; `days`: under another retention than the bot's own. Reads only; 5 queries at most."""
    days = days_of(bot_id) if days is None else days
    if not days:
        return Preview(0)
    expired = _expired(MemoryEntry.objects.for_bot(bot_id), _before(now, days))
    copies = MemoryEntry.objects.for_bot(bot_id).filter(duplicate_of__in=expired.values("pk")).count()
    totals = expired.aggregate(rows=Count("id"), oldest=Min("occurred_at"), newest=Max("last_seen_at"))
    if not totals["rows"]:
        return Preview(days)
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
    """Deletes what is over its time in one scope, and what derived from nothing else; the caller's transaction."""
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
    pinned_copy = MemoryEntry.objects.filter(
        bot=OuterRef("bot"), person=OuterRef("person"), duplicate_of=OuterRef("pk"), pinned=True
    )
    old = rows.turns().distinct_entries().filter(pinned=False, last_seen_at__lt=before, created_at__lt=before)
    return old.exclude(Exists(pinned_copy))
