"""Where a flow stands: derived from its values and from the steps that are done, never stored apart from them.

So a changed value leads to the right next step by itself, whatever branches it passes.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any

from clawdbot.flows.definition import Flow
from clawdbot.flows.steps import Branch, Case, Collect, HandOver
from clawdbot.flows.values import Surroundings, Unfit, check


def path(flow: Flow, slots: Mapping[str, Any], done: frozenset[str] | set[str]) -> list[int]:
    """Returns the indexes of the steps from the first to the one that is open; the last is `len(steps)` at the end.

    Args:
        flow: The flow.
        slots: Known values by slot; None for one that was skipped.
        done: Ids of steps without a value that are done.
    """
    here, way = 0, []
    while here < len(flow.steps):
        way.append(here)
        step = flow.steps[here]
        if isinstance(step, Branch):
            here = _target(flow, step, here, slots)
            continue
        is_done = step.slot in slots if isinstance(step, Collect) else flow.id_of(here) in done
        if not is_done:
            return way
        here = len(flow.steps) if isinstance(step, HandOver) else flow.after(here)
    return [*way, here]


def set_slot(
    flow: Flow, slots: MutableMapping[str, Any], slot: str, value: Any, around: Surroundings
) -> tuple[str, ...]:
    """Stores a value and drops those that depend on the former one and no longer fit. Returns the dropped slots."""
    changed = slot in slots and slots[slot] != value
    slots[slot] = value
    if not changed:
        return ()
    dropped: list[str] = []
    for step in flow.collects():
        if step.slot not in slots or step.slot == slot or slots[step.slot] is None:
            continue
        if {slot, *dropped} & set(step.depends_on) or not _still_fits(step, slots, around):
            del slots[step.slot]
            dropped.append(step.slot)
    return tuple(dropped)


def refit(flow: Flow, slots: Mapping[str, Any], around: Surroundings) -> dict[str, Any]:
    """Returns the values that fit this version of the flow."""
    kept: dict[str, Any] = {}
    for step in flow.collects():
        if step.slot in slots and (value := slots[step.slot]) is None and not step.required:
            kept[step.slot] = None
        elif step.slot in slots and _still_fits(step, {**kept, step.slot: value}, around):
            kept[step.slot] = value
    return kept


def _still_fits(step: Collect, slots: Mapping[str, Any], around: Surroundings) -> bool:
    try:
        check(step, slots[step.slot], around, slots)
    except (Unfit, TypeError):  # a stored value of another type cannot even be compared
        return False
    return True


def _target(flow: Flow, step: Branch, here: int, slots: Mapping[str, Any]) -> int:
    value = slots.get(step.slot)
    for case in step.cases:
        if _holds(case, value):
            return flow.index_of(case.goto)
    return flow.after(here)


def _holds(case: Case, value: Any) -> bool:
    if case.test in ("given", "missing"):
        return (value is None) == (case.test == "missing")
    if case.test in ("is", "is_not"):
        return bool(value == case.value) == (case.test == "is")
    if value is None or type(case.value) is bool:
        return False
    try:
        return bool(value >= case.value) if case.test == "at_least" else bool(value <= case.value)
    except TypeError:  # a number against a text
        return False
