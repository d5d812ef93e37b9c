"""Recall quality stays above floors, on the conversations of the repository with real embeddings.

The floors are just below the measured figures, which `python benchmarks/recall_quality.py` prints; raise a floor when
its figure improves.
"""

from __future__ import annotations

import json

import pytest
from django.apps import apps

from benchmarks import recall_quality
from memory import database
from memory.store import MemoryStore
from memory.types import Scope

pytestmark = [pytest.mark.usefixtures("vectors_once"), pytest.mark.databases]

# For 6 questions per language about memories in the other language.
CROSS_FLOOR = 0.66
# The largest loss of each figure through the indexes of large memories or a consolidation.
LOSS = 0.015


# MySQL's full-text index shows only committed rows.
@pytest.mark.timeout(300)  # embeds every turn
@pytest.mark.django_db(transaction=database.vendor() == "mysql")
@pytest.mark.parametrize(
    ("language", "floors"),
    [
        ("en", {"R@5": 0.79, "R@10": 0.86, "R@20": 0.95, "MRR": 0.6}),
        ("zh", {"R@5": 0.81, "R@10": 0.91, "R@20": 0.94, "MRR": 0.7}),
    ],
)
def test_recall_finds_what_it_found_before_also_through_indexes_and_after_consolidation(
    language: str, floors: dict[str, float]
) -> None:
    bot = apps.get_model("bots", "Bot").objects.create(slug="fixture", name="Fixture")
    scopes: dict[str, Scope] = {}
    scanned, indexed, optimized = [], [], []
    for conversation in recall_quality.fixtures(language):
        scope = scopes[conversation.name] = recall_quality.remember(conversation, bot, conversation.name)
        scanned += recall_quality.product(scope, conversation)
        with recall_quality.indexed(scope):
            indexed += recall_quality.product(scope, conversation)
    cross = _in_the_other_language(scopes)
    for conversation in recall_quality.fixtures(language):
        recall_quality.optimized(scopes[conversation.name])
        optimized += recall_quality.product(scopes[conversation.name], conversation)
    for rows in (scanned, indexed, optimized):
        measured = recall_quality.mean(rows)
        assert {name: measured[name] for name in floors if measured[name] < floors[name]} == {}
        lost = {name: recall_quality.mean(scanned)[name] - measured[name] for name in floors}
        assert max(lost.values()) <= LOSS, lost
    assert cross >= CROSS_FLOOR


def _in_the_other_language(scopes: dict[str, Scope]) -> float:
    """Returns R@10 of the questions in cross.jsonl about these memories."""
    rows = []
    for line in (recall_quality.FIXTURES / "cross.jsonl").read_text("utf8").splitlines():
        question = json.loads(line)
        if scope := scopes.get(question["memory"]):
            hits = MemoryStore(scope.bot_id).recall(scope, question["text"], k=10).hits
            rows.append(recall_quality.measures([hit.external_id for hit in hits], frozenset(question["evidence"])))
    return recall_quality.mean(rows)["R@10"]


def test_every_label_names_a_turn() -> None:
    for conversation in recall_quality.fixtures():
        ids = {json.loads(line)["id"] for line in conversation.lines}
        assert all(question.evidence and question.evidence <= ids for question in conversation.questions)
