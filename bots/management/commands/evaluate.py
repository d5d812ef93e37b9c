"""`manage.py evaluate`: asks saved questions and says whether the answers are as expected."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from bots.i18n.failure_texts import describe_error
from bots.management.commands.replay import CANNOT_RUN, add_change, options_of, work
from bots.models import ReplayRun, ReplayTurn
from bots.operations import bots, evaluations, replays
from bots.operations.configuration_log import COMMAND
from clawdbot.errors import ClawdbotError

SOME_FAIL = 1


class Command(BaseCommand):
    help = "Asks the questions of a set. Exit code 0: all hold; 1: some fail; 2: it could not be run or judged."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("set", help="name of the set (python manage.py questions list)")
        parser.add_argument("--bot", default="", metavar="SLUG", help="ask another bot than that of the set")
        parser.add_argument("--repeat", type=int, default=1, metavar="N", help="ask each question N times")
        parser.add_argument("--json", action="store_true", help="print JSON")
        add_change(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Asks, judges and prints."""
        try:
            questions = evaluations.find(options["set"])
            bot = bots.get_bot(options["bot"]) if options["bot"] else questions.bot
            run = replays.begin_set(questions, bot, COMMAND, options_of(options))
            work(self, run)
        except ClawdbotError as error:
            raise CommandError(describe_error(error), returncode=CANNOT_RUN) from None
        except DatabaseError as error:
            raise CommandError(f"the database cannot be used: {type(error).__name__}", returncode=CANNOT_RUN) from None
        rows = list(run.turns.select_related("case"))
        if options["json"]:
            self.stdout.write(json.dumps(self._facts(run, rows), ensure_ascii=False))
        else:
            self._show(run, rows)
        self._end(rows)

    def _end(self, rows: list[ReplayTurn]) -> None:
        failed = sum(row.held is False for row in rows)
        errors = sum(row.state != ReplayTurn.State.DONE for row in rows)
        if failed:
            raise CommandError(f"{failed} of {len(rows)} answers are not as expected", returncode=SOME_FAIL)
        if errors:
            raise CommandError(f"{errors} of {len(rows)} questions got no answer to judge", returncode=CANNOT_RUN)

    def _show(self, run: ReplayRun, rows: list[ReplayTurn]) -> None:
        for row in rows:
            self.stdout.write(f"{_outcome(row):9} {row.case} {f'({row.attempt})' if row.attempt > 1 else ''}".rstrip())
            if row.held is False:
                for one in row.findings:
                    if one["holds"] is False:
                        self.stdout.write(f"          {one['kind']} {one['value']!r} {one['why']}".rstrip())
                self.stdout.write(f"          answer: {row.answer[:300]!r}")
            elif error := replays.error_of(row):
                self.stdout.write(f"          {error}")
        counts = replays.sums(run)
        errors = counts.states.get("failed", 0)
        self.stdout.write(
            f"run {run.pk}: {counts.held} hold, {counts.failed} fail, {errors} errors, "
            f"{counts.not_judged} not judged; {counts.now['prompt'] + counts.now['completion']} tokens, "
            f"cost {counts.now['cost']}"
        )

    def _facts(self, run: ReplayRun, rows: list[ReplayTurn]) -> dict[str, Any]:
        return {
            "run": run.pk,
            "set": str(run.evaluation_set),
            "bot": run.bot.slug,
            "held": sum(row.held is True for row in rows),
            "failed": sum(row.held is False for row in rows),
            "errors": sum(row.state != ReplayTurn.State.DONE for row in rows),
            "results": [
                {
                    "question": row.case.name if row.case else "",
                    "attempt": row.attempt,
                    "outcome": _outcome(row),
                    "answer": row.answer,
                    "findings": row.findings,
                    "error": replays.error_of(row),
                    "figures": row.figures_now,
                }
                for row in rows
            ],
        }


def _outcome(row: ReplayTurn) -> str:
    if row.state != ReplayTurn.State.DONE:
        return "error"
    return {True: "holds", False: "fails", None: "no verdict"}[row.held]
