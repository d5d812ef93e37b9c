"""Compares questions with descriptions of tools by meaning. Descriptions are embedded beside the turns, once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from cachetools import LRUCache
from django.db import connections

from memory.embedders import current
from memory.errors import EmbedderUnavailable
from memory.types import Vector

logger = logging.getLogger(__name__)
_lock = threading.Lock()
_vectors: LRUCache[str, Vector] = LRUCache(2048)
_learning = False


def likeness(described: str, question: Vector | None) -> float:
    """Returns the cosine of a description and a question; 0.0 while either is not embedded."""
    with _lock:
        held = _vectors.get(described)
    if held is None or question is None or held.shape != question.shape:
        return 0.0
    return float(held @ question)


def learn(descriptions: Sequence[str]) -> None:
    """Starts to embed those that are new; the turns go on meanwhile."""
    global _learning
    with _lock:
        new = [text for text in descriptions if text not in _vectors]
        if not new or _learning or not current.enabled():
            return
        _learning = True
    threading.Thread(target=_learn, args=(new,), name="tool-meanings", daemon=True).start()


def clear_cache() -> None:
    """Forgets all descriptions."""
    with _lock:
        _vectors.clear()


def _learn(descriptions: list[str]) -> None:
    global _learning
    try:
        made = current.current().embed_passages(descriptions)
        with _lock:
            _vectors.update(zip(descriptions, made, strict=True))
    except EmbedderUnavailable as error:
        logger.info("tools are chosen by words only: %s", error)
    finally:
        _learning = False
        connections.close_all()  # the choice of the embedder may have been read
