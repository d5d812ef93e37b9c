"""Saved questions are asked and judged; sets come and go as files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bots.models import AuditEntry, Bot, Channel, EvaluationCase, EvaluationSet, Message, ModelProvider, Person
from bots.operations import evaluations
from bots.operations.errors import OperationError
from bots.people import erasure, export
from tests.builders import make_bot
from tests.http_server import json_answer
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.tool_model import Wants, call

pytestmark = [pytest.mark.django_db, pytest.mark.databases, pytest.mark.usefixtures("words_only")]

TWO = """
- question: What is 2+2?
  expect: [{contains: 4}, {longest: 100}]
- name: city
  question: 她住在哪里？
  expect:
    - language: zh
    - contains: 成都
"""


def made(text: str = TWO, name: str = "basics", **values: Any) -> EvaluationSet:
    return evaluations.load(text, name, values.pop("bot", None) or make_bot(), "tester", **values)


def evaluated(name: str = "basics", **options: Any) -> tuple[int, str]:
    told = io.StringIO()
    try:
        call_command("evaluate", name, stdout=told, stderr=io.StringIO(), **options)
    except CommandError as error:
        return error.returncode, f"{told.getvalue()}{error}"
    return 0, told.getvalue()


def test_all_hold() -> None:
    made()
    with asking(Wants("It is 4."), Wants("她住在成都。")) as model:
        code, told = evaluated()
    assert (code, "2 hold, 0 fail, 0 errors" in told) == (0, True)
    assert model.requests[0]["messages"][-1]["content"] == "What is 2+2?"
    assert Message.objects.count() == Person.objects.count() == 0
    assert AuditEntry.objects.filter(subject__startswith="bots.replayrun").count() == 1


def test_some_fail() -> None:
    made()
    with asking(Wants("It is 5."), Wants("She lives in Chengdu.")):
        code, told = evaluated()
    assert code == 1
    assert "contains '4'" in told
    assert "answer: 'It is 5.'" in told


def test_an_error_is_no_verdict() -> None:
    made()
    with asking(Wants("It is 4."), json_answer({"error": "down"}, 500)):
        code, told = evaluated()
    assert (code, "1 hold, 0 fail, 1 errors" in told) == (2, True)
    with asking(Wants("It is 5."), json_answer({"error": "down"}, 500)):
        code, told = evaluated()
    assert (code, "0 hold, 1 fail, 1 errors" in told) == (1, True)


def test_json_and_repetitions() -> None:
    made("- {question: 'Heads or tails?', expect: [{contains: heads}]}")
    with asking(Wants("Heads"), Wants("Tails"), Wants("Heads")):
        code, told = evaluated(repeat=3, json=True)
    document = json.loads(told[: told.rindex("}") + 1])
    assert code == 1
    assert (document["held"], document["failed"], document["errors"]) == (2, 1, 0)
    assert [one["outcome"] for one in document["results"]] == ["holds", "fails", "holds"]


CANNOT_RUN: list[tuple[str, dict[str, Any]]] = [
    ("nothing", {}),
    ("basics", {"bot": "nobody"}),
    ("empty", {}),
    ("basics", {"repeat": 0}),
    ("basics", {"provider": "gone"}),
]


@pytest.mark.parametrize(("name", "options"), CANNOT_RUN)
def test_what_cannot_run_has_exit_code_2(name: str, options: dict[str, Any]) -> None:
    made()
    EvaluationSet.objects.create(name="empty", bot=make_bot())
    assert evaluated(name, **options)[0] == 2


def test_another_bot_provider_and_instructions(tmp_path: Path) -> None:
    made()
    other = make_bot(slug="second")
    (tmp_path / "new.txt").write_text("Answer in rhymes.", "utf8")
    with asking(Wants("4"), Wants("成都，成都。")) as model:
        ModelProvider.objects.create(name="dead", endpoint="http://127.0.0.1:9/v1", model="x", priority=1)
        code, _told = evaluated(bot=other.slug, provider="tools", instructions=str(tmp_path / "new.txt"))
    assert code == 0
    assert "Answer in rhymes." in model.requests[0]["messages"][0]["content"]


def test_tools_are_seen_and_not_called() -> None:
    give("Forecast", "Post")
    made("- {question: 'Will it rain in Paris?', expect: [{calls: forecast}, {not_calls: post}]}")
    with asking(call("forecast", city="Paris"), Wants("I cannot say.")):
        assert evaluated()[0] == 0
    assert noted() == []


def test_a_question_of_several_turns() -> None:
    made(
        json.dumps(
            {
                "question": "And how old am I?",
                "earlier": [
                    {"role": "user", "text": "I am Ann."},
                    {"role": "assistant", "text": "Hello Ann."},
                    "I am 30.",
                ],
                "expect": [{"contains": "30"}],
            }
        )
    )
    with asking(Wants("Noted: 30."), Wants("You are 30.")) as model:
        assert evaluated()[0] == 0
    first, second = ([one["content"] for one in request["messages"][1:]] for request in model.requests)
    assert first == ["I am Ann.", "Hello Ann.", "I am 30."]
    assert second == ["I am Ann.", "Hello Ann.", "I am 30.", "Noted: 30.", "And how old am I?"]


@pytest.mark.parametrize("kind", evaluations.FORMATS)
def test_a_set_comes_back_as_it_went(kind: str) -> None:
    first = made(
        "- {question: '=HYPERLINK(\"x\") @cmd', name: '  two   words ', expect: [{matches: ' a+ '}], enabled: false}"
    )
    again = evaluations.load(evaluations.export(first, kind), "again", first.bot, "tester")
    fields = ("name", "question", "earlier", "expectations", "enabled")
    assert list(first.cases.values(*fields)) == list(again.cases.values(*fields))
    assert again.cases.get().name == "two words"


def test_equal_names_get_numbers_and_a_set_is_replaced_only_if_wanted() -> None:
    first = made("- {question: Hi}\n- {question: HI}\n- {question: Hi}\n")
    assert [case.name for case in first.cases.all()] == ["Hi", "HI (2)", "Hi (3)"]
    with pytest.raises(OperationError):
        made("- {question: Ho}", bot=first.bot)
    assert made("- {question: Ho}", bot=first.bot, replace=True).cases.count() == 1
    with pytest.raises(OperationError):
        made("- {question: Ho}", bot=make_bot(), replace=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "question: alone",
        "- hello",
        "- {question: ''}",
        "- {question: true}",
        "- {question: hi, expected: x}",
        "- {question: hi, expect: [{matches: '('}]}",
        "- {question: hi, earlier: [{role: system, text: x}]}",
        "- {question: hi, earlier: hello}",
        "- !!python/object/apply:os.system [ls]",
        '{"question": "hi"}\n{"question": ',
        "a: &a [*a]",
        "[" * 500,
        "- {question: " + "x" * 20_001 + "}",
        "- {question: x}\n" * 2001,
    ],
)
def test_a_file_that_is_wrong_leaves_nothing(text: str) -> None:
    with pytest.raises(OperationError):
        made(text)
    assert EvaluationSet.objects.count() == EvaluationCase.objects.count() == 0


def test_the_commands_import_list_and_export(tmp_path: Path) -> None:
    bot: Bot = make_bot()
    file = tmp_path / "set.yaml"
    file.write_text(TWO, "utf-8-sig")
    told = io.StringIO()
    call_command("questions", "import", " my  set ", str(file), bot=bot.slug, stdout=told)
    call_command("questions", "list", stdout=told)
    call_command("questions", "export", "MY SET", "--format", "jsonl", stdout=told)
    lines = told.getvalue().splitlines()
    assert lines[0] == "my set: 2 questions"
    assert json.loads(lines[-1])["name"] == "city"
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("questions", "import", "x", str(tmp_path), bot=bot.slug)


def test_a_past_turn_is_added_and_goes_with_its_person(channel: Channel) -> None:
    give("Forecast")
    with asking(Wants("Hello."), call("forecast", city="Paris"), Wants("Rain.")):
        ask(channel, "I am Ann.")
        ask(channel, "Rain in Paris?")
    questions = EvaluationSet.objects.create(name="kept", bot=channel.bot)
    asked = Message.objects.get(text="Rain in Paris?")
    case = evaluations.add_turn(questions, asked, "tester")
    assert (case.question, case.expectations) == ("Rain in Paris?", [{"kind": "calls", "value": "forecast"}])
    assert [one["text"] for one in case.earlier] == ["I am Ann.", "Hello."]
    with pytest.raises(OperationError):
        evaluations.add_turn(questions, asked, "tester")
    with pytest.raises(OperationError):
        evaluations.add_turn(EvaluationSet.objects.create(name="x", bot=make_bot()), asked, "tester")
    person = Person.objects.get()
    assert '"question": "Rain in Paris?"' in export.document(person, "tester")
    erasure.erase(person, "tester")
    assert EvaluationCase.objects.count() == 0
