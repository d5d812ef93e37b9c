"""`manage.py replay`: answers past turns again without sending, remembering or calling effects."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from bots.i18n.failure_texts import describe_error
from bots.models import ReplayRun
from bots.operations import bots, replays
from bots.operations.configuration_log import COMMAND
from bots.operations.errors import OperationError
from clawdbot.errors import ClawdbotError

CANNOT_RUN = 2
_FIGURES = {"prompt": "tokens read", "completion": "tokens written", "ms": "ms", "cost": "cost"}


def add_change(parser: ArgumentParser) -> None:
    """Adds the options that say what a run changes and how it works."""
    parser.add_argument("--provider", default="", metavar="NAME", help="the only provider; it may be switched off")
    parser.add_argument("--instructions", metavar="FILE", help='other instructions; "-" reads standard input')
    parser.add_argument("--skills", metavar="NAMES", help='exactly these skills, with commas; "none" for no skill')
    parser.add_argument("--live-readers", action="store_true", help="call tools that only read, without a record")
    parser.add_argument("--deadline", type=float, default=120.0, metavar="S", help="seconds for one answer")
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="answers at a time, at most 8")


def options_of(options: dict[str, Any]) -> replays.Options:
    """Returns what the options of the command line say.

    Raises:
        OperationError: The file of instructions cannot be read.
    """
    return replays.Options(
        provider=options["provider"],
        instructions=_read(options["instructions"]) if options["instructions"] else None,
        skills=replays.skills_of(options["skills"]),
        live_readers=options["live_readers"],
        deadline_s=options["deadline"],
        parallel=options["parallel"],
        repeat=options.get("repeat", 1),
    )


def _read(name: str) -> str:
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text("utf8")
    except (OSError, UnicodeDecodeError) as error:
        raise OperationError(f"{name}: cannot be read: {getattr(error, 'strerror', 'not text')}") from None


class Command(BaseCommand):
    help = "Answers past turns of a bot again, with a change, and compares. Sends, remembers and does nothing."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--bot", metavar="SLUG", help="whose past turns")
        parser.add_argument("--since", metavar="WHEN", help="a date, a moment, or a time back: 90m, 24h, 7d")
        parser.add_argument("--conversation", type=int, metavar="ID", help="only turns of this conversation")
        parser.add_argument("--limit", type=int, default=replays.DEFAULT_LIMIT, metavar="N", help="the latest N turns")
        parser.add_argument("--continue", dest="run", type=int, metavar="RUN", help="go on with a run; failures again")
        add_change(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit code 0: all turns have an answer or were left out; 1: some failed; 2: the run could not be made."""
        try:
            run = self._run(options)
        except ClawdbotError as error:
            raise CommandError(describe_error(error), returncode=CANNOT_RUN) from None
        if run.turns.filter(state="failed").exists():
            raise CommandError("some turns have no answer; --continue tries them again", returncode=1)

    def _run(self, options: dict[str, Any]) -> ReplayRun:
        if options["run"]:
            run = replays.go_on(replays.get(options["run"]), COMMAND)
        elif options["bot"]:
            run = replays.begin(
                bots.get_bot(options["bot"]),
                COMMAND,
                options_of(options),
                since=moment(options["since"]) if options["since"] else None,
                conversation=options["conversation"],
                limit=options["limit"],
            )
        else:
            raise OperationError("name a bot with --bot, or a run with --continue")
        work(self, run)
        self._tell(run)
        return run

    def _tell(self, run: ReplayRun) -> None:
        found = replays.sums(run)
        states = ", ".join(f"{count} {name}" for name, count in sorted(found.states.items()))
        self.stdout.write(f"run {run.pk}: {states}; {found.changed} answers changed")
        for name, label in _FIGURES.items():
            self.stdout.write(f"  {label}: {found.then[name]} then, {found.now[name]} now")
        for row in run.turns.filter(state="failed")[:10]:
            self.stdout.write(f"  {row.position}: {replays.error_of(row)}")
        self.stdout.write(f"  compare: /admin/bots/replayrun/{run.pk}/compare/")


def work(command: BaseCommand, run: ReplayRun) -> None:
    """Works on the run with a line of progress on standard error. Ctrl-C keeps what is done.

    Raises:
        CommandError: The operator stopped it.
    """
    total, done = run.turns.count(), run.turns.exclude(state="waiting").count()

    def told(_run: ReplayRun) -> None:
        nonlocal done
        done += 1
        end = "\r" if command.stderr.isatty() else "\n"
        command.stderr.write(f"run {run.pk}: {done} of {total}", ending=end)

    try:
        replays.work(run, told)
    except KeyboardInterrupt:
        text = f"interrupted; what is done is kept: manage.py replay --continue {run.pk}"
        raise CommandError(text, returncode=130) from None


def moment(text: str) -> datetime:
    """Returns an aware moment of "2026-11-30", "2026-11-30T09:00" or "24h".

    Raises:
        OperationError: It is none of these.
    """
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    number, unit = text.strip()[:-1], text.strip()[-1:].lower()
    try:
        if unit in units and number.isascii() and number.isdecimal():
            return timezone.now() - timedelta(**{units[unit]: int(number)})
        found = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise OperationError(f"--since {text}: write 2026-11-30, 2026-11-30T09:00 or 24h") from None
    return found if found.tzinfo is not None else timezone.make_aware(found)
