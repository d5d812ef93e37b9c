"""docs/adapters/README.md says what the adapters can do, and nothing else."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from adapters import registry
from adapters.base import Adapter
from adapters.earlier_messages import FetchesMessages

TABLE = Path(__file__).resolve().parents[2] / "docs" / "adapters" / "README.md"
COLUMNS = {
    "typing": "supports_typing",
    "answers grow": "supports_edit",
    "files in": "supports_media",
    "files out": "file_rules",
    "polling": "supports_polling",
    "names": "supports_names",
    "sets webhook": "supports_webhook_setup",
    "safe to repeat": "idempotent_send",
}
UNITS = {(1, 1): "characters", (2, 1): "utf16", (4, 3): "bytes"}  # the length of an emoji and of a Chinese character


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _rows() -> dict[str, dict[str, str]]:
    text = TABLE.read_text("utf8").partition("\n## ")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    names = [re.sub(r"[^\x00-\x7f].*$", "", cell).strip() for cell in _cells(lines[0])]
    found = {}
    for line in lines[2:]:
        cells = dict(zip(names, _cells(line), strict=True))
        found[cells["platform"].partition("]")[0].lstrip("[")] = cells
    return found


ROWS = _rows()


def test_every_platform_has_its_row() -> None:
    assert sorted(ROWS) == sorted(registry.platforms())


def test_the_table_of_others_words_says_which_platforms_are_asked() -> None:
    text = TABLE.read_text("utf8").partition("\n## Words of others")[2]
    told = {_cells(line)[0] for line in text.splitlines() if line.startswith("|") and "fetched" in line}
    assert told == {name for name in registry.platforms() if issubclass(registry.adapter_class(name), FetchesMessages)}


@pytest.mark.parametrize("platform", registry.platforms())
def test_a_row_says_what_the_adapter_can_do(platform: str) -> None:
    adapter = registry.adapter_class(platform)
    told = {column: ROWS[platform][column] for column in ("text limit", *COLUMNS)}
    limit = f"{adapter.text_limit} {UNITS[adapter.text_unit('🙂'), adapter.text_unit('好')]}"
    assert told == {"text limit": limit} | {column: _ability(adapter, name) for column, name in COLUMNS.items()}


def _ability(adapter: type[Adapter[Any]], name: str) -> str:
    if _depends_on_account(adapter, name):
        return "account"
    if name == "file_rules":
        # the web chat shows every stored file
        return " ".join(sorted({rule.kind for rule in adapter.file_rules})) or "all"
    return "yes" if getattr(adapter, name) else "no"


def _depends_on_account(adapter: type[Adapter[Any]], name: str) -> bool:
    """Whether the constructor of the adapter sets the value."""
    return re.search(rf"\bself\.{name}\b[^=\n]*=", inspect.getsource(adapter.__init__)) is not None
