"""Embeds with a sentence-transformers model (local folder or hub name); imports torch only when one is chosen."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from clawdbot.reasons import Reason
from memory.embedders import model_folder
from memory.embedders.base import Matrix, Spec, check_dimension, clean, unit_vectors
from memory.errors import EmbedderMismatch, EmbedderUnavailable

# E5 models need these prompts, but their files do not contain them.
_E5_PROMPTS = {"query": "query: ", "document": "passage: "}


def describe(spec: Spec) -> tuple[str, str]:
    """Returns name and version without loading torch. A folder is identified by its content, a hub model by its name.

    Raises:
        EmbedderMismatch: The model is missing in the configuration.
        EmbedderUnavailable: The folder does not exist.
    """
    if not spec.model:
        raise EmbedderMismatch(Reason("model_needed"))
    folder = Path(spec.model).expanduser()
    if folder.is_dir():
        return f"st/{folder.resolve().name}", f"{_fingerprint(str(folder), folder.stat().st_mtime_ns)}-{spec.dimension}"
    if folder.is_absolute() or spec.model.startswith((".", "~")):
        raise EmbedderUnavailable(Reason("no_model_folder", model=spec.model))
    return f"st/{spec.model}", str(spec.dimension)


@lru_cache(maxsize=8)
def _fingerprint(folder: str, changed: int) -> str:
    return model_folder.fingerprint(Path(folder))


class SentenceTransformers:
    """A model that sentence-transformers can load, on the CPU."""

    batch_size = 32

    def __init__(self, spec: Spec) -> None:
        self.name, self.version = describe(spec)
        self._model = _loaded(spec.model)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        check_dimension(self.dimension, spec.dimension)
        self._prompts = _prompts(self._model, spec.model)
        self._lock = threading.Lock()  # tokenizers are not thread-safe

    def embed_queries(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts, "query")

    def embed_passages(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts, "document")

    def _embed(self, texts: Sequence[str], side: str) -> Matrix:
        prepared = [clean(text) for text in texts]
        options = {"batch_size": self.batch_size, "show_progress_bar": False, "prompt": self._prompts[side]}
        try:
            with self._lock:
                found = self._model.encode(prepared, **options) if prepared else ()
        except (RuntimeError, ValueError, IndexError) as error:
            raise EmbedderUnavailable(Reason("model_failed", model=self.name, told=_one_line(error))) from error
        return unit_vectors(found, len(texts), self.dimension)


def _loaded(model: str) -> Any:
    try:
        import torch
        from sentence_transformers import SentenceTransformer

        threads = settings.CLAWDBOT.semantic_search.threads
        if threads:
            torch.set_num_threads(threads)
        return SentenceTransformer(
            str(Path(model).expanduser()) if Path(model).expanduser().is_dir() else model, device="cpu"
        )
    except Exception as error:  # the library propagates errors of many classes: files, network, formats, memory
        raise EmbedderUnavailable(Reason("model_not_loaded", model=model, told=_one_line(error))) from error


def _prompts(model: Any, name: str) -> dict[str, str]:
    """Returns the prompts for questions and passages."""
    known = {side: text for side, text in dict(model.prompts or {}).items() if text}
    passage = known.get("document") or known.get("passage") or ""
    if known.get("query") or passage:
        return {"query": known.get("query", ""), "document": passage}
    parts = Path(name).name.lower().split("-")
    return _E5_PROMPTS if "e5" in parts else {"query": "", "document": ""}


def _one_line(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:200]
