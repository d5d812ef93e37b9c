"""A recall finds only the corrected fact. Other products: "old and corrected fact both recalled"."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from memory.consolidation.optimize import optimize
from memory.lifecycle import editing, transfer
from memory.store import MemoryStore
from memory.types import Scope
from tests.memory.builders import facts, found, other_person, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def known(scope: Scope, question: str, **options: object) -> list[str]:
    found = MemoryStore(scope.bot_id).recall(scope, question, derived=5, **options)  # type: ignore[arg-type]
    return [hit.text for hit in found.derived]


@pytest.mark.parametrize(
    ("old", "new", "question", "before", "after"),
    [
        (
            "I live in Chengdu",
            "I moved from Chengdu to Shenzhen",
            "where do I live?",
            "The person lives in Chengdu",
            "The person lives in Shenzhen",
        ),
        ("我住在成都", "我从成都搬到深圳了", "我住在哪里？", "对方住在成都", "对方住在深圳"),
        ("我喜欢喝咖啡", "我不喜欢喝咖啡了", "我喜欢喝咖啡吗", "对方喜欢喝咖啡", "对方不喜欢喝咖啡"),
    ],
)
def test_the_old_and_the_corrected_fact_are_not_both_recalled(
    old: str, new: str, question: str, before: str, after: str
) -> None:
    ann = person()
    talk(ann, old, days_ago=40)
    talk(ann, new, days_ago=20)
    optimize(ann.bot_id)
    assert known(ann, question) == [after]
    changed = MemoryStore(ann.bot_id).recall(ann, question, derived=5).derived[0].valid_from
    assert changed is not None
    assert known(ann, question, as_of=changed.replace(microsecond=0)) == [before]
    assert sorted(known(ann, question, history=True)) == sorted([before, after])


def test_a_turn_that_was_replaced_is_history() -> None:
    ann = person()
    old, *_ = talk(ann, "My locker code is 4711", "See you tomorrow")
    editing.supersede(ann, old, "My locker code is 0815")
    assert found(ann, "what is my locker code?")[0] == "My locker code is 0815"
    assert "My locker code is 4711" not in found(ann, "what is my locker code?")
    assert "My locker code is 4711" in found(ann, "what is my locker code?", history=True)


def test_what_was_replaced_and_is_said_again_counts_again() -> None:
    ann = person()
    old, *_ = talk(ann, "My locker code is 4711", "See you tomorrow")
    editing.supersede(ann, old, "My locker code is 0815")
    talk(ann, "My locker code is 4711", days_ago=1)
    assert set(found(ann, "what is my locker code?")[:2]) == {"My locker code is 4711", "My locker code is 0815"}


def test_a_replaced_turn_stays_history_when_it_moves_to_another_installation() -> None:
    ann = person()
    twin = other_person(ann)
    old, *_ = talk(ann, "I live in Chengdu", "See you tomorrow")
    editing.supersede(ann, old, "I live in Shenzhen")
    for _ in range(2):
        transfer.store_lines((line.encode() for line in list(transfer.export_lines(ann))), twin)
    optimize(ann.bot_id, now=timezone.now() + timedelta(hours=7))
    for scope in (ann, twin):
        assert "I live in Chengdu" not in found(scope, "where do I live?")
        assert "I live in Chengdu" in found(scope, "where do I live?", history=True)
        assert facts(scope) == ["The person lives in Shenzhen"]
