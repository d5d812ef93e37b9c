"""Whatever the steps and values of a flow are: each open state has a way to the end, and survives JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from clawdbot.flows import Branch, Case, Choice, Collect, Confirm, Flow, HandOver, Say, from_dict, to_dict
from clawdbot.flows.steps import END, Step
from clawdbot.flows.values import Surroundings
from clawdbot.flows.walk import path, refit, set_slot

Q = {"en": "?"}
AROUND = Surroundings(datetime(2026, 11, 30, tzinfo=UTC))
VALUES: dict[str, list[Any]] = {
    "integer": [0, 3, 9],
    "yes_no": [True, False],
    "choice": ["a", "b"],
    "date": ["2026-12-01", "2027-01-01"],
    "text": ["x", "longer words"],
}


@st.composite
def flows(draw: st.DrawFn) -> Flow:
    """Draws a flow with branches and jumps, which always go forward."""
    kinds = draw(st.lists(st.sampled_from(["collect", "collect", "say", "confirm", "branch", "hand_over"]), max_size=9))
    names = [f"s{index}" for index in range(len(kinds) + 1)]
    steps: list[Step] = [Collect("s0", "integer", Q)]
    slots = ["s0"]
    for index, kind in enumerate(kinds, 1):
        later = [*names[index + 1 :], END]
        following = draw(st.sampled_from(["", "", *later]))
        if kind == "collect":
            type_ = draw(st.sampled_from(sorted(VALUES)))
            depends = tuple(draw(st.lists(st.sampled_from(slots), max_size=1)))
            choices = (Choice("a"), Choice("b")) if type_ == "choice" else ()
            required = draw(st.booleans())
            steps.append(
                Collect(names[index], type_, Q, choices=choices, required=required, depends_on=depends, next=following)
            )
            slots.append(names[index])
        elif kind == "branch":
            slot = draw(st.sampled_from(slots))
            case = Case(draw(st.sampled_from(["given", "missing"])), draw(st.sampled_from(later)))
            steps.append(Branch(slot, (case,), names[index], following))
        elif kind == "say":
            steps.append(Say(Q, names[index], following))
        else:
            steps.append(Confirm(Q, names[index], following) if kind == "confirm" else HandOver("", Q, names[index]))
    return Flow("drawn", tuple(steps))


@given(flows())
def test_a_flow_survives_json(flow: Flow) -> None:
    assert from_dict(json.loads(json.dumps(to_dict(flow)))) == flow


@given(flows(), st.data())
def test_from_every_state_answers_lead_to_the_end(flow: Flow, data: st.DataObject) -> None:
    slots: dict[str, Any] = {}
    done: set[str] = set()
    for step in flow.collects():  # any state, also one that no conversation reaches
        if data.draw(st.booleans()):
            slots[step.slot] = data.draw(st.sampled_from([*VALUES[step.type], None]))
    for _answer in range(len(flow.steps) + 1):
        index = path(flow, slots, done)[-1]
        if index == len(flow.steps):
            return
        step = flow.steps[index]
        if isinstance(step, Collect):
            slots[step.slot] = data.draw(st.sampled_from(VALUES[step.type]))
        else:
            done.add(flow.id_of(index))
    raise AssertionError("the flow does not end")


@given(flows(), st.data())
def test_after_any_change_every_value_fits(flow: Flow, data: st.DataObject) -> None:
    slots: dict[str, Any] = {}
    collects = list(flow.collects())
    for _change in range(6):
        step = data.draw(st.sampled_from(collects))
        set_slot(flow, slots, step.slot, data.draw(st.sampled_from(VALUES[step.type])), AROUND)
        assert refit(flow, slots, AROUND) == slots
        assert json.loads(json.dumps(slots)) == slots
