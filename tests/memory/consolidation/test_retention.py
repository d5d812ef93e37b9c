"""Retention deletes expired rows and keeps pinned ones; its preview is correct."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from memory.consolidation import retention
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.types import Scope
from tests.memory.builders import digests, facts, found, other_person, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
DAY = timedelta(days=1)


def keep_for(scope: Scope, days: int | None) -> None:
    apps.get_model("bots", "Bot").objects.filter(pk=scope.bot_id).update(retention_days=days)


def long_here(scope: Scope) -> None:
    """Sets the time of storage of all rows to the time at which they were said."""
    for row in MemoryEntry.objects.for_person(scope.bot_id, scope.person_id):
        MemoryEntry.objects.filter(pk=row.pk).update(created_at=row.occurred_at)


def test_old_memories_go_and_young_and_pinned_ones_stay() -> None:
    ann = person()
    keep_for(ann, 30)
    old = talk(ann, "The old boat was red", "The old mast was oak", days_ago=40)
    talk(ann, "The new boat is blue", days_ago=10)
    MemoryEntry.objects.filter(pk=old[1]).update(pinned=True)
    long_here(ann)
    assert optimize(ann.bot_id).report["counts"]["expired"] == 1
    assert sorted(found(ann, "boat mast")) == ["The new boat is blue", "The old mast was oak"]


@pytest.mark.parametrize(("own", "installation", "days"), [(None, 7, 7), (30, 7, 30), (0, 7, 0), (None, 0, 0)])
def test_the_bot_decides_else_the_installation(own: int | None, installation: int, days: int, configured: Any) -> None:
    ann = person()
    keep_for(ann, own)
    configured("memory", retention_days=installation)
    assert retention.days_of(ann.bot_id) == days


def test_a_time_longer_than_the_calendar_deletes_nothing_and_stops_nothing() -> None:
    ann = person()
    keep_for(ann, 99_999_999)
    talk(ann, "The old boat was red", days_ago=4000)
    long_here(ann)
    assert retention.preview(ann.bot_id, timezone.now()).rows == 0
    assert optimize(ann.bot_id).state == "done"
    assert found(ann, "boat") == ["The old boat was red"]


def test_nothing_goes_where_memories_stay_for_ever() -> None:
    ann = person()
    keep_for(ann, 0)
    talk(ann, "The old boat was red", days_ago=4000)
    long_here(ann)
    assert retention.preview(ann.bot_id, timezone.now()).rows == 0
    optimize(ann.bot_id)
    assert found(ann, "boat") == ["The old boat was red"]


def test_the_preview_says_how_many_how_old_whose_and_shows_some() -> None:
    ann = person(key="ann")
    bob = other_person(ann)
    keep_for(ann, 30)
    talk(ann, "The old boat was red", "The old mast was oak", "The old boat was red", days_ago=50)
    talk(bob, "Bob sold an anchor", days_ago=40)
    talk(bob, "Bob keeps a rope", days_ago=10)
    long_here(ann)
    long_here(bob)
    going = retention.preview(ann.bot_id, timezone.now())
    assert (going.days, going.rows) == (30, 4)
    assert going.oldest is not None
    assert 49 < (timezone.now() - going.oldest) / DAY < 51
    assert going.examples == ("The old boat was red", "The old mast was oak", "Bob sold an anchor")
    assert [(share.key, share.rows) for share in going.people] == [("ann", 2), (going.people[1].key, 1)]
    assert retention.preview(ann.bot_id, timezone.now(), days=45).rows == 3
    assert optimize(ann.bot_id).report["counts"]["expired"] == going.rows


def test_imported_history_is_not_deleted_the_night_after() -> None:
    ann = person()
    keep_for(ann, 30)
    talk(ann, "The old boat was red", days_ago=900)
    optimize(ann.bot_id)
    assert found(ann, "boat") == ["The old boat was red"]


def test_what_was_said_again_lately_stays() -> None:
    ann = person()
    keep_for(ann, 30)
    talk(ann, "The boat is red", days_ago=60)
    talk(ann, "the boat is red!", days_ago=5)
    long_here(ann)
    optimize(ann.bot_id)
    assert found(ann, "boat") == ["The boat is red"]


def test_derived_rows_go_with_their_last_source_and_not_before() -> None:
    ann = person()
    keep_for(ann, 30)
    talk(ann, "I live in Chengdu", "The red boat needs paint", "Its mast is of oak", "The sail was torn", days_ago=60)
    talk(ann, "I am allergic to peanuts", days_ago=50)
    talk(ann, "As ever I'm allergic to peanuts", days_ago=5)
    optimize(ann.bot_id)
    assert len(facts(ann)) == 2
    assert len(digests(ann)) == 1
    long_here(ann)
    optimize(ann.bot_id)
    assert facts(ann) == ["The person is allergic to peanuts"]
    assert digests(ann) == []
