"""The sentences that errors are raised with, read from the source: a test names the one that is not translated."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# What may stand in a hole of an f-string: a word or a number.
FILLINGS = ("Word1", "1")


def raised(where: Iterable[str], errors: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Each sentence given to one of these errors, filled in each way; those put together at run time are left out.

    Args:
        where: Folders and files of this repository.
        errors: Names of the classes.
    """
    for place in where:
        path = ROOT / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            for node in ast.walk(ast.parse(file.read_text("utf8"))):
                if isinstance(node, ast.Call) and node.args and _name(node.func) in errors:
                    filled = tuple(_filled(node.args[0], filling) for filling in FILLINGS)
                    if all(filled):
                        yield filled


def _name(func: ast.expr) -> str:
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def _filled(node: ast.expr, filling: str) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if not isinstance(node, ast.JoinedStr):
        return ""
    return "".join(str(part.value) if isinstance(part, ast.Constant) else filling for part in node.values)
