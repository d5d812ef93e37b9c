"""A flow and the rules that a definition keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from clawdbot.errors import ClawdbotError
from clawdbot.flows.steps import (
    DOES,
    END,
    TESTS,
    TYPES,
    Act,
    Branch,
    Case,
    Collect,
    Confirm,
    HandOver,
    Step,
    Text,
    in_language,
)
from clawdbot.flows.values import is_canonical
from clawdbot.reasons import Reason

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
MOST_STEPS = 100
_NUMERIC = ("number", "integer")
_DATED = ("date", "datetime")
_TEXTS = ("text", "email", "phone")


class FlowError(ClawdbotError):
    """A definition is wrong. Its reason is for people who write flows.

    Attributes:
        place: Where, as in the JSON form: "steps[2].choices".
    """

    permanent = True

    def __init__(self, place: str, why: Reason) -> None:
        super().__init__(Reason("flow_at", place=place or "flow", why=why))
        self.place = place


@dataclass(frozen=True, slots=True)
class Timeouts:
    """What happens while a question stays open. Times are minutes after the question; days after it was parked.

    Attributes:
        remind_minutes: When the bot reminds once; 0: never.
        park_minutes: When the bot sets the flow aside; the next message is no answer any more.
        keep_days: How long the person can go on with it.
    """

    remind_minutes: int = 30
    park_minutes: int = 240
    keep_days: int = 7


@dataclass(frozen=True, slots=True)
class Flow:
    """What the bot asks and does, in order.

    Attributes:
        name: Short unique name of letters, digits, "-" and "_".
        steps: The steps; jumps between them go forward.
        title: What people call it, as in "Back to %(title)s"; empty: the name.
        triggers: Words that start it.
        version: Grows with each change. An open flow goes on with the new steps and the values that still fit.
        description: When to use it, for the team and for a language model.

    Raises:
        FlowError: The definition is wrong.
    """

    name: str
    steps: tuple[Step, ...]
    title: Text = field(default_factory=dict)
    triggers: tuple[str, ...] = ()
    version: int = 1
    description: str = ""
    timeouts: Timeouts = Timeouts()

    def __post_init__(self) -> None:
        _check(self)

    def called(self, language: str) -> str:
        """Returns what people call the flow."""
        return in_language(self.title, language) or self.name.replace("_", " ").replace("-", " ")

    def collects(self) -> Iterator[Collect]:
        """Yields the steps that ask for a value, in order."""
        return (step for step in self.steps if isinstance(step, Collect))

    def collect(self, slot: str) -> Collect | None:
        """Returns the step that asks for the slot."""
        return next((step for step in self.collects() if step.slot == slot), None)

    def id_of(self, index: int) -> str:
        """Returns the id of a step: its own, that of its slot, or its number."""
        step = self.steps[index]
        return step.id or (step.slot if isinstance(step, Collect) else f"step{index + 1}")

    def index_of(self, step_id: str) -> int:
        """Returns the index of a step; the number of steps for the end."""
        if step_id == END:
            return len(self.steps)
        return next(index for index in range(len(self.steps)) if self.id_of(index) == step_id)

    def after(self, index: int) -> int:
        """Returns the index of the step that follows, without a branch's cases."""
        following = self.steps[index].next
        return self.index_of(following) if following else index + 1


def _check(flow: Flow) -> None:
    if not NAME.fullmatch(flow.name):
        raise FlowError("name", Reason("flow_name"))
    if not 1 <= len(flow.steps) <= MOST_STEPS:
        raise FlowError("steps", Reason("flow_steps", most=MOST_STEPS))
    if flow.version < 1:
        raise FlowError("version", Reason("flow_least", least=1))
    if any(not word.strip() for word in flow.triggers):
        raise FlowError("triggers", Reason("flow_empty"))
    _check_timeouts(flow.timeouts)
    _check_ids(flow)
    for index, step in enumerate(flow.steps):
        _check_step(flow, index, step, f"steps[{index}]")


def _check_timeouts(timeouts: Timeouts) -> None:
    for name, least in (("remind_minutes", 0), ("park_minutes", 1), ("keep_days", 0)):
        if getattr(timeouts, name) < least:
            raise FlowError(f"timeouts.{name}", Reason("flow_least", least=least))
    if timeouts.remind_minutes >= timeouts.park_minutes:
        raise FlowError("timeouts.remind_minutes", Reason("flow_remind_before_park"))


def _check_ids(flow: Flow) -> None:
    seen: set[str] = set()
    slots: set[str] = set()
    for index, step in enumerate(flow.steps):
        name = flow.id_of(index)
        if isinstance(step, Collect):
            if not NAME.fullmatch(step.slot):
                raise FlowError(f"steps[{index}].slot", Reason("flow_name"))
            if step.slot in slots:
                raise FlowError(f"steps[{index}].slot", Reason("flow_twice", name=step.slot))
            slots.add(step.slot)
        if name in seen or name == END:
            raise FlowError(f"steps[{index}].id", Reason("flow_twice", name=name))
        seen.add(name)


def _check_step(flow: Flow, index: int, step: Step, place: str) -> None:
    if step.next:
        _check_jump(flow, index, step.next, f"{place}.next")
    if isinstance(step, Collect):
        _check_collect(flow, index, step, place)
    elif isinstance(step, Act):
        _check_act(flow, index, step, place)
    elif isinstance(step, Branch):
        _check_branch(flow, index, step, place)
    elif not isinstance(step, (Confirm, HandOver)) and not any(step.text.values()):
        raise FlowError(f"{place}.text", Reason("flow_empty"))


def _check_jump(flow: Flow, index: int, target: str, place: str) -> None:
    if target != END and target not in {flow.id_of(other) for other in range(len(flow.steps))}:
        raise FlowError(place, Reason("flow_unknown_step", name=target))
    if flow.index_of(target) <= index:
        raise FlowError(place, Reason("flow_backward", name=target))


def _check_collect(flow: Flow, index: int, step: Collect, place: str) -> None:
    if step.type not in TYPES:
        raise FlowError(f"{place}.type", Reason("flow_one_of", known=", ".join(TYPES)))
    if not any(step.question.values()):
        raise FlowError(f"{place}.question", Reason("flow_empty"))
    if (step.type == "choice") != bool(step.choices):
        raise FlowError(f"{place}.choices", Reason("flow_choices"))
    values = [choice.value for choice in step.choices]
    if any(not value for value in values) or len(set(values)) < len(values):
        raise FlowError(f"{place}.choices", Reason("flow_choice_values"))
    _check_rules(flow, index, step, place)


def _check_rules(flow: Flow, index: int, step: Collect, place: str) -> None:
    earlier = {one.slot: one for one in flow.steps[:index] if isinstance(one, Collect)}
    for name in ("minimum", "maximum"):
        _check_bound(step, getattr(step, name), earlier, f"{place}.{name}")
    low, high = step.minimum, step.maximum
    if isinstance(low, (int, float)) and isinstance(high, (int, float)) and low > high:
        raise FlowError(f"{place}.minimum", Reason("flow_bounds"))
    for name in step.depends_on:
        if name not in earlier:
            raise FlowError(f"{place}.depends_on", Reason("flow_unknown_slot", name=name))
    if step.pattern and step.type not in _TEXTS:
        raise FlowError(f"{place}.pattern", Reason("flow_only_for", types=", ".join(_TEXTS)))
    try:
        re.compile(step.pattern)
    except re.error as error:
        raise FlowError(f"{place}.pattern", Reason("flow_pattern", why=str(error))) from None
    if step.future and step.type not in _DATED:
        raise FlowError(f"{place}.future", Reason("flow_only_for", types=", ".join(_DATED)))
    if (step.shortest or 0) > (step.longest if step.longest is not None else 10**6):
        raise FlowError(f"{place}.shortest", Reason("flow_bounds"))


def _check_bound(step: Collect, bound: float | str | None, earlier: Mapping[str, Collect], place: str) -> None:
    if bound is None:
        return
    if step.type not in (*_NUMERIC, *_DATED, "time"):
        raise FlowError(place, Reason("flow_only_for", types=", ".join((*_NUMERIC, *_DATED, "time"))))
    if isinstance(bound, str) and bound in earlier:
        if earlier[bound].type != step.type and not {earlier[bound].type, step.type} <= set(_NUMERIC):
            raise FlowError(place, Reason("flow_other_type", name=bound))
        return
    if isinstance(bound, bool) or not is_canonical(step.type, bound):
        raise FlowError(place, Reason("flow_bound", type=step.type))


def _check_act(flow: Flow, index: int, step: Act, place: str) -> None:
    if step.do not in DOES:
        raise FlowError(f"{place}.do", Reason("flow_one_of", known=", ".join(DOES)))
    if step.do == "skill" and not step.skill:
        raise FlowError(f"{place}.skill", Reason("flow_empty"))
    if step.do == "webhook" and not step.url.startswith(("https://", "http://")):
        raise FlowError(f"{place}.url", Reason("address_not_http"))
    if step.do == "say" and not any(step.text.values()):
        raise FlowError(f"{place}.text", Reason("flow_empty"))
    if step.effect and step.do in ("skill", "webhook") and not _confirmed_before(flow, index):
        raise FlowError(place, Reason("flow_unconfirmed"))


def _confirmed_before(flow: Flow, index: int) -> bool:
    """Returns whether every way to the step goes through a confirmation."""
    open_ways = {0}  # steps that can be reached without one
    for here in range(index):
        if here not in open_ways or isinstance(flow.steps[here], Confirm):
            continue
        step = flow.steps[here]
        open_ways.add(flow.after(here))
        if isinstance(step, Branch):
            open_ways.update(flow.index_of(case.goto) for case in step.cases)
    return index not in open_ways


def _check_branch(flow: Flow, index: int, step: Branch, place: str) -> None:
    collect = flow.collect(step.slot)
    if collect is None or flow.steps.index(collect) > index:
        raise FlowError(f"{place}.slot", Reason("flow_unknown_slot", name=step.slot))
    if not step.cases:
        raise FlowError(f"{place}.cases", Reason("flow_empty"))
    for number, case in enumerate(step.cases):
        _check_case(case, collect, f"{place}.cases[{number}]")
        _check_jump(flow, index, case.goto, f"{place}.cases[{number}].goto")


def _check_case(case: Case, collect: Collect, place: str) -> None:
    if case.test not in TESTS:
        raise FlowError(f"{place}.test", Reason("flow_one_of", known=", ".join(TESTS)))
    if case.test in ("given", "missing"):
        return
    if case.value is None:
        raise FlowError(f"{place}.value", Reason("flow_empty"))
    if collect.choices and case.value not in {choice.value for choice in collect.choices}:
        raise FlowError(f"{place}.value", Reason("flow_one_of", known=", ".join(one.value for one in collect.choices)))
