"""What went wrong with replays and evaluations of other products, sent through this one."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bots.models import Channel, EvaluationSet, Message, ModelProvider, ReplayRun, ReplayTurn
from bots.operations import evaluations, replays
from bots.operations.errors import OperationError
from tests.builders import make_bot
from tests.http_server import json_answer
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking
from tests.tool_model import Wants

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only")]


def made(text: str) -> EvaluationSet:
    return evaluations.load(text, "set", make_bot(), "tester")


def evaluated(**options: Any) -> tuple[int, list[ReplayTurn]]:
    code = 0
    try:
        call_command("evaluate", "set", stdout=io.StringIO(), stderr=io.StringIO(), **options)
    except CommandError as error:
        code = error.returncode
    run = ReplayRun.objects.latest("pk")
    return code, list(run.turns.all())


def test_an_error_does_not_fulfil_that_something_is_missing() -> None:
    made("- {question: hi, expect: [{not_contains: Error}]}")
    with asking(json_answer({"error": {"message": "no quota"}}, 429)):
        code, (row,) = evaluated()
    assert (code, row.state, row.held, row.findings) == (2, "failed", None, [])
    assert replays.error_of(row)


def test_an_empty_answer_is_no_good_answer() -> None:
    made("- {question: hi, expect: [{not_contains: Error}]}")
    with asking(Wants("")):
        assert evaluated()[0] == 2  # the model said nothing: there is nothing to judge


def test_each_repetition_is_asked_and_kept() -> None:
    made("- {question: hi, expect: [{contains: a}]}")
    with asking(Wants("a1"), Wants("a2"), Wants("a3")) as model:
        code, rows = evaluated(repeat=3)
    assert (code, len(model.requests)) == (0, 3)
    assert [(row.attempt, row.answer) for row in rows] == [(1, "a1"), (2, "a2"), (3, "a3")]


def test_an_answer_of_several_lines_is_compared_whole() -> None:
    made('- {question: hi, expect: [{contains: "second line third line"}, {matches: "^third"}]}')
    with asking(Wants("first line\nsecond line\n\nthird line  \n")):
        assert evaluated()[0] == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- question: [chris](name)", "The file cannot be read"),
        ("- question: [chris]", "Question 1: the question is missing"),
        ("- {question: x}\n" * 2001, "at most 2000"),
        ("- question: a\n- question: b\n  expect: contains 4", "Question 2: The expectations must be a list"),
        ("", "holds no question"),
    ],
)
def test_an_import_that_fails_says_where_and_why(text: str, told: str) -> None:
    with pytest.raises(OperationError, match=told):
        made(text)


def test_a_file_in_another_encoding_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "wps.yaml"
    file.write_bytes("- question: 你是谁".encode("gbk"))
    with pytest.raises(CommandError, match="not text"):
        call_command("questions", "import", "x", str(file), bot=make_bot().slug)


def test_a_run_names_the_model_that_answered_when_it_is_gone(channel: Channel) -> None:
    with asking(Wants("One.")):
        ask(channel, "first")
        run = replays.work(replays.begin(channel.bot, "tester", replays.Options(provider="tools")))
        ModelProvider.objects.all().delete()
        row = run.turns.get()
        assert (row.figures_now["provider"], row.figures_now["model"]) == ("tools", "tools-1")
        run.turns.update(state="failed")
        replays.go_on(run, "tester")
        with pytest.raises(OperationError, match="There is no provider “tools”"):
            replays.work(run)


def test_a_whole_run_has_nothing_to_go_on_with(channel: Channel) -> None:
    with asking(Wants("One.")):
        ask(channel, "first")
        run = replays.work(replays.begin(channel.bot, "tester", replays.Options()))
    with pytest.raises(OperationError, match="All turns of this run have an answer"):
        replays.go_on(run, "tester")


def test_nothing_is_left_of_a_deleted_set_or_message(channel: Channel) -> None:
    made("- {question: hi}")
    with asking(Wants("One.")):
        evaluated()
        ask(channel, "first")
        replays.work(replays.begin(channel.bot, "tester", replays.Options()))
    EvaluationSet.objects.all().delete()
    assert ReplayTurn.objects.filter(message=None).count() == 0
    Message.objects.all().delete()
    assert ReplayTurn.objects.count() == 0


def test_turns_of_a_deleted_conversation_do_not_stop_the_run(channel: Channel) -> None:
    with asking(Wants("One.")):
        ask(channel, "first", chat="a")
        ask(channel, "second", chat="b")
        run = replays.begin(channel.bot, "tester", replays.Options())
        first = Message.objects.get(text="first").conversation
        first.delete()
        done = replays.work(run)
    assert [row.state for row in done.turns.all()] == ["done"]


def test_tokens_of_a_provider_that_reports_none_are_estimated(channel: Channel) -> None:
    with asking(Wants("One."), tokens=(0, 0)):
        ask(channel, "first")
        run = replays.work(replays.begin(channel.bot, "tester", replays.Options()))
    assert run.turns.get().figures_now["prompt"] > 0


def test_a_limit_of_the_bot_holds_for_replays_and_those_of_people_do_not(channel: Channel) -> None:
    from bots.limits import rules
    from bots.models import Limit, OwnerKind, Person

    with asking(Wants("One.")) as model:
        ask(channel, "first")
        person = Person.objects.get()
        Limit.objects.create(kind=OwnerKind.PERSON, person=person, bot=channel.bot, tokens_per_day=1)
        rules.held.clear()
        run = replays.work(replays.begin(channel.bot, "tester", replays.Options()))
        assert run.turns.get().answer == "One."
        Limit.objects.create(kind=OwnerKind.BOT, bot=channel.bot, tokens_per_day=1)
        rules.held.clear()
        run = replays.work(replays.begin(channel.bot, "tester", replays.Options()))
    assert (run.turns.get().state, len(model.requests)) == ("failed", 2)
    assert replays.error_of(run.turns.get())
