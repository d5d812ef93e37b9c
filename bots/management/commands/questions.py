"""`manage.py questions`: lists, imports and exports sets of saved questions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.db.models import Count

from bots.management.base import OperatorCommand, add_json
from bots.models import EvaluationSet
from bots.operations import bots, evaluations
from bots.operations.configuration_log import COMMAND
from bots.operations.errors import OperationError


class Command(OperatorCommand):
    help = "Lists, imports and exports sets of saved questions, which `evaluate` asks."

    def add_actions(self, actions: Any) -> None:
        add_json(actions.add_parser("list", help="list the sets"))
        load = actions.add_parser("import", help="make a set of a YAML or JSONL file")
        load.add_argument("set", help="name of the set")
        load.add_argument("file", help='"-" reads standard input')
        load.add_argument("--bot", required=True, metavar="SLUG", help="the bot that is asked")
        load.add_argument("--replace", action="store_true", help="replace the questions of a set of this name")
        save = actions.add_parser("export", help="print a set")
        save.add_argument("set", help="name of the set")
        save.add_argument("--format", choices=evaluations.FORMATS, default="yaml")

    def do_list(self, options: dict[str, Any]) -> None:
        sets = EvaluationSet.objects.annotate(count=Count("cases")).values_list("name", "bot__slug", "count")
        rows = [dict(zip(("set", "bot", "questions"), one, strict=True)) for one in sets]
        if options["json"]:
            self.print_json(rows)
            return
        self.print_table(rows, ("set", "bot", "questions"), empty="No sets of questions.")

    def do_import(self, options: dict[str, Any]) -> None:
        name = options["file"]
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise OperationError(f"{name}: cannot be read: {getattr(error, 'strerror', 'not text')}") from None
        made = evaluations.load(text, options["set"], bots.get_bot(options["bot"]), COMMAND, replace=options["replace"])
        self.stdout.write(f"{made.name}: {made.cases.count()} questions")

    def do_export(self, options: dict[str, Any]) -> None:
        self.stdout.write(evaluations.export(evaluations.find(options["set"]), options["format"]), ending="")
