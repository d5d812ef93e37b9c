"""`manage.py doctor`: check what is set up and what is missing, and how to fix it."""

from __future__ import annotations

import dataclasses
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from bots.monitoring.doctor import examine

_SIGNS = {"ok": "ok     ", "warning": "warning", "error": "ERROR  "}


class Command(BaseCommand):
    help = "Says what is set up, what is missing and how to fix it. Exit code 1 when bots cannot answer."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        ok = all(finding.level != "error" for finding in findings)
        if options["json"]:
            rows = [dataclasses.asdict(finding) for finding in findings]
            self.stdout.write(json.dumps({"ok": ok, "findings": rows}, ensure_ascii=False))
        else:
            for finding in findings:
                self.stdout.write(f"{_SIGNS[finding.level]}  {finding.name}: {finding.text}")
                if finding.mend:
                    self.stdout.write(f"         -> {finding.mend}")
        if not ok:
            sys.exit(1)
