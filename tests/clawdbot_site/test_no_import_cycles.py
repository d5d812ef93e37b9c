"""No import cycle exists in the repository, not even through functions or type-checking blocks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.clawdbot_site.builders import ROOT

PACKAGES = ("adapters", "benchmarks", "bots", "clawdbot", "clawdbot_site", "memory", "skills", "tests")


def sources() -> dict[str, str]:
    """Returns the source of every module by dotted name; a package stands for its `__init__`."""
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {_name(path.relative_to(ROOT)): path.read_text("utf8") for path in files}


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def cycle(modules: Mapping[str, str]) -> list[str]:
    """Returns one cycle among these modules, or []."""
    graph = {name: {one for one in _imported(text, modules, name) if one != name} for name, text in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def _imported(text: str, modules: Mapping[str, str], importer: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield from _executed(name, modules, importer)


def _executed(name: str, modules: Mapping[str, str], importer: str) -> Iterator[str]:
    """Returns what an import of this name executes: the module, and its packages that do not contain the importer."""
    while name not in modules and "." in name:  # a name inside the module
        name = name.rpartition(".")[0]
    if name in modules:
        yield name
    while "." in name:
        name = name.rpartition(".")[0]
        if name in modules and not f"{importer}.".startswith(f"{name}."):
            yield name


def test_no_module_imports_itself() -> None:
    assert cycle(sources()) == []


@pytest.mark.parametrize(
    "modules",
    [
        {"a": "import b", "b": "from a import thing"},
        {"a": "import b", "b": "def late():\n    import a"},
        {"a": "import b", "b": "if TYPE_CHECKING:\n    from a import Thing"},
        {"a": "import b.c", "b": "import a", "b.c": ""},
    ],
)
def test_a_circle_is_found(modules: dict[str, str]) -> None:
    assert set(cycle(modules)) == {"a", "b"}


def test_modules_of_a_package_may_stand_on_its_others() -> None:
    assert cycle({"a": "from a.b import x", "a.b": "import a.c", "a.c": ""}) == []
