"""Consolidation embeds a turn again that was stored with the vector of its question."""

from __future__ import annotations

import pytest

from memory.consolidation.optimize import optimize
from memory.embedders import current
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import person, turn

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_vector_taken_over_from_a_question_is_made_anew_once() -> None:
    ann = person()
    store = MemoryStore(ann.bot_id)
    vector = store.recall(ann, "My sister lives in Chengdu").vector
    store.remember([turn(ann, "My sister lives in Chengdu", vector=vector)])
    assert MemoryEntry.objects.get(kind="turn").embedder.endswith(":query")
    assert optimize(ann.bot_id).report["counts"]["re_embedded"] == 1
    assert embedding_backfill.embed_waiting() > 0
    assert MemoryEntry.objects.get(kind="turn").embedder == current.space()[0]
    assert "re_embedded" not in optimize(ann.bot_id).report["counts"]


def test_facts_and_digests_get_vectors_too() -> None:
    ann = person()
    MemoryStore(ann.bot_id).remember([turn(ann, "My sister lives in Chengdu")])
    optimize(ann.bot_id)
    embedding_backfill.embed_waiting()
    assert MemoryEntry.objects.get(kind="fact").embedder == current.space()[0]
    found = MemoryStore(ann.bot_id).recall(ann, "我的姐妹住在哪里？", derived=1).derived
    assert [hit.text for hit in found] == ["The person's sister lives in Chengdu"]
