"""Begins, stops and reads replays, and keeps the marks of operators."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from bots.i18n.failure_texts import describe_column
from bots.models import Bot, EvaluationSet, Message, ModelProvider, ReplayRun, ReplayTurn
from bots.operations import configuration_log
from bots.operations.errors import OperationError
from bots.pipeline.queue import wakeups
from bots.replays import past_turns, repeating, runs, selection
from skills.models import Skill

if TYPE_CHECKING:
    from bots.people.audit_log import Actor

DEFAULT_LIMIT, MOST = 50, selection.MOST
PARALLEL, DEADLINE_S = runs.PARALLEL, (1.0, 3600.0)
State, Mark = ReplayRun.State, ReplayTurn.Mark
NO_SKILLS = "none"


@dataclass(frozen=True, slots=True)
class Options:
    """What a run changes against the bot as it is, and how it works.

    Attributes:
        provider: Name of the only provider, which may be switched off; "" leaves the order as it is.
        instructions: Other instructions; None leaves those of the bot.
        skills: Names of the only skills; None leaves those of the bot.
        live_readers: Tools that only read are called when there is no recorded result.
        deadline_s: Seconds for one answer.
        parallel: Answers at a time.
        repeat: How often each saved question is asked.
    """

    provider: str = ""
    instructions: str | None = None
    skills: tuple[str, ...] | None = None
    live_readers: bool = False
    deadline_s: float = repeating.TOTAL_S
    parallel: int = 1
    repeat: int = 1

    def stored(self) -> dict[str, Any]:
        """Returns the options as a run stores them.

        Raises:
            OperationError: A provider or skill does not exist, or a number is out of its bounds.
        """
        if self.provider and not ModelProvider.objects.filter(name=self.provider).exists():
            raise OperationError(_("There is no provider “%(name)s”.") % {"name": self.provider})
        known = set(Skill.objects.filter(name__in=self.skills or ()).values_list("name", flat=True))
        if missing := [name for name in self.skills or () if name not in known]:
            raise OperationError(_("There is no skill “%(name)s”.") % {"name": missing[0]})
        if not PARALLEL[0] <= self.parallel <= PARALLEL[1]:
            raise OperationError(_("At most %(n)s answers can be made at a time.") % {"n": PARALLEL[1]})
        if not DEADLINE_S[0] <= self.deadline_s <= DEADLINE_S[1]:
            raise OperationError(_("The time for one answer is 1 to 3600 seconds."))
        return {
            "provider": self.provider,
            "instructions": self.instructions,
            "skills": None if self.skills is None else list(self.skills),
            "live_readers": self.live_readers,
            "deadline_s": self.deadline_s,
            "parallel": self.parallel,
            "repeat": self.repeat,
        }

    def changed(self) -> list[str]:
        """Returns the names of what the run changes, for the audit log."""
        changes = {"provider": self.provider, "instructions": self.instructions, "skills": self.skills}
        return [name for name, value in changes.items() if value not in ("", None)] or ["nothing"]


def skills_of(text: str | None) -> tuple[str, ...] | None:
    """Returns the names of a list with commas; none for "none"; None for no list."""
    if text is None or not text.strip():
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    return () if names == [NO_SKILLS] else tuple(dict.fromkeys(names))


def begin(
    bot: Bot,
    actor: Actor,
    options: Options,
    *,
    since: datetime | None = None,
    conversation: int | None = None,
    limit: int = DEFAULT_LIMIT,
    background: bool = False,
) -> ReplayRun:
    """Makes a run over the latest past turns, oldest first. A background run is worked on at once by a worker.

    Raises:
        OperationError: An option is wrong, or there is no turn to repeat.
    """
    if not 1 <= limit <= MOST:
        raise OperationError(_("A replay takes 1 to %(n)s turns.") % {"n": MOST})
    run = _new(bot, actor, options, background)
    chosen = selection.choose(bot, since=since, conversation=conversation, limit=limit)
    if not chosen:
        raise OperationError(_("There is no turn to repeat: nothing that a model or a skill has answered."))
    runs.plan(run, chosen)
    _begun(run, actor, options)
    return run


def begin_set(
    questions: EvaluationSet, bot: Bot, actor: Actor, options: Options, *, background: bool = False
) -> ReplayRun:
    """Makes a run over the questions of a set that are enabled.

    Raises:
        OperationError: An option is wrong, or the set has no question.
    """
    if not 1 <= options.repeat <= 20:
        raise OperationError(_("A question is asked 1 to 20 times."))
    cases = list(questions.cases.filter(enabled=True))
    if not cases:
        raise OperationError(_("The set has no question."))
    if len(cases) * options.repeat > MOST:
        raise OperationError(_("A run asks at most %(n)s questions.") % {"n": MOST})
    run = _new(bot, actor, options, background)
    run.evaluation_set = questions
    runs.plan_set(run, cases, options.repeat)
    _begun(run, actor, options)
    return run


def _new(bot: Bot, actor: Actor, options: Options, background: bool) -> ReplayRun:
    name = actor if isinstance(actor, str) else actor.get_username()
    return ReplayRun(bot=bot, options=options.stored(), background=background, started_by=name[:200])


def _begun(run: ReplayRun, actor: Actor, options: Options) -> None:
    configuration_log.record(configuration_log.Action.ADDED, run, actor, options.changed())
    if run.background:
        wakeups.after_commit(wakeups.REPLAY, run.pk, "")


def work(run: ReplayRun, told: Callable[[ReplayRun], None] | None = None) -> ReplayRun:
    """Works on the run in this process to its end. Returns it as it is then.

    Raises:
        OperationError: Another process works on it, or it cannot be worked on.
    """
    try:
        claimed = runs.work(run.pk, slice_s=float("inf"), told=told)
    except runs.CannotRun as error:
        raise OperationError(str(error)) from None
    if not claimed:
        raise OperationError(_("Another process works on this run, or it is done."))
    run.refresh_from_db()
    return run


def go_on(run: ReplayRun, actor: Actor, *, background: bool = False) -> ReplayRun:
    """Opens a run again that was stopped or interrupted, or whose answers failed; those are made again.

    Raises:
        OperationError: There is nothing left to do.
    """
    with transaction.atomic():
        failed = run.turns.filter(state=ReplayTurn.State.FAILED)
        failed.update(state=ReplayTurn.State.WAITING, error="", error_code="", error_params={})
        if not run.turns.filter(state=ReplayTurn.State.WAITING).exists():
            raise OperationError(_("All turns of this run have an answer."))
        ReplayRun.objects.filter(pk=run.pk).exclude(state=State.RUNNING).update(
            state=State.WAITING, stop_requested=False, background=background, finished_at=None
        )
        run.refresh_from_db()
        configuration_log.record(configuration_log.Action.CHANGED, run, actor, ["state"])
        if background:
            wakeups.after_commit(wakeups.REPLAY, run.pk, "")
    return run


def stop(run: ReplayRun, actor: Actor) -> None:
    """Asks the worker to stop after what it is at; a run that nobody works on is stopped at once.

    Raises:
        OperationError: It is not under way.
    """
    with transaction.atomic():
        if not ReplayRun.objects.open().filter(pk=run.pk).update(stop_requested=True):
            raise OperationError(_("This run is not under way."))
        ReplayRun.objects.filter(pk=run.pk, state=State.WAITING).update(state=State.STOPPED)
        configuration_log.record(configuration_log.Action.CHANGED, run, actor, ["state"])


def mark(row: ReplayTurn, value: str, actor: Actor) -> None:
    """Keeps what an operator thinks of the new answer: "better", "worse", "same", or "" for no mark.

    Raises:
        OperationError: There is no such mark, or no answer yet.
    """
    if value not in Mark.values:
        raise OperationError(_("There is no such mark."))
    if row.state != ReplayTurn.State.DONE:
        raise OperationError(_("There is no answer to mark."))
    name = actor if isinstance(actor, str) else actor.get_username()
    ReplayTurn.objects.filter(pk=row.pk).update(mark=value, marked_by=name[:200] if value else "")


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of a run: turns by state, marks, held questions, and figures then and now of turns with both."""

    states: Mapping[str, int]
    marks: Mapping[str, int]
    changed: int
    held: int
    failed: int
    not_judged: int
    then: Mapping[str, Decimal]
    now: Mapping[str, Decimal]

    @property
    def total(self) -> int:
        return sum(self.states.values())

    @property
    def finished(self) -> int:
        return self.total - self.states.get("waiting", 0)


def sums(run: ReplayRun) -> Sums:
    """Returns the sums of a run. One query, and one for the former answers."""
    rows = list(run.turns.select_related("message").defer("findings", "limits"))
    former = answers_of(rows)
    done = [row for row in rows if row.state == ReplayTurn.State.DONE]
    judged = Counter(row.held for row in done)
    return Sums(
        states=Counter(row.state for row in rows),
        marks=Counter(row.mark for row in done),
        changed=sum(is_changed(row, former) for row in done),
        held=judged[True],
        failed=judged[False],
        not_judged=judged[None],
        then=_summed([row.figures_then for row in done]),
        now=_summed([row.figures_now for row in done]),
    )


def _summed(figures: list[dict[str, Any]]) -> dict[str, Decimal]:
    return {name: sum((_number(one.get(name)) for one in figures), Decimal(0)) for name in _FIGURES}


_FIGURES = ("prompt", "completion", "ms", "cost")


def _number(value: Any) -> Decimal:
    try:
        return Decimal(str(value or 0))
    except InvalidOperation:
        return Decimal(0)


def answers_of(rows: list[ReplayTurn]) -> dict[int, str]:
    """Returns the answers that people got, by id of the inbox row. One query."""
    events = [row.message.inbound_id for row in rows if row.message is not None and row.message.inbound_id]
    found = Message.objects.filter(inbound__in=events, role=Message.Role.ASSISTANT)
    return dict(found.values_list("inbound_id", "text"))


def former_answer(row: ReplayTurn, answers: Mapping[int, str]) -> str:
    """Returns the answer that the person got; "" when it is gone, or for a saved question."""
    inbound = row.message.inbound_id if row.message is not None else None
    return answers.get(inbound, "") if inbound is not None else ""


def is_changed(row: ReplayTurn, answers: Mapping[int, str]) -> bool:
    """Returns whether the answer has other words than the former one, or other tools were called."""
    words = former_answer(row, answers).split() != row.answer.split()
    return words or list(row.figures_then.get("tools") or ()) != list(row.figures_now.get("tools") or ())


def limits_of(row: ReplayTurn) -> list[str]:
    """Returns what could not be as it was, in the active language."""
    return [str(past_turns.LIMITS.get(code, code)) for code in row.limits]


def error_of(row: ReplayTurn) -> str:
    """Returns why there is no answer, in the active language; "" when there is one."""
    return describe_column(row, "error")


def get(number: int) -> ReplayRun:
    """Returns a run.

    Raises:
        OperationError: There is none of this number.
    """
    found = ReplayRun.objects.select_related("bot", "evaluation_set").filter(pk=number).first()
    if found is None:
        raise OperationError(_("There is no run %(n)s.") % {"n": number})
    return found
