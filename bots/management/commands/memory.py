"""`manage.py memory` with two more sub-commands for a whole person: export and erase."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from bots.models import AuditEntry, Person
from bots.operations import memories, people
from bots.operations.bots import get_bot
from clawdbot.errors import ClawdbotError
from memory.management.commands import memory


class Command(memory.Command):
    """Extends the memory app's command. Django prefers this one: bots precedes memory in INSTALLED_APPS."""

    def add_actions(self, actions: Any) -> None:
        """Adds one parser per sub-command."""
        super().add_actions(actions)
        export = memory.with_person(memory.sub_command(actions, "export", "print what is known of a person"))
        export.add_argument(
            "--format",
            choices=("lines", "json"),
            default="lines",
            help="lines: the turns, as `import` takes them back (default); json: everything, as one document",
        )
        export.add_argument(
            "--save", action="store_true", help="write the document to CLAWDBOT_HOME/exports and print where"
        )
        erase = memory.with_person(memory.sub_command(actions, "erase", "delete what a bot remembers of a person"))
        erase.add_argument("--full", action="store_true", help="also conversations, accounts, usage: the whole person")
        erase.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        """Runs the sub-command. An expected error becomes one line on stderr and exit code 1."""
        try:
            super().handle(*args, **options)
        except CommandError:
            raise
        except ClawdbotError as error:
            raise CommandError(str(error)) from error

    def _export(self, options: dict[str, Any]) -> None:
        person = _person(options)
        if options["save"]:
            self.stdout.write(str(people.save_export(person, AuditEntry.COMMAND)))
            return
        if options["format"] == "json":
            for piece in people.export_pieces(person, AuditEntry.COMMAND):
                self.stdout.write(piece, ending="")
            return
        for line in memories.export_lines(person, AuditEntry.COMMAND):
            self.stdout.write(line)

    def _erase(self, options: dict[str, Any]) -> None:
        person = _person(options)
        if not options["yes"]:
            if not sys.stdin.isatty():
                raise CommandError(_("not asked, because there is no terminal: add --yes"))
            if input(_("Erase everything about %s? [y/N] ") % options["person"]).strip().lower() not in ("y", "yes"):
                raise CommandError(_("nothing was erased"))
        erased = (people if options["full"] else memories).erase(person, AuditEntry.COMMAND)
        self.stdout.write(_("%d erased") % erased.memories)
        if options["full"]:
            self.stdout.write(", ".join(f"{name} {count}" for name, count in erased.counts.items()))


def _person(options: dict[str, Any]) -> Person:
    return people.find(get_bot(options["bot"]), options["person"])
