"""The passage that is embedded for a turn: speaker, words and previous turn; it follows deletions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from memory.consolidation import retention
from memory.embedders import current
from memory.lifecycle import editing
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.storage.passages import Embeddable, passages
from memory.storage.rows import of_scope, unpack
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import person, say

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def _texts(scope: Scope) -> list[str]:
    rows = of_scope(scope).order_by("id").values_list(*Embeddable._fields)
    return passages([Embeddable(*values) for values in rows])


def test_a_turn_is_embedded_with_its_speaker_and_the_end_of_the_turn_before() -> None:
    scope = person()
    say(scope, "x" * 500 + " Where does she live?", role="assistant")
    say(scope, "In Chengdu")
    _, answer = _texts(scope)
    assert answer.startswith("Ann: In Chengdu (xx")
    assert answer.endswith("Where does she live?)")
    assert len(answer) < 160


def test_another_session_or_another_person_is_no_context() -> None:
    scope, other = person(), person()
    say(scope, "One", session="a")
    say(other, "Other", session="b")
    say(scope, "Two", session="b")
    assert _texts(scope) == ["Ann: One", "Ann: Two"]


def test_two_talks_at_the_same_time_keep_their_own_context() -> None:
    scope = person()
    for text, session in (("A one", "a"), ("B one", "b"), ("A two", "a"), ("B two", "b")):
        say(scope, text, session=session)
    assert _texts(scope)[2:] == ["Ann: A two (A one)", "Ann: B two (B one)"]


def test_rows_that_lie_far_apart_are_embedded_with_their_context_too(memory_queries: Any) -> None:
    scope = person()
    say(scope, *(f"Number {i}" for i in range(200)))
    rows = [Embeddable(*values) for values in of_scope(scope).order_by("id").values_list(*Embeddable._fields)]
    with memory_queries(2):
        made = passages(rows[1::50])
    assert made == [f"Ann: Number {i} (Number {i - 1})" for i in range(1, 200, 50)]


def _forget(scope: Scope, pk: int) -> None:
    MemoryStore(scope.bot_id).erase(scope, [pk])


def _rewrite(scope: Scope, pk: int) -> None:
    editing.rewrite(scope, pk, "Nothing to see here")


def _expire(scope: Scope, pk: int) -> None:
    long_ago = timezone.now() - timedelta(days=99)
    of_scope(scope).filter(pk=pk).update(occurred_at=long_ago, last_seen_at=long_ago, created_at=long_ago)
    retention.apply(scope, timezone.now(), 30)


@pytest.mark.parametrize("change", [_forget, _rewrite, _expire])
def test_words_that_are_gone_are_in_no_vector_either(change: Callable[[Scope, int], None]) -> None:
    scope = person()
    now = timezone.now()
    [secret] = say(scope, "My PIN is 4711", occurred_at=now)
    [after] = say(scope, "Keep that to yourself", occurred_at=now)
    [later] = say(scope, "Thanks", occurred_at=now)
    embedding_backfill.embed_waiting()
    untouched = bytes(of_scope(scope).get(pk=later).vector or b"")
    change(scope, secret)
    assert of_scope(scope).get(pk=after).vector is None
    assert bytes(of_scope(scope).get(pk=later).vector or b"") == untouched
    embedding_backfill.embed_waiting()
    before = MemoryEntry.objects.filter(pk=secret).values_list("text", flat=True).first()
    alone = "Ann: Keep that to yourself" + (f" ({before})" if before else "")
    expected = current.current().embed_passages([alone])[0]
    assert unpack(of_scope(scope).get(pk=after).vector or b"") == pytest.approx(expected, abs=2e-3)
