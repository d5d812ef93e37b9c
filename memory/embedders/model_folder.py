"""Reads facts about a sentence-transformers folder without torch. Free of Django, because the settings use it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

_EDGE = 1 << 16  # bytes read from both ends of a large file


def dimension_of(folder: Path) -> int | None:
    """Returns the dimension of the model's vectors from its files; None when they do not tell."""
    modules = _json(folder / "modules.json")
    parts = [part for part in modules if isinstance(part, dict)] if isinstance(modules, list) else []
    # The last module that sets the dimension decides, for instance a dense layer after the pooling.
    for part in reversed(parts):
        config = _json(folder / str(part.get("path", "")) / "config.json")
        for key in ("out_features", "word_embedding_dimension", "embedding_dimension"):
            if isinstance(config, dict) and isinstance(config.get(key), int):
                return int(config[key])
    config = _json(folder / "config.json")
    size = config.get("hidden_size") if isinstance(config, dict) else None
    return size if isinstance(size, int) else None


def fingerprint(folder: Path) -> str:
    """Returns eight characters that change with the content of the model, but not with its path or copy date."""
    digest = hashlib.blake2b(digest_size=4)
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not _hidden(path, folder)):
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_EDGE))
            if size > _EDGE:
                file.seek(-min(_EDGE, size - _EDGE), 2)
                digest.update(file.read())
    return digest.hexdigest()


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf8"))
    except (OSError, ValueError):
        return None
