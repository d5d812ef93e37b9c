"""The contract of the port to the rows: what every kind of database must do (`memory.storage.port`).

Runs on the database of this test run (SQLite, PostgreSQL, MariaDB) and on a server that speaks MongoDB's protocol.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models import Count, Max, Min, Q, Sum

from memory import database
from memory.models import MemoryEntry
from memory.storage.port import EntryStore, store
from memory.storage.rows import of_scope
from memory.types import Scope
from tests.memory.builders import MORNING, other_person, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(params=["sql", "mongodb"], autouse=True)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database."""
    if request.param == "mongodb":
        request.getfixturevalue("mongodb")
    elif database.mongodb():
        pytest.skip("this run keeps memories in MongoDB")
    return str(request.param)


@pytest.fixture
def ann() -> Scope:
    return person()


@pytest.fixture
def port() -> EntryStore:
    return store()


def row(scope: Scope, text: str, **values: Any) -> int:
    """Stores a derived row, or another one with these values."""
    values = {"kind": "fact", "role": "user", "day": date(2026, 11, 20), "occurred_at": MORNING, **values}
    values.setdefault("last_seen_at", values["occurred_at"])
    made = MemoryEntry(bot_id=scope.bot_id, person_id=scope.person_id, text=text, content_hash=b"\x80" * 16, **values)
    made.save(force_insert=True)
    return int(made.pk)


def texts(rows: Any) -> list[str]:
    return list(rows.order_by("id").values_list("text", flat=True))


def test_a_row_comes_back_as_it_was_stored(ann: Scope) -> None:
    at = datetime(2026, 11, 20, 23, 59, 59, 123457, tzinfo=UTC)
    pk = row(ann, "成都 $set a.b \u2028 'x'", occurred_at=at, dates=[{"text": "$x", "start": "a.b"}], vector=b"\0\xff")
    held = MemoryEntry.objects.get(pk=pk)
    assert (held.text, held.occurred_at, held.day) == ("成都 $set a.b \u2028 'x'", at, date(2026, 11, 20))
    assert (held.dates, bytes(held.vector or b""), bytes(held.content_hash)) == (
        [{"text": "$x", "start": "a.b"}],
        b"\0\xff",
        b"\x80" * 16,
    )
    assert held.valid_to is None
    assert held.pinned is False


def test_every_condition_that_the_product_uses_selects_the_same_rows(ann: Scope) -> None:
    first = row(ann, "a 100%_", fact_key="self/home", embedder="m", pinned=True)
    later = {"occurred_at": MORNING + timedelta(hours=1)}
    row(ann, "b (x)+", kind="summary", valid_to=MORNING, duplicate_of_id=first, external_id="e1", **later)
    row(ann, "c.*", kind="turn", embedder="m:query", external_id="e2", valid_to=MORNING + timedelta(days=1))
    rows = of_scope(ann)
    for condition, expected in (
        (Q(kind="fact"), "a"),
        (Q(kind__in=["fact", "turn"]), "ac"),
        (Q(kind__in=[]), ""),
        (Q(duplicate_of=None), "ac"),
        (Q(duplicate_of=first), "b"),
        (Q(duplicate_of__isnull=False), "b"),
        (Q(valid_to=None) | Q(valid_to__gt=MORNING), "ac"),
        (Q(valid_to__lte=MORNING), "b"),
        (Q(occurred_at__range=(MORNING, MORNING)), "ac"),
        (Q(embedder="") | Q(embedder__gt="m", embedder__lt="m:z"), "bc"),
        (Q(embedder__endswith=":query"), "c"),
        (Q(fact_key__startswith="self/"), "a"),
        (Q(text__contains="(x)+"), "b"),
        (Q(text__icontains=".*"), "c"),
        (Q(text__icontains="100%_"), "a"),
        (Q(external_id__in=["e1", "e3"]), "b"),
        (Q(pk=first) & Q(pinned=True), "a"),
        (Q(day__gte=date(2026, 11, 21)), ""),
    ):
        assert "".join(text[0] for text in texts(rows.filter(condition))) == expected, condition
        opposite = "".join(letter for letter in "abc" if letter not in expected)
        assert "".join(text[0] for text in texts(rows.exclude(condition))) == opposite, condition
        assert "".join(text[0] for text in texts(rows.filter(~condition))) == opposite, condition


@pytest.mark.parametrize("needle", ["\ud800", "\0", "a\0b"])
def test_what_no_text_can_hold_is_found_nowhere(needle: str, ann: Scope, kind: str) -> None:
    if kind != "mongodb":
        pytest.skip("callers remove these characters before they ask a database of Django")
    row(ann, "a")
    assert not of_scope(ann).filter(text__icontains=needle).exists()
    assert of_scope(ann).exclude(text__contains=needle).count() == 1
    assert not of_scope(ann).filter(pk=1 << 80).exists()


def test_rows_are_counted_by_groups(ann: Scope) -> None:
    say(ann, "one", "two", session="s1")
    say(ann, "three", session="s2")
    rows = of_scope(ann).order_by()
    found = rows.values("session").annotate(n=Count("id"), begun=Min("occurred_at"), ended=Max("occurred_at"))
    assert [(one["session"], one["n"], one["ended"] - one["begun"]) for one in found.order_by("session")] == [
        ("s1", 2, timedelta(minutes=1)),
        ("s2", 1, timedelta(0)),
    ]
    assert rows.values_list("person_id").annotate(n=Count("id")).order_by("-n")[0] == (ann.person_id, 3)
    assert list(rows.values_list("bot", "person").distinct()) == [(ann.bot_id, ann.person_id)]
    ids = list(rows.values_list("id", flat=True))
    assert rows.aggregate(last=Max("pk"), total=Sum("id")) == {"last": max(ids), "total": sum(ids)}
    assert rows.none().aggregate(n=Count("id"), last=Max("id")) == {"n": 0, "last": None}


def test_rows_come_in_order_and_in_parts(ann: Scope) -> None:
    say(ann, "one", "two", "three", "four")
    rows = of_scope(ann)
    assert [held.text for held in rows.all()] == ["four", "three", "two", "one"]
    assert [held.text for held in rows.order_by("occurred_at")[1:3]] == ["two", "three"]
    assert (rows[1:].count(), rows[:2].count(), rows[3:9].count(), rows[9:].count()) == (3, 2, 1, 0)
    assert rows.order_by("-id").values_list("text", flat=True).first() == "four"
    assert rows.filter(text="five").first() is None


def test_a_change_is_seen_by_the_state_and_a_claim_is_not(ann: Scope, port: EntryStore) -> None:
    (pk,) = say(ann, "one")
    before = port.state(ann)
    assert of_scope(ann).filter(pk=pk).update(claim=1 << 61) == 1
    assert port.state(ann) == before
    assert of_scope(ann).filter(claim=1 << 61).update(text="two") == 1
    assert port.state(ann) != before
    assert port.state(ann)[0] == 1
    assert port.state(other_person(ann)) == (0, 0)


def test_a_vector_is_stored_once_by_the_worker_that_holds_the_claim(ann: Scope, port: EntryStore) -> None:
    (pk,) = say(ann, "one")
    of_scope(ann).filter(pk=pk).update(claim=7)
    assert port.store_vectors([(pk, b"\1\2")], "m", 8) == 0
    assert port.store_vectors([(pk, b"\1\2")], "m", 7) == 1
    assert port.store_vectors([(pk, b"\3\4")], "m", 7) == 0
    ((number, vector, label),) = port.vectors(ann, [pk])
    assert (number, bytes(vector), label) == (pk, b"\1\2", "m")


def test_a_deletion_takes_copies_and_links_and_leaves_other_people(ann: Scope, port: EntryStore) -> None:
    bob = other_person(ann)
    ids = say(ann, "I like tea", "I like tea", "I like rain")
    say(bob, "I like tea")
    fact = row(ann, "likes tea", superseded_by_id=ids[0])
    port.add_sources(fact, [ids[0], ids[2]])
    port.add_sources(fact, [ids[2]])
    assert port.sources([fact]) == {fact: [ids[0], ids[2]]}
    assert port.derived_from(ann, [ids[2]]) == {fact}
    assert port.derived_from(bob, [ids[2]]) == set()
    assert of_scope(ann).filter(pk=ids[0]).delete()[1]["memory.MemoryEntry"] == 2
    assert texts(of_scope(ann)) == ["I like rain", "likes tea"]
    assert port.sources([fact]) == {fact: [ids[2]]}
    assert MemoryEntry.objects.get(pk=fact).superseded_by_id is None
    assert port.unfounded(ann) == set()
    of_scope(ann).filter(pk=ids[2]).delete()
    assert port.unfounded(ann) == {fact}
    assert texts(of_scope(bob)) == ["I like tea"]


def test_an_external_id_is_unique_for_a_person(ann: Scope) -> None:
    row(ann, "a", external_id="1")
    row(other_person(ann), "a", external_id="1")
    with pytest.raises(DatabaseError), database.atomic():
        row(ann, "b", external_id="1")


def test_neighbours_are_turns_of_the_same_session(ann: Scope, port: EntryStore) -> None:
    one, two = say(ann, "one", "two", session="s1")
    (between,) = say(ann, "between", session="s2")
    (three,) = say(ann, "three", session="s1")
    say(other_person(ann), "other", session="s1")
    asked = [one, two, between, three]
    assert port.beside(asked, after=True) == {one: two, two: three}
    assert port.beside(asked, after=False) == {two: one, three: two}


def test_rows_are_found_by_time(ann: Scope, port: EntryStore) -> None:
    ids = say(ann, "one", "two", "three", "four")
    assert port.latest(ann, 2) == ids[:1:-1]
    assert port.earliest(ann, 2) == ids[:2]
    hour, days = timedelta(hours=1), (date(2026, 11, 20), date(2026, 11, 21))
    assert port.period(ann, MORNING, MORNING + hour, days, 9) == ids[::-1]
    assert port.period(ann, MORNING, MORNING + hour, (days[1], days[1]), 9) == []
    assert set(port.around(ann, [MORNING + timedelta(minutes=1)], 1, 1)) == set(ids[:3])


def test_first_rows_with_a_pinned_copy_are_left_out(ann: Scope, port: EntryStore) -> None:
    tea, copy, _rain = say(ann, "I like tea", "I like tea", "I like rain")
    assert of_scope(ann).filter(pk=copy).update(pinned=True) == 1
    assert MemoryEntry.objects.get(pk=copy).duplicate_of_id == tea
    assert texts(port.without_pinned_copies(of_scope(ann).distinct_entries())) == ["I like rain"]
