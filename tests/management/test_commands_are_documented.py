"""The documentation has every command, action and option of the product, and no removed one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

import pytest
from django.core.management import get_commands, load_command_class

from tests.clawdbot_site.builders import ROOT

OURS = {name: app for name, app in get_commands().items() if app in {"bots", "memory", "skills", "clawdbot_site"}}
COMMON = {
    "help",
    "version",
    "verbosity",
    "settings",
    "pythonpath",
    "traceback",
    "no_color",
    "force_color",
    "skip_checks",
}
TEXT = (ROOT / "docs/commands.md").read_text("utf8") + (ROOT / "docs/memory.md").read_text("utf8")


def words(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, str]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield f"{path} {name}", f"{path} {name}"
                yield from words(below, f"{path} {name}")
        elif action.option_strings and action.dest not in COMMON:
            yield path, action.option_strings[-1]


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_command_is_documented_with_its_options(name: str) -> None:
    assert re.search(rf"`{name}\b|manage\.py {name}\b", TEXT)
    if name == "migrate":  # Django's own options
        return
    parser = load_command_class(OURS[name], name).create_parser("manage.py", name)
    missing = {f"{path}: {word}" for path, word in words(parser, name) if word not in TEXT}
    assert not missing


def test_no_documented_command_is_gone() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    named = {name for page in pages for name in re.findall(r"manage\.py ([a-z_]+)", page.read_text("utf8"))}
    assert named <= set(get_commands())
