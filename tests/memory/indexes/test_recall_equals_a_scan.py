"""A recall through the indexes finds what a scan of the same rows finds.

Two things differ by design: the indexes estimate the scale of lexical scores from document frequencies
(`memory.ranking.corpus_stats.lexical_moments`), and a session counts rows that were not fetched as average. So the raw
scores of every hit are the same, and the order is nearly the same.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from celery import current_app
from django.conf import settings as django_settings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from benchmarks import recall_quality
from memory import database
from memory.embedders import current
from memory.indexes import build, candidates, large, registry
from memory.storage import rows
from memory.store import MemoryStore
from memory.types import Hit, Scope, Vector
from tests.memory.builders import person, turn
from tests.memory.conftest import Switch

# MySQL's full-text index shows only committed rows.
pytestmark = [
    pytest.mark.django_db(transaction=database.vendor() == "mysql"),
    pytest.mark.usefixtures("vectors_once"),
    pytest.mark.databases,
]
RAW = ("bm25", "cosine", "coverage")
NEVER = 10**9


class Said(NamedTuple):
    """One turn of the fixtures, with its vector."""

    text: str
    speaker: str
    role: str
    vector: Vector


@lru_cache(maxsize=1)
def _material() -> tuple[list[Said], list[str]]:
    """Returns turns and questions, English and Chinese."""
    lines: list[Any] = []
    questions: list[str] = []
    for language in ("en", "zh"):
        conversation = recall_quality.fixtures(language)[0]
        lines += map(json.loads, conversation.lines[:150])
        questions += [question.text for question in conversation.questions]
    vectors = current.current().embed_passages([line["text"] for line in lines])
    said = [Said(line["text"], line["speaker"], line["role"], v) for line, v in zip(lines, vectors, strict=True)]
    return said, questions


@pytest.fixture(params=["faiss", pytest.param("pgvector", marks=pytest.mark.postgres)], autouse=True)
def _backend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, semantic: Switch) -> Iterator[None]:
    semantic(index_type=request.param)
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)
    yield
    for path in (Path(django_settings.HOME) / "index").glob("*"):
        path.unlink()


def _remember(scope: Scope, chosen: Sequence[int], talk: int, first: int = 0) -> list[int]:
    """Stores these turns of the material, in sessions of `talk` turns."""
    said = _material()[0]
    turns = [
        turn(
            scope, one.text, role=one.role, speaker=one.speaker, vector=one.vector, minute=7 * n, session=f"{n // talk}"
        )
        for n, one in enumerate((said[number % len(said)] for number in chosen), first)
    ]
    with database.atomic():
        return MemoryStore(scope.bot_id).remember(turns)


def _recall(scope: Scope, question: str, large_from: int) -> tuple[Hit, ...]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(registry, "LARGE_FROM", large_from)
        large.clear_cache()
        if large_from != NEVER:
            # A scope without rows is not large, even if its indexes were built.
            assert (large.known(scope)[0] is not None) == rows.of_scope(scope).exists()
        recalled = MemoryStore(scope.bot_id).recall(scope, question, k=10)
    assert not recalled.degraded
    return recalled.hits


def _build(scope: Scope) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(registry, "LARGE_FROM", 0)
        assert build.build(scope)


def _check_raw_figures(scanned: tuple[Hit, ...], indexed: tuple[Hit, ...]) -> None:
    exact = {hit.id: hit for hit in scanned}
    for hit in indexed:
        if hit.id in exact:
            figures = ([one.why[name] for name in RAW] for one in (hit, exact[hit.id]))
            assert next(figures) == pytest.approx(next(figures), abs=2e-3)


_CORPUS = st.lists(st.integers(0, 299), min_size=12, max_size=80)
_examples = settings(
    max_examples=25 if database.vendor() == "sqlite" else 10,  # a server takes longer for each statement
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@_examples
@given(corpus=_CORPUS, talk=st.sampled_from([1, 3, 6, 40]), asked=st.integers(0, 10**6))
def test_with_every_row_fetched_only_the_scale_of_words_differs(corpus: list[int], talk: int, asked: int) -> None:
    ann = person()
    _remember(ann, corpus, talk)
    _build(ann)
    question = _material()[1][asked % len(_material()[1])]
    scanned, indexed = _recall(ann, question, NEVER), _recall(ann, question, 0)
    _check_raw_figures(scanned, indexed)
    assert {hit.id for hit in scanned[:5]} <= {hit.id for hit in indexed}
    lead = scanned[0].score - scanned[1].score if len(scanned) > 1 else 0.0
    assert lead < 1.5 or indexed[0].id == scanned[0].id


@_examples
@given(
    corpus=_CORPUS, late=st.lists(st.integers(0, 299), max_size=8), gone=st.sets(st.integers(0, 200), max_size=8),
    asked=st.integers(0, 10**6),
)  # fmt: skip
# A random find: the same words twelve times; erasing one erases all copies, so that no row is left.
@example(corpus=[0] * 12, late=[], gone={0}, asked=0)
def test_what_was_said_and_erased_since_the_build_is_found_and_gone_as_in_a_scan(
    corpus: list[int], late: list[int], gone: set[int], asked: int
) -> None:
    ann = person()
    ids = _remember(ann, corpus, 6)
    _build(ann)
    ids += _remember(ann, late, 6, first=len(corpus))
    MemoryStore(ann.bot_id).erase(ann, [ids[number % len(ids)] for number in gone])
    question = _material()[1][asked % len(_material()[1])]
    scanned, indexed = _recall(ann, question, NEVER), _recall(ann, question, 0)
    there = set(rows.of_scope(ann).values_list("id", flat=True))
    assert {hit.id for hit in indexed} <= there
    assert {hit.id for hit in scanned[:3]} <= {hit.id for hit in indexed}
    exact = {hit.id: hit.why["cosine"] for hit in scanned}
    for hit in indexed:
        assert hit.why["cosine"] == pytest.approx(exact.get(hit.id, hit.why["cosine"]), abs=2e-3)


def test_with_a_part_of_the_rows_fetched_most_first_hits_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Recall fetches 60 of 150 rows, a smaller share of possible answers than in a scope of 20,000."""
    for name in ("BY_WORDS", "BY_MEANING", "BY_DAY"):
        monkeypatch.setattr(candidates, name, 20)
    monkeypatch.setattr(candidates, "RECENT", 5)
    monkeypatch.setattr(candidates, "BESIDE", 10)
    chance = random.Random(7)
    same = shared = asked = 0
    for talk in (6, 20, 7, 10, 15):
        ann = person()
        _remember(ann, [chance.randrange(300) for _ in range(150)], talk)
        _build(ann)
        for question in chance.sample(_material()[1], 8):
            scanned, indexed = _recall(ann, question, NEVER), _recall(ann, question, 0)
            _check_raw_figures(scanned, indexed)
            same += scanned[0].id == indexed[0].id
            shared += len({hit.id for hit in scanned[:5]} & {hit.id for hit in indexed})
            asked += 1
    assert same >= 0.85 * asked, (same, asked)
    assert shared >= 0.9 * 5 * asked, (shared, asked)
