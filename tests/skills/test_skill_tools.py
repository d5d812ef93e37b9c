"""Skills with parameters are tools: schema, effects, approval, checked arguments, results."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from clawdbot.skills import Context, Effect, SkillError
from skills import catalogue, registry, skill_tools
from skills.models import Skill
from skills.tool_types import Tool
from tests.builders import make_bot
from tests.skills import samples
from tests.skills.builders import give, make_skill

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

HERE = "tests.skills.service_samples"


def tool(name: str) -> Tool:
    skill = make_skill(name if "." in name else f"{HERE}.{name}", "go")
    catalogue.clear_cache()
    (made,) = skill_tools.of_bot(make_bot().pk, "en")
    assert made.source_id == skill.pk
    return made


def context() -> Context:
    return Context({"text": "go", "language": "en"})


def test_annotations_become_a_schema_with_limits_choices_and_descriptions() -> None:
    made = tool("Forecast")
    jsonschema.Draft202012Validator.check_schema(dict(made.schema))
    properties = made.schema["properties"]
    assert properties["city"] == {
        "type": "string", "minLength": 2, "maxLength": 40, "description": "Which city?",
    }  # fmt: skip
    assert (properties["days"]["minimum"], properties["days"]["maximum"]) == (1, 16)
    assert properties["days"]["description"] == "Days ahead"
    assert made.schema["required"] == ["city"]
    assert made.schema["additionalProperties"] is False
    assert (made.effects, made.approval, made.idempotent) == (frozenset({Effect.READS}), False, True)


def test_arguments_are_checked_converted_and_filled_with_defaults() -> None:
    made = tool("Forecast")
    assert made.call({"city": "Paris", "unit": "fahrenheit"}, context()).text.startswith("Paris 3 fahrenheit")
    refused = made.call({"days": 99}, context())
    assert (refused.ok, "city" in refused.text, "days" in refused.text) == (False, True, True)


def test_a_model_declares_parameters_and_a_preview_tells_what_will_happen() -> None:
    made = tool("Booking")
    assert made.schema["properties"]["title"] == {"type": "string", "default": "table"}
    assert (made.approval, made.idempotent) == (True, True)
    assert made.preview({"guests": 2}, context()) == "Book a table for 2 at evening."
    assert made.call({"guests": 2, "when": "noon"}, context()).text == "booked table for 2 at noon"


def test_a_tuple_of_parameters_is_a_schema_too() -> None:
    made = tool("Mapped")
    assert made.schema["properties"] == {
        "sides": {"type": "integer", "description": "How many sides?"},
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
    }
    assert made.call({"sides": 6}, context()).text == "6 red"
    assert made.call({"sides": 6.0, "colour": "BLUE"}, context()).text == "6 blue"
    assert made.call({"sides": "many"}, context()).ok is False
    assert made.call({"sides": 6, "colour": "green"}, context()).text.endswith("colour: red / blue")


def test_a_skill_without_parameters_is_a_tool_only_when_it_says_so() -> None:
    assert tool("NoParameters").call({}, context()).text == "nothing needed"
    make_skill("Echo", "say")
    catalogue.clear_cache()
    assert len(skill_tools.of_bot(make_bot().pk, "en")) == 1


def test_a_disabled_skill_is_no_tool() -> None:
    bot, skill = make_bot(), make_skill(f"{HERE}.Forecast")
    give(bot, skill, enabled=False)
    assert skill_tools.of_bot(bot.pk, "en") == ()


def test_a_failure_is_a_result_and_a_sentence_for_the_person_is_raised() -> None:
    made = tool("Mapped")
    entry = catalogue.entries(make_bot().pk)[0]
    assert made.call({"sides": 1}, context()).ok
    for name, told in (("Fails", "RuntimeError"), ("Exits", "SystemExit"), ("Silent", "ValueError")):
        result = skill_tools._call(_as(entry, name), registry.declared(f"{samples.__name__}.{name}"), {}, context())
        assert (result.ok, told in result.text) == (False, True)
        assert "abcdefghijklmnop" not in result.text
    with pytest.raises(SkillError, match="Sundays"):
        skill_tools._call(_as(entry, "Refuses"), registry.declared(f"{samples.__name__}.Refuses"), {}, context())


def test_a_skill_whose_annotation_is_undefined_says_so_where_it_is_loaded() -> None:
    with pytest.raises(registry.SkillUnavailable, match="UnknownThing"):
        registry.load(f"{HERE}.BadAnnotation")


def test_names_suit_every_model() -> None:
    Skill.objects.create(module=f"{HERE}.Forecast", name="天气 预报")
    catalogue.clear_cache()
    assert skill_tools.of_bot(make_bot().pk, "en")[0].name == "Forecast"


def _as(entry: catalogue.Entry, name: str) -> catalogue.Entry:
    return replace(entry, module=f"tests.skills.samples.{name}")
