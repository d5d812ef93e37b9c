"""CACHES in conftest.py clears every cache of the product between two tests."""

from __future__ import annotations

import ast
import importlib
import pkgutil
from collections import Counter, OrderedDict
from pathlib import Path
from types import ModuleType
from typing import Any

import cachetools
import pytest

from tests.conftest import CACHES

PACKAGES = ("adapters", "bots", "clawdbot", "clawdbot_site", "memory", "skills")
KINDS = (cachetools.Cache, OrderedDict, Counter)

# State that must live as long as the process, or that another module of the list clears.
STAYS = {
    "bots.channels.web.broadcast": "the event loop of the web process",
    "bots.pipeline.engine.dialog.frames": "the kinds of frames, named when their modules are imported",
    "bots.models.sql.clock": "the clock of the database, the same for all tests",
    "bots.metrics": "counters only grow; a test compares before and after",
    "clawdbot.tracing": "what the settings say, and the tracer until it is stopped",
    "clawdbot.computing": "the places of the threads, renewed after a fork",
    "clawdbot.crypto": "the keys, set once at the start",
    "clawdbot.leadership": "the function that leads, named once at the start",
    "clawdbot.redaction": "the secrets of the settings",
    "clawdbot.http.transport": "emptied by clawdbot.http",
    "clawdbot_site.sqlite.base": "locks of files",
    "memory.consolidation.llm_port": "the factory, named once at the start",
    "skills.mcp.reaper": "emptied by skills.mcp.pool",
    "memory.embedders.nano": "how many cores the embedder was given",
}


def _modules() -> dict[str, ModuleType]:
    """Returns all modules of the product."""
    found: dict[str, ModuleType] = {}
    for package in map(importlib.import_module, PACKAGES):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in info.name:
                found[info.name] = importlib.import_module(info.name)
    return found


def _is_cache(value: Any) -> bool:
    """Whether the value is a container for caching, or an object of the product with one."""
    if isinstance(value, KINDS):
        return True
    if isinstance(value, type) or type(value).__module__.partition(".")[0] not in PACKAGES:
        return False
    return hasattr(value, "clear_cache") or any(
        isinstance(part, KINDS) for part in getattr(value, "__dict__", {}).values()
    )


def _keeps(module: ModuleType) -> bool:
    """Whether a module has a cache, an empty dict, or a global that a function assigns."""
    tree = ast.parse(Path(str(module.__file__)).read_text("utf8"))
    if any(isinstance(node, ast.Global) for node in ast.walk(tree)):
        return True
    made = [node for node in tree.body if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None]
    if any(isinstance(node.value, ast.Dict) and not node.value.keys for node in made):
        return True
    targets = [target for node in made for target in (node.targets if isinstance(node, ast.Assign) else [node.target])]
    names = [part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name)]
    return any(_is_cache(vars(module).get(name)) for name in names)


def test_every_cache_of_the_product_is_emptied_between_tests() -> None:
    keeping = {name for name, module in _modules().items() if _keeps(module)}
    assert keeping - set(CACHES) - set(STAYS) == set(), "give it a clear_cache() and add it to CACHES in conftest.py"
    assert set(STAYS) <= keeping, "an exception for what keeps nothing"


@pytest.mark.parametrize("name", CACHES)
def test_every_name_of_the_list_is_a_function_of_the_product(name: str) -> None:
    found: Any = importlib.import_module(name)
    for part in CACHES[name].split("."):
        found = getattr(found, part)
    assert callable(found)
