"""The diagrams of the documentation and of the admin are those that the code draws."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from django.utils.translation import override

from bots.models import Conversation
from bots.operations import dialog_diagrams
from clawdbot.flows import Collect, Flow, diagram
from clawdbot.flows.examples import load, names

PAGE = Path(__file__).resolve().parents[2] / "docs" / "dialog.md"
SVG = "{http://www.w3.org/2000/svg}"


def test_the_documentation_shows_what_the_code_draws() -> None:
    shown = re.findall(r"```mermaid\n(.*?)```", PAGE.read_text("utf8"), re.DOTALL)
    assert shown == [dialog_diagrams.conversation_mermaid(), diagram.mermaid(load("ticket"))]


def test_every_transition_of_the_state_machine_is_drawn() -> None:
    field = Conversation._meta.get_field("state")
    drawn = dialog_diagrams.conversation_mermaid()
    transitions = list(field.get_all_transitions(Conversation))
    assert len(transitions) > 5
    for one in transitions:
        assert f"    {one.source} --> {one.target}: {one.name}\n" in drawn


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", names())
def test_a_flow_is_drawn_with_a_box_for_each_step(name: str, language: str) -> None:
    flow = load(name)
    drawn = ET.fromstring(dialog_diagrams.flow_svg(flow, language))
    assert len(drawn.findall(f".//{SVG}rect")) == len(flow.steps) + 2
    titles = [title.text for title in drawn.iter(f"{SVG}title")]
    first = next(flow.collects())
    assert first.question["zh" if language == "zh-hans" else "en"] in titles


def test_the_states_are_drawn_in_the_readers_language() -> None:
    with override("zh-hans"):
        drawn = dialog_diagrams.conversation_svg(Conversation.State.COLLECTING)
    assert str(len(list(Conversation.State))) == str(drawn.count("<rect"))
    assert "Active" not in drawn


def test_words_of_a_flow_are_no_markup_in_a_diagram() -> None:
    flow = Flow("f", (Collect("a", question={"en": '"><script>alert(1)</script> & ]|'}),))
    assert "<script" not in dialog_diagrams.flow_svg(flow, "en")
    ET.fromstring(dialog_diagrams.flow_svg(flow, "en"))
    assert "<script" not in diagram.mermaid(flow)
    assert diagram.mermaid(flow).count('"') % 2 == 0
