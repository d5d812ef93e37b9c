"""The index contains words that full-text parsers often drop: one letter, one Han character, stop words."""

from __future__ import annotations

import pytest

from memory import database
from memory.indexes import build, large, lexical
from memory.types import Scope
from tests.memory.builders import person, say

# MySQL's full-text index shows only committed rows.
COMMITS = database.vendor() == "mysql"
pytestmark = [
    pytest.mark.django_db(transaction=COMMITS),
    pytest.mark.usefixtures("words_only", "small_is_large"),
    pytest.mark.databases,
]


def _found(scope: Scope, words: dict[str, float]) -> list[int]:
    indexes, _state = large.known(scope)
    back_end = lexical.backend()
    assert indexes is not None
    assert back_end is not None
    wanted = lexical.plan(indexes.id, words, indexes.corpus)
    assert wanted is not None
    return back_end.search(indexes.id, wanted, 10)


@pytest.mark.parametrize(
    ("text", "term"),
    [("我喜欢茶", "茶"), ("vitamin c", "c"), ("to be or not to be", "be"), ("😀 日本語", "本"), ("42", "42")],
)
def test_a_short_word_is_found_whether_it_came_before_the_index_or_after(text: str, term: str) -> None:
    ann = person()
    say(ann, *(f"note {i}" for i in range(20)))
    before = say(ann, text)
    assert build.build(ann)
    assert _found(ann, {term: 1.0}) == before
    after = say(ann, f"{text} indeed")
    assert set(_found(ann, {term: 1.0})) == {*before, *after}


def test_words_that_a_scope_shares_with_another_stay_apart() -> None:
    ann, bob = person(), person()
    for scope in (ann, bob):
        say(scope, *(f"note {i}" for i in range(20)))
        assert build.build(scope)
    mine = say(ann, "我喜欢茶")
    say(bob, "我喜欢茶")
    assert _found(ann, {"茶": 1.0}) == mine
