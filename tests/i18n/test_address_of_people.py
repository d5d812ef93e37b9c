"""The product says 你 to people everywhere, never 您: a mixture reads as if two programs were talking."""

from __future__ import annotations

import ast
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("bots", "skills", "clawdbot", "memory", "adapters")
POLITE = "您"


def test_the_catalogue_says_one_word() -> None:
    catalogue = polib.pofile(str(ROOT / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"))
    said = [text for entry in catalogue for text in (entry.msgstr, *entry.msgstr_plural.values())]
    assert [text for text in said if POLITE in text] == []


def test_the_texts_in_the_sources_say_it_too() -> None:
    """What people may write holds both words: those are patterns, with alternatives or sets of characters."""
    found = []
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf8"))):
                text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
                if POLITE in text and text != POLITE and not {"|", "["} & set(text):
                    found.append(f"{path.relative_to(ROOT)}: {text}")
        files = sorted((ROOT / folder).rglob("*.json"))
        found += [str(path.relative_to(ROOT)) for path in files if POLITE in path.read_text("utf8")]
    assert found == []
