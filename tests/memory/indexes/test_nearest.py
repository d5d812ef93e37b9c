"""The vector index of a small scope is an exact search over its rows."""

from __future__ import annotations

import numpy as np
import pytest

from memory import database
from memory.embedders import current
from memory.storage import rows
from memory.store import MemoryStore
from tests.memory.builders import person, turn

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_the_vector_index_equals_exact_search() -> None:
    ann = person()
    rng = np.random.default_rng(7)
    _label, dimension = current.space()
    made = rng.standard_normal((60, dimension)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    asked, said = made[0], made[1:]
    store = MemoryStore(ann.bot_id)
    with database.atomic():
        ids = store.remember([turn(ann, f"turn {i}", minute=i, vector=vector) for i, vector in enumerate(said)])
    store.remember([turn(ann, "without a vector", minute=90)])

    found = store.vector_index.search(ann, asked, 10)

    exact = np.stack([rows.unpack(rows.pack(vector)) for vector in said]) @ asked
    nearest = np.argsort(-exact, kind="stable")[:10]
    assert [entry for entry, _cosine in found] == [ids[i] for i in nearest]
    assert [cosine for _entry, cosine in found] == pytest.approx(exact[nearest].tolist(), abs=1e-5)
