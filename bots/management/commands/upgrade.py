"""`manage.py upgrade`: bring databases and files to the version that is installed, or say what that would do."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from bots.maintenance.upgrade.findings import Finding, Report, look
from bots.runtime import home_lock
from clawdbot import __version__, process_versions

_SIGNS = {"ok": "ok     ", "warning": "warning", "stop": "STOP   "}


class Command(BaseCommand):
    help = (
        "Brings the databases to the installed version. --check only says what that would do; exit code 1: it must not."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 when something stops it")
        parser.add_argument(
            "--force", action="store_true", help="also while old processes run, or when the disk may become full"
        )
        parser.add_argument("--json", action="store_true", help="with --check: print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"] and not options["check"]:
            raise CommandError("--json needs --check")
        try:
            report = look(_unnoted())
        except DatabaseError as error:
            raise CommandError(f"the database cannot be used: {' '.join(str(error).split())}") from None
        stops = report.stops(force=options["force"])
        if options["json"]:
            self._print_json(report, stops)
        else:
            self._print(report)
        if options["check"]:
            sys.exit(1 if stops else 0)
        if stops:
            raise CommandError(f"not upgraded: {stops[0].name}: {stops[0].text}")
        self._upgrade(report)

    def _print(self, report: Report) -> None:
        self.stdout.write(f"version {__version__}, home {settings.HOME}")
        for one in report.findings:
            self.stdout.write(f"{_SIGNS[one.level]}  {one.name}: {one.text}")
            if one.mend:
                self.stdout.write(f"         -> {one.mend}")

    def _print_json(self, report: Report, stops: list[Finding]) -> None:
        found = {
            "version": __version__,
            "ok": not stops,
            "pending": len(report.steps),
            "findings": [dataclasses.asdict(one) for one in report.findings],
            "migrations": [dataclasses.asdict(one) for one in report.steps],
        }
        self.stdout.write(json.dumps(found, ensure_ascii=False))

    def _upgrade(self, report: Report) -> None:
        if report.steps:
            call_command("migrate", interactive=False, verbosity=0, stdout=self.stdout)
            self.stdout.write(f"applied {len(report.steps)} migrations")
        if any(settings.STATIC_ROOT.iterdir()):  # collected for a server of its own; the product needs no copies
            call_command("collectstatic", interactive=False, verbosity=0)
            self.stdout.write(f"copied the static files to {settings.STATIC_ROOT}")
        running = [*process_versions.running(settings.HOME / "run"), *_unnoted()]
        for one in running:
            self.stdout.write(f"restart: {one.role} (process {one.pid}, version {one.version})")
        if not running:
            self.stdout.write("start: serve, or the processes of deploy/Procfile, on every machine")


def _unnoted() -> list[process_versions.Running]:
    """Returns the server that holds the lock of the home without a note: it is of a version that wrote none."""
    pid = home_lock.holder(settings.CLAWDBOT.home)
    noted = {str(one.pid) for one in process_versions.running(settings.HOME / "run")}
    if pid is None or pid in noted:
        return []
    return [process_versions.Running(int(pid or 0), "", "serve", "unknown")]
