"""Indexes search a large scope and follow every change of its rows."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.management import CommandError, call_command

from clawdbot import leadership
from clawdbot.leadership import Lead
from memory import database
from memory.indexes import build, large, lexical
from memory.models import MemoryEntry
from memory.models.indexes import LargeScope
from memory.storage import wakeups
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import MORNING, found, other_person, person, say, turn

# MySQL's full-text index shows only committed rows.
COMMITS = database.vendor() == "mysql"
pytestmark = [
    pytest.mark.django_db(transaction=COMMITS),
    pytest.mark.usefixtures("words_only", "small_is_large"),
    pytest.mark.databases,
]


def _big(*extra: str, scope: Scope | None = None) -> Scope:
    scope = scope or person()
    say(scope, *(f"note {i} about the weather" for i in range(20)), *extra)
    assert build.build(scope)
    return scope


def _goes_by_index(scope: Scope) -> bool:
    return large.known(scope)[0] is not None


def test_recall_goes_through_the_index_once_it_is_built() -> None:
    ann = person()
    say(ann, *(f"note {i} about the weather" for i in range(20)), "My sister lives in Chengdu")
    assert not _goes_by_index(ann)
    assert found(ann, "where is my sister?")[0] == "My sister lives in Chengdu"
    assert build.build(ann)
    assert _goes_by_index(ann)
    assert found(ann, "where is my sister?")[0] == "My sister lives in Chengdu"


def test_an_ordinary_scope_gets_no_index() -> None:
    ann = person()
    say(ann, "I like tea")
    assert not build.build(ann)
    assert not LargeScope.objects.exists()


def test_a_large_scope_without_an_index_asks_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, args=(), **_: sent.append((name, args)))
    ann = person()
    say(ann, *(f"note {i}" for i in range(20)))
    sent.clear()
    found(ann, "note")
    found(ann, "note")
    assert sent == [(wakeups.INDEX, (ann.bot_id, ann.person_id))]


def test_what_is_said_and_deleted_after_the_build_is_found_and_gone() -> None:
    ann = _big("I like tea")
    new = say(ann, "My cat is called Miso", occurred_at=MORNING + timedelta(days=1))[0]
    assert found(ann, "what is my cat called?")[0] == "My cat is called Miso"
    MemoryStore(ann.bot_id).erase(ann, [new])
    assert "My cat is called Miso" not in found(ann, "what is my cat called?")
    _holds_only_rows_that_are_there()


def test_reindex_says_that_somebody_else_is_building() -> None:
    ann = _big()
    with (
        _another_builder(ann),
        pytest.raises(CommandError, match="another process is building the indexes of 1 people"),
    ):
        call_command("memory", "reindex")


def test_an_edited_row_is_found_by_its_new_words_only() -> None:
    ann = _big("I like tea")
    row = MemoryEntry.objects.for_person(ann.bot_id, ann.person_id).get(text="I like tea")
    row.text, row.tokens = "I like coffee", "ann i like coffe"
    row.save()
    assert found(ann, "coffee")[0] == "I like coffee"
    assert _candidates(ann, "tea") == []


def test_what_is_rolled_back_never_was_in_the_index() -> None:
    ann = _big()
    with database.atomic():
        say(ann, "zanzibar")
        database.connection().set_rollback(True)
    assert _candidates(ann, "zanzibar") == []
    _holds_only_rows_that_are_there()


def test_a_forgotten_person_leaves_nothing_in_any_index() -> None:
    ann = _big("zanzibar")
    bob = _big("zanzibar", scope=other_person(ann))
    MemoryStore(ann.bot_id).erase(ann)
    assert not LargeScope.objects.for_person(ann.bot_id, ann.person_id).exists()
    assert found(ann, "zanzibar") == []
    assert found(bob, "zanzibar")[0] == "zanzibar"
    _holds_only_rows_that_are_there()


def test_another_persons_words_are_no_candidates() -> None:
    ann = _big("zanzibar")
    bob = _big("the same zanzibar", scope=other_person(ann))
    assert len(_candidates(ann, "zanzibar")) == 1
    assert _candidates(ann, "zanzibar") != _candidates(bob, "zanzibar")


def test_turns_beside_a_hit_are_scored_with_it() -> None:
    ann = person()
    say(ann, *(f"note {i} about the weather" for i in range(400)), session="long ago")
    say(ann, "Where is Miso?", "She sleeps on the roof", session="cat", occurred_at=MORNING + timedelta(days=400))
    say(ann, *(f"word {i} of the news" for i in range(400)), session="later", occurred_at=MORNING + timedelta(days=401))
    assert build.build(ann)
    assert "She sleeps on the roof" in found(ann, "Miso", k=5)


@pytest.mark.parametrize("question", ["what did we talk about yesterday?", "11月20日我们聊了什么"])
def test_a_named_day_brings_its_turns_in(question: str) -> None:
    ann = person()
    # from 100 on, so that no number equals the 11 or the 20 of the question
    say(
        ann,
        *(f"note {i} about the weather" for i in range(100, 400)),
        occurred_at=MORNING - timedelta(days=9),
        session="a",
    )
    say(ann, "about boats", occurred_at=MORNING, session="b")
    say(ann, *(f"word {i} of the news" for i in range(100, 400)), occurred_at=MORNING + timedelta(days=4), session="c")
    assert build.build(ann)
    assert found(ann, question, now=MORNING + timedelta(days=1))[0] == "about boats"


@pytest.mark.parametrize(
    "text",
    ['" OR * NEAR(a b) AND NOT', "a & b | !c <-> d:*", "😀😀😀", "x" * 30_000, "' ; DROP TABLE memory_lexical; --",
     "\ud800 half", "nul\0byte", "s1xtea {terms} : ^tea", "\\' \\\\", "٠١٢ ქართული ไทย", "的 的 的"],
)  # fmt: skip
def test_no_text_breaks_an_index(text: str) -> None:
    ann = _big()
    store = MemoryStore(ann.bot_id)
    store.remember([turn(ann, text, minute=99)])
    assert len(store.recall(ann, text).hits) > 0
    assert build.build(ann)
    store.erase(ann)
    _holds_only_rows_that_are_there()


def test_the_end_of_a_long_text_is_found_as_its_beginning_is() -> None:
    ann = _big()
    say(ann, "".join(chr(0x4E00 + i % 3000) for i in range(9000)) + " zanzibar")
    assert len(_candidates(ann, "zanzibar")) == 1


def test_reading_what_was_said_last_does_not_count_a_large_scope(memory_queries: Any) -> None:
    ann = _big()
    store = MemoryStore(ann.bot_id)
    with memory_queries(1):
        assert len(store.get_recent_memory(ann.person_id)) == 20


def test_a_build_that_was_killed_is_taken_up_again() -> None:
    ann = person()
    say(ann, *(f"note {i}" for i in range(20)))
    LargeScope.objects.create(bot_id=ann.bot_id, person_id=ann.person_id)
    assert not _goes_by_index(ann)
    assert build.due() == [ann]
    assert build.sweep() == 1
    assert _goes_by_index(ann)
    assert build.due() == []


def test_two_builds_of_a_scope_never_run_at_the_same_time() -> None:
    ann = _big()
    with _another_builder(ann):
        assert not build.build(ann)
    assert build.build(ann)


def _another_builder(scope: Scope) -> AbstractContextManager[Lead | None]:
    return leadership.lead(f"memory.index_scope:{scope.bot_id}:{scope.person_id}")


def _candidates(scope: Scope, word: str) -> list[int]:
    indexes, _ = large.known(scope)
    words = lexical.backend()
    assert indexes is not None
    assert words is not None
    wanted = lexical.plan(indexes.id, {word: 1.0}, indexes.corpus)
    assert wanted is not None
    return words.search(indexes.id, wanted, 10)


def _holds_only_rows_that_are_there() -> None:
    column = "rowid" if database.vendor() == "sqlite" else "entry_id"
    with database.connection().cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM memory_lexical WHERE {column} NOT IN (SELECT id FROM memory_memoryentry)")
        assert list(cursor.fetchall()) == []
