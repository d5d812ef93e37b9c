"""`manage.py retention`: how long finished rows are kept, what will go, and a run."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from bots.maintenance.retention import rules, running
from bots.maintenance.retention.kinds import KINDS
from bots.maintenance.retention.standing import Standing, standing
from bots.management.base import OperatorCommand, add_json
from bots.operations.configuration_log import COMMAND

COLUMNS = ("kind", "days", "default", "least", "goes", "oldest", "last_run", "deleted", "error")


class Command(OperatorCommand):
    help = "Shows how long finished rows are kept and what will go (--preview), sets the days, or deletes now (--run)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--preview", action="store_true", help="show what the next run deletes (what it does alone)")
        what.add_argument("--run", action="store_true", help="delete now")
        what.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="KIND=DAYS",
            help='days of a kind; 0: for ever, "default": those of the product',
        )
        parser.add_argument(
            "--kind", action="append", default=[], choices=[kind.key for kind in KINDS], help="only this kind"
        )
        add_json(parser)
        parser.set_defaults(action="retention")

    def do_retention(self, options: dict[str, Any]) -> None:
        if options["set"]:
            self._set(options)
        if options["run"]:
            self._run(options)
        else:
            self._preview(options)

    def _set(self, options: dict[str, Any]) -> None:
        wanted = dict(_pair(text) for text in options["set"])
        rules.save(wanted, COMMAND)

    def _run(self, options: dict[str, Any]) -> None:
        deleted = running.run(COMMAND, options["kind"])
        if options["json"]:
            self.print_json(deleted)
            return
        rows = [{"kind": key, "deleted": count} for key, count in deleted.items()]
        self.print_table(rows, ("kind", "deleted"), empty="Nothing is older than its days.")

    def _preview(self, options: dict[str, Any]) -> None:
        rows = [_row(one) for one in standing(options["kind"])]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table([_shown(row) for row in rows], COLUMNS, empty="")
        self.stdout.write("Days: 0 keeps for ever. Memories have a retention of their own: docs/retention.md")


def _row(one: Standing) -> dict[str, Any]:
    oldest = one.preview.oldest
    return {
        "kind": one.kind.key,
        "days": one.days,
        "default": one.kind.default,
        "least": one.kind.least,
        "goes": one.preview.rows,
        "exact": one.preview.exact,
        "oldest": oldest.isoformat() if oldest else None,
        "last_run": one.last_run.isoformat() if one.last_run else None,
        "deleted": one.deleted_in_all,
        "failed_at": one.failed_at.isoformat() if one.failed_at else None,
        "error": one.error,
    }


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Returns a row for people: an estimate is marked, a moment has minutes."""
    short = {name: str(row[name] or "-")[:16].replace("T", " ") for name in ("oldest", "last_run")}
    goes = str(row["goes"]) if row["exact"] else f"about {row['goes']}"
    return row | short | {"goes": goes, "days": str(row["days"])}


def _pair(text: str) -> tuple[str, int | None]:
    key, equals, days = text.partition("=")
    if not equals or not (days == "default" or (days.isascii() and days.isdecimal())):
        raise CommandError(f"{text}: write KIND=DAYS, for instance inbox=30, or inbox=default")
    return key, None if days == "default" else int(days)
