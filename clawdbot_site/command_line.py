"""Runs a command of the product: `clawdbot NAME` where it is installed, `manage.py NAME` in a checkout."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from clawdbot import __version__

NAME = "clawdbot"
# The headings of the help, and the commands below each. Commands that stand nowhere here come last.
_SUBJECTS = {
    "Start it": ("serve", "web", "worker", "beat", "poll", "modelserver"),
    "Set it up": ("setup", "bot", "channel", "provider", "skill", "mcp", "limit", "config"),
    "Look after it": ("doctor", "upgrade", "migrate", "memory", "rotate_keys", "pairing"),
    "Try and judge it": ("simulate", "replay", "evaluate", "questions"),
    "Users": ("createsuperuser", "changepassword", "unlock_login", "api_token"),
}
_ROOMS = ("clawdbot_site", "bots", "memory", "skills")
# Their class inherits the text of Django's.
_OF_DJANGO = {
    "migrate": "Creates and updates the tables of every database.",
    "createsuperuser": "Makes a user who may do everything.",
    "changepassword": "Changes the password of a user.",
}


def main() -> None:
    """Runs the command that the arguments name. Its result is the exit code of the process."""
    arguments = sys.argv[1:]
    # A command of Django would print Django's version.
    if "--version" in arguments[:2] or arguments == ["version"]:
        sys.stdout.write(f"{NAME} {__version__}\n")
        return
    if not arguments or arguments in (["-h"], ["--help"], ["help"]):
        sys.stdout.write(describe(_program()))
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clawdbot_site.settings")
    from django.core.management import execute_from_command_line
    from django.db import InterfaceError, OperationalError

    try:
        execute_from_command_line([_program(), *arguments])
    except (InterfaceError, OperationalError) as error:
        sys.exit(f"database: {' '.join(str(error).split())}")


def _program() -> str:
    """Returns the name that the person typed, as usage lines show it."""
    name = Path(sys.argv[0]).name
    return name if name == "manage.py" else NAME


def describe(program: str) -> str:
    """Returns the help: all commands of the product by subject, one line each.

    Reads the sources instead of loading the commands, so that it works, and at once, whatever the settings are.
    """
    texts = dict(_summaries())
    lines = [f"{NAME} {__version__}: chat bots that remember", "", f"Usage: {program} COMMAND [OPTIONS]"]
    named = {name for names in _SUBJECTS.values() for name in names}
    others = tuple(sorted(texts.keys() - named))
    width = max(map(len, texts))
    for subject, names in {**_SUBJECTS, "Other": others}.items():
        known = [name for name in names if name in texts]
        lines += ["", f"{subject}:", *(f"  {name.ljust(width)}  {texts[name]}" for name in known)] if known else []
    lines += ["", f"Options of a command: {program} COMMAND --help", f"Commands of Django: {program} help --commands"]
    return "\n".join(lines) + "\n"


def _summaries() -> Iterator[tuple[str, str]]:
    root = Path(__file__).resolve().parent.parent
    for room in _ROOMS:
        for file in sorted((root / room / "management" / "commands").glob("[a-z]*.py")):
            yield file.stem, _help_text(file) or _OF_DJANGO.get(file.stem, "")


def _help_text(file: Path) -> str:
    """Returns the first sentence of `help` of the command in this file; "" when it inherits that."""
    for node in ast.walk(ast.parse(file.read_text("utf8"))):
        if isinstance(node, ast.ClassDef) and node.name == "Command":
            for line in node.body:
                if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == "help":
                    return _first_sentence(str(ast.literal_eval(line.value)))
    return ""


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."
