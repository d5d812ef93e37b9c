"""Base of the operator's commands: sub-commands, output as table or JSON, errors as one line."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from bots.i18n.failure_texts import describe_error
from bots.i18n.program import as_typed
from clawdbot.errors import ClawdbotError


class OperatorCommand(BaseCommand):
    """A command with sub-commands. Each one is a method `do_<name>` (dashes become underscores)."""

    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Sets up the sub-commands."""
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        self.add_actions(actions)

    def add_actions(self, actions: Any) -> None:
        """Adds one parser per sub-command."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the sub-command. An expected error becomes one line on stderr and exit code 1."""
        try:
            getattr(self, "do_" + options["action"].replace("-", "_"))(options)
        except ClawdbotError as error:
            raise CommandError(as_typed(describe_error(error))) from None
        except DatabaseError as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise CommandError(as_typed(f"the database cannot be used: {reason} (python manage.py migrate)")) from None

    def print_json(self, value: Any) -> None:
        """Prints one JSON document on stdout."""
        self.stdout.write(json.dumps(value, ensure_ascii=False, default=str))

    def print_table(self, rows: Sequence[Mapping[str, Any]], columns: Iterable[str], *, empty: str) -> None:
        """Prints aligned columns with a heading."""
        names = list(columns)
        if not rows:
            self.stdout.write(as_typed(empty))
            return
        cells = [names, *([_cell(row[name]) for name in names] for row in rows)]
        widths = [max(len(line[index]) for line in cells) for index in range(len(names))]
        for line in cells:
            self.stdout.write("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip())


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value in (None, "") else str(value)


def add_json(parser: ArgumentParser) -> None:
    """Adds --json."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_yes(parser: ArgumentParser) -> None:
    """Adds --yes, which removals require."""
    parser.add_argument(
        "--yes", action="store_true", help="delete; without it, the command only says what it would delete"
    )


def require_yes(options: Mapping[str, Any], what: str) -> None:
    """Refuses to remove anything without --yes."""
    if not options["yes"]:
        raise CommandError(f"this deletes {what}; repeat with --yes")


def read_secret(source: str) -> str:
    """Reads a secret from a file, or from standard input for "-", so that it stays out of the shell's history.

    Raises:
        CommandError: The file cannot be read or is empty.
    """
    try:
        text = sys.stdin.readline() if source == "-" else Path(source).read_text("utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{source}: cannot be read: {getattr(error, 'strerror', 'not text')}") from None
    if not text.strip():
        raise CommandError(f"{'standard input' if source == '-' else source}: holds nothing")
    return text.strip()
