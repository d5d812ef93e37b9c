"""Loads an edited module of a skill again. A module that does not load any more leaves everything as it was."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

# The product's own modules belong together: they change with a new release, and then the processes are restarted.
_PRODUCT = frozenset({"adapters", "benchmarks", "bots", "clawdbot", "clawdbot_site", "memory", "skills", "tests"})

Stamp = tuple[int, int]
"""Modification time in nanoseconds and size of a file."""


def stamp(name: str) -> Stamp | None:
    """Returns the stamp of a module's file; None for the product's own, an installed package or a missing file."""
    path = _file(name)
    if path is None or name.partition(".")[0] in _PRODUCT or "site-packages" in path.parts:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def load_again(name: str, *, package: bool) -> ModuleType:
    """Runs the module's source again and returns the new module.

    Args:
        name: Dotted name of a module that is loaded.
        package: Also load the modules of its package again that it imports.

    Raises:
        Exception: Whatever the source raises; the former modules stay.
    """
    top = name.partition(".")[0]
    old = [one for one in sys.modules if one == name or (package and (one == top or one.startswith(f"{top}.")))]
    with _restored_on_failure(old):
        for one in old:
            del sys.modules[one]
        importlib.invalidate_caches()
        parent = name.rpartition(".")[0]
        if parent:
            importlib.import_module(parent)
        return _run(name)


@contextmanager
def _restored_on_failure(names: list[str]) -> Iterator[None]:
    before = {name: sys.modules[name] for name in names}
    try:
        yield
    except BaseException:
        sys.modules.update(before)
        raise


def _run(name: str) -> ModuleType:
    """Compiles the source, not the cached bytecode: an edit within the same second has the same time stamp there."""
    if name in sys.modules:  # imported by its package
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return importlib.import_module(name)
    module = importlib.util.module_from_spec(spec)
    code = compile(Path(spec.origin).read_bytes(), spec.origin, "exec")
    sys.modules[name] = module
    exec(code, module.__dict__)  # noqa: S102  the operator's own skill, as an import would run it
    return module


def _file(name: str) -> Path | None:
    module = sys.modules.get(name)
    found = getattr(module, "__file__", None)
    return Path(found) if found and str(found).endswith(".py") else None
