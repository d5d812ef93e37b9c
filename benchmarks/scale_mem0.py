"""Runs mem0 with FAISS on the same rows and embedder; recall_scale.py uses it if mem0 is installed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("MEM0_TELEMETRY", "False")


class _SameEmbedder:
    """Gives mem0 the embedder of the product."""

    def __init__(self, embedder: Any) -> None:
        self._embedder = embedder

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        found: list[float] = self._embedder.embed_queries([text])[0].tolist()
        return found


class Mem0:
    """Adds the rows of one person as `add(infer=False)` does, but all at once: for a single row mem0 writes its whole
    index to disk.
    """

    def __init__(self, embedder: Any, ids: Any, vectors: Any) -> None:
        self._home = tempfile.TemporaryDirectory(prefix="clawdbot-mem0-")
        os.environ["MEM0_DIR"] = self._home.name
        from mem0 import Memory

        store = {
            "collection_name": "bench",
            "path": str(Path(self._home.name) / "faiss"),
            "embedding_model_dims": vectors.shape[1],
            "distance_strategy": "cosine",
        }
        self._memory = Memory.from_config({
            "vector_store": {"provider": "faiss", "config": store},
            "llm": {"provider": "openai", "config": {"api_key": "not-used", "model": "none"}},
            "embedder": {"provider": "openai", "config": {"api_key": "not-used", "embedding_dims": vectors.shape[1]}},
            "history_db_path": str(Path(self._home.name) / "history.db"),
        })  # fmt: skip
        self._memory.embedding_model = _SameEmbedder(embedder)
        payloads = [{"data": f"note {pk}", "user_id": "one", "created_at": "2026-01-01T00:00:00+00:00"} for pk in ids]
        self._memory.vector_store.insert(
            vectors=vectors.tolist(), payloads=payloads, ids=[str(pk) for pk in ids.tolist()]
        )

    def search(self, question: str) -> object:
        return self._memory.search(question, top_k=8, filters={"user_id": "one"})
