"""A definition is checked when it is made, survives JSON, and a wrong one is refused with the place of the error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clawdbot.flows import (
    Act,
    Branch,
    Case,
    Choice,
    Collect,
    Confirm,
    Flow,
    FlowError,
    HandOver,
    Say,
    Timeouts,
    from_dict,
    to_dict,
)

Q = {"en": "Which?", "zh": "哪个？"}

FULL = Flow(
    name="stay",
    title={"en": "the room", "zh": "订房"},
    triggers=("book a room", "订房"),
    version=3,
    description="Books a room.",
    timeouts=Timeouts(5, 60, 3),
    steps=(
        Say({"en": "Welcome.", "zh": "欢迎。"}),
        Collect("arrival", "date", Q, future=True, words=("check-in",)),
        Collect("departure", "date", Q, minimum="arrival"),
        Collect("guests", "integer", Q, minimum=1, maximum=4),
        Collect("room", "choice", Q, choices=(Choice("single", {"zh": "单人间"}), Choice("double", words=("twin",)))),
        Branch("guests", (Case("at_least", "big", 4),)),
        Collect("note", "text", Q, required=False, longest=80, free=True, next="sure"),
        HandOver("a large group", id="big"),
        Confirm(id="sure"),
        Act("webhook", url="https://example.org/rooms", text={"en": "Booked for {arrival}."}),
    ),
)


def test_a_flow_survives_json() -> None:
    assert from_dict(json.loads(json.dumps(to_dict(FULL)))) == FULL


def test_the_json_form_leaves_defaults_out() -> None:
    made = to_dict(Flow("ask", (Collect("city", question={"en": "Which city?"}),)))
    assert made == {"name": "ask", "steps": [{"kind": "collect", "slot": "city", "question": {"en": "Which city?"}}]}


def test_a_text_may_be_one_string_and_a_choice_its_value() -> None:
    step = {"kind": "collect", "slot": "size", "type": "choice", "question": "Size?", "choices": ["S", "M"]}
    made = from_dict({"name": "shirt", "steps": [step]})
    collect = next(made.collects())
    assert collect.question == {"en": "Size?", "zh": "Size?"}
    assert [choice.value for choice in collect.choices] == ["S", "M"]


def one(**step: Any) -> dict[str, Any]:
    return {"name": "f", "steps": [{"kind": "collect", "slot": "a", "question": "?"} | step]}


WRONG: list[tuple[Any, str]] = [
    ([], "flow"),
    ({"steps": []}, "name"),
    ({"name": "f"}, "steps"),
    ({"name": "f", "steps": []}, "steps"),
    ({"name": "9f", "steps": [{"kind": "say", "text": "hi"}]}, "name"),
    ({"name": "f", "steps": ["say"]}, "steps[0]"),
    ({"name": "f", "steps": [{"kind": "sing"}]}, "steps[0].kind"),
    ({"name": "f", "steps": [{"kind": "say"}]}, "steps[0].text"),
    ({"name": "f", "steps": [{"kind": "say", "text": ""}]}, "steps[0].text"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "trigers": []}, "trigers"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "triggers": "a"}, "triggers"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "triggers": [1]}, "triggers[0]"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "triggers": [" "]}, "triggers"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "version": 0}, "version"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "version": True}, "version"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "timeouts": {"park_minutes": 0}}, "timeouts.park_minutes"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a"}], "timeouts": {"remind_minutes": 500}},
     "timeouts.remind_minutes"),
    (one(slot="a b"), "steps[0].slot"),
    (one(slot=5), "steps[0].slot"),
    (one(type="colour"), "steps[0].type"),
    (one(question={}), "steps[0].question"),
    (one(required="yes"), "steps[0].required"),
    (one(type="choice"), "steps[0].choices"),
    (one(choices=["x"]), "steps[0].choices"),
    (one(type="choice", choices=["x", "x"]), "steps[0].choices"),
    (one(type="choice", choices=[{"label": "X"}]), "steps[0].choices[0].value"),
    (one(type="number", minimum=5, maximum=1), "steps[0].minimum"),
    (one(type="number", minimum="other"), "steps[0].minimum"),
    (one(type="date", minimum="tomorrow"), "steps[0].minimum"),
    (one(type="text", minimum=3), "steps[0].minimum"),
    (one(type="date", pattern="x"), "steps[0].pattern"),
    (one(pattern="("), "steps[0].pattern"),
    (one(future=True), "steps[0].future"),
    (one(shortest=9, longest=2), "steps[0].shortest"),
    (one(longest="9"), "steps[0].longest"),
    (one(depends_on=["b"]), "steps[0].depends_on"),
    (one(next="a"), "steps[0].next"),
    (one(next="nowhere"), "steps[0].next"),
    ({"name": "f", "steps": [{"kind": "say", "text": "a", "id": "end"}]}, "steps[0].id"),
    ({"name": "f", "steps": [one()["steps"][0], one()["steps"][0]]}, "steps[1].slot"),
    ({"name": "f", "steps": [{"kind": "branch", "slot": "a", "cases": []}]}, "steps[0].slot"),
    ({"name": "f", "steps": [one()["steps"][0], {"kind": "branch", "slot": "a", "cases": []}]}, "steps[1].cases"),
    ({"name": "f", "steps": [one()["steps"][0], {"kind": "branch", "slot": "a",
      "cases": [{"test": "is", "goto": "end"}]}]}, "steps[1].cases[0].value"),
    ({"name": "f", "steps": [one()["steps"][0], {"kind": "branch", "slot": "a",
      "cases": [{"test": "given", "goto": "a"}]}]}, "steps[1].cases[0].goto"),
    ({"name": "f", "steps": [{"kind": "act", "do": "fly"}]}, "steps[0].do"),
    ({"name": "f", "steps": [{"kind": "act", "do": "skill"}]}, "steps[0].skill"),
    ({"name": "f", "steps": [{"kind": "act", "do": "say"}]}, "steps[0].text"),
    ({"name": "f", "steps": [{"kind": "act", "do": "webhook", "url": "ftp://x"}]}, "steps[0].url"),
    ({"name": "f", "steps": [{"kind": "act", "do": "webhook", "url": "https://x"}]}, "steps[0]"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "place"), WRONG)
def test_a_wrong_definition_is_refused_at_its_place(value: Any, place: str) -> None:
    with pytest.raises(FlowError) as raised:
        from_dict(value)
    assert (raised.value.place or "flow") == place
    assert str(raised.value).startswith(f"{place}: ")


def test_an_effect_needs_a_confirmation_on_every_way_to_it() -> None:
    ask, act = Collect("size", "integer", Q), Act("skill", skill="shop")
    with pytest.raises(FlowError, match="confirm"):
        Flow("f", (ask, Branch("size", (Case("at_least", "step4", 3),)), Confirm(), act))
    Flow("f", (ask, Branch("size", (Case("at_least", "step3", 3),)), Confirm(), act))
    Flow("f", (ask, Act("skill", skill="weather", effect=False)))
