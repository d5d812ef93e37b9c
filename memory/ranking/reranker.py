"""Reranks the best hits with a cross-encoder. Off unless enabled for a bot.

A pair of question and memory takes some milliseconds on a CPU, so only the first `POOL` hits are reranked. Without a
cross-encoder, or when it fails, the order stays.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.reasons import Reason
from memory.errors import RerankerUnavailable
from memory.types import Hit

logger = logging.getLogger(__name__)

POOL = 30
_LONGEST = 2000
_PAUSE_S = 60.0
LONGEST_S = 4.0
"""Seconds that a person waits for the order; loading a model, perhaps from a hub, takes longer and goes on."""

_lock = threading.Lock()
_held: dict[str, Any] = {}
_late: Future[list[float]] | None = None
_breaker: CircuitBreaker[str] = CircuitBreaker(pause_s=_PAUSE_S, longest_pause_s=_PAUSE_S)


def reorder(text: str, hits: Sequence[Hit], k: int) -> tuple[tuple[Hit, ...], str]:
    """Returns the best `k` hits by the cross-encoder, and why it did not run ("" if it ran).

    `Hit.score` becomes the score of the cross-encoder; `why["fused"]` keeps the previous one.
    """
    if not hits:
        return (), ""
    pool, rest = list(hits[:POOL]), hits[POOL:]
    try:
        scores = _scores(text, [f"{hit.speaker}: {hit.text}"[:_LONGEST] for hit in pool])
    except RerankerUnavailable as error:
        return tuple(hits[:k]), str(error)
    read = [
        replace(hit, score=round(score, 4), why={**hit.why, "fused": hit.score, "rerank": round(score, 4)})
        for hit, score in zip(pool, scores, strict=True)
    ]
    read.sort(key=lambda hit: -hit.score)
    return (*read, *rest)[:k], ""


def _scores(text: str, passages: Sequence[str]) -> list[float]:
    """Returns the scores. The work runs in a thread of its own, so that a person waits no longer than `LONGEST_S`."""
    global _late
    name = settings.CLAWDBOT.semantic_search.reranker
    if not name:
        raise RerankerUnavailable(Reason("reranker_not_chosen"))
    if refusal := _breaker.refusal(name):
        raise RerankerUnavailable(refusal.reason)
    if _late is not None and not _late.done():
        raise RerankerUnavailable(Reason("reranker_too_slow", name=name))
    work: Future[list[float]] = Future()
    threading.Thread(target=_run, args=(work, name, text, passages), daemon=True, name="reranker").start()
    try:
        return work.result(LONGEST_S)
    except TimeoutError:
        _late = work  # the next questions do not wait for it
        reason = Reason("reranker_too_slow", name=name)
        logger.warning("memory: %s; the order of recall stays as it was", reason)
        raise RerankerUnavailable(reason) from None


def _run(work: Future[list[float]], name: str, text: str, passages: Sequence[str]) -> None:
    try:
        work.set_result(_predicted(name, text, passages))
    except RerankerUnavailable as error:
        work.set_exception(error)


def _predicted(name: str, text: str, passages: Sequence[str]) -> list[float]:
    with _lock:  # tokenizers are not thread-safe
        if refusal := _breaker.refusal(name):
            raise RerankerUnavailable(refusal.reason)
        try:
            if name not in _held:
                _held[name] = _load(name)
            found = _held[name].predict([(text[:_LONGEST], passage) for passage in passages], show_progress_bar=False)
            scores = [float(score) for score in found]
        except Exception as error:  # the library propagates errors of many classes: files, network, formats, memory
            reason = Reason("reranker_unusable", name=name, told=" ".join(str(error).split())[:200])
            _breaker.failed(name, reason)
            logger.warning("memory: %s; the order of recall stays as it was", reason)
            raise RerankerUnavailable(reason) from error
        _breaker.succeeded(name)
        return scores


def clear_cache() -> None:
    """Loads the cross-encoder again at the next use, also after a failure."""
    global _late, _lock
    _late, _lock = None, threading.Lock()  # a late load keeps its lock
    with _lock:
        _held.clear()
        _breaker.clear_cache()


def _load(name: str) -> Any:
    folder = Path(name).expanduser()
    if not folder.is_dir() and (folder.is_absolute() or name.startswith((".", "~"))):
        raise RerankerUnavailable(Reason("no_model_folder", model=name))
    import torch
    from sentence_transformers import CrossEncoder

    if threads := settings.CLAWDBOT.semantic_search.threads:
        torch.set_num_threads(threads)
    return CrossEncoder(str(folder) if folder.is_dir() else name, device="cpu")
