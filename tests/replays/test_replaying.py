"""Past turns are answered again: as they were, with a change, and without any effect."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from bots.limits import sums
from bots.models import (
    AuditEntry,
    Bot,
    Channel,
    Conversation,
    Message,
    ModelProvider,
    Person,
    PersonDay,
    ReplayRun,
    ReplayTurn,
    StateTransition,
    TurnUsage,
    UsageDay,
)
from bots.operations import replays
from bots.operations.errors import OperationError
from bots.people import erasure, export
from bots.replays import guard, runs
from memory.models import MemoryEntry
from skills.models import SkillRun, ToolCall
from tests.builders import make_bot, say
from tests.peers import BotApi
from tests.pipeline.engine.answer.tool_loop_builders import ask, asking, give, noted
from tests.tool_model import ToolModel, Wants, call

pytestmark = [pytest.mark.django_db, pytest.mark.databases, pytest.mark.usefixtures("words_only")]

OWN = {"ReplayRun", "ReplayTurn", "AuditEntry", "TurnUsage", "ModelProvider"}


def everything() -> dict[str, Any]:
    """All rows of the product but those of the replay itself."""
    models = [one for label in ("bots", "memory", "skills") for one in apps.get_app_config(label).get_models()]
    return {one.__name__: list(one._base_manager.order_by("pk").values()) for one in models if one.__name__ not in OWN}


def replayed(bot: Bot, **values: Any) -> list[ReplayTurn]:
    options = replays.Options(**{key: values.pop(key) for key in list(values) if key in replays.Options.__slots__})
    run = replays.work(replays.begin(bot, "tester", options, **values))
    assert run.state == "done"
    return list(run.turns.all())


@contextmanager
def another(*steps: Any, **values: Any) -> Iterator[ToolModel]:
    """A second provider that is switched off."""
    model = ToolModel(steps, **values)
    with model.server() as server:
        ModelProvider.objects.create(name="other", endpoint=f"{server.url}/v1", model="tools-2", enabled=False)
        yield model


def test_nothing_is_sent_remembered_or_changed(channel: Channel, api: BotApi) -> None:
    give("Forecast", "Note", "Post", "Mail")
    with asking(Wants("Hello Ann."), call("note", text="likes tea"), Wants("Noted."), Wants("Tea."), Wants("Now tea.")):
        for text in ("My name is Ann.", "Remember that I like tea.", "What do I like?"):
            ask(channel, text)
        before, sent = everything(), len(api.sent)
        with asking(call("post", text="Ann likes tea"), call("note", text="new"), Wants("Done.")):
            rows = replayed(channel.bot)
    assert [row.state for row in rows] == ["done"] * 3
    assert everything() == before
    assert len(api.sent) == sent
    assert noted() == ["likes tea"]
    assert {one.purpose for one in TurnUsage.objects.filter(person=None)} == {"replay"}
    people = set(TurnUsage.objects.exclude(person=None).values_list("person", flat=True))
    sums.add_new()
    assert set(PersonDay.objects.values_list("person", flat=True)) == people
    assert UsageDay.objects.filter(purpose="replay").exists()
    entry = AuditEntry.objects.order_by("pk").last()
    assert entry is not None
    assert (entry.actor, entry.field_names, entry.subject.split()[0]) == ("tester", ["nothing"], "bots.replayrun")


def test_the_turn_sees_what_was_there_then(channel: Channel) -> None:
    with asking(Wants("Blue, noted."), Wants("It was blue."), Wants("Green, noted."), Wants("green")):
        for text in ("My favourite colour is blue.", "Which colour?", "Now my favourite colour is green."):
            ask(channel, text)
    past = timezone.now() - timedelta(days=40)
    for number, said in enumerate(Message.objects.order_by("pk")):
        Message.objects.filter(pk=said.pk).update(occurred_at=past + timedelta(minutes=number))
        MemoryEntry.objects.filter(message=said.pk).update(occurred_at=past + timedelta(minutes=number))
    with asking(Wants("again")) as model:
        replayed(channel.bot)
    first, second, third = (str(one["messages"]) for one in model.requests)
    assert "green" not in first + second
    assert "It was blue." not in second
    assert "Blue, noted." in second
    assert "It was blue." in third
    assert all(past.strftime("%Y-%m-%d") in one for one in (first, second, third))
    assert timezone.now().strftime("%Y-%m-%d") not in first


def test_a_summary_of_later_messages_is_left_out(channel: Channel) -> None:
    with asking(Wants("one"), Wants("two"), Wants("again")) as model:
        ask(channel, "first message")
        ask(channel, "second message")
        last = Message.objects.order_by("pk").last()
        assert last is not None
        Conversation.objects.update(summary="SECRET LATER", summary_through=last.pk)
        (row,) = replayed(channel.bot, limit=1)
    assert "SECRET LATER" not in str(model.requests[-1])
    assert row.limits == ["summary"]
    assert replays.limits_of(row) == ["The summary of the conversation was written later, so it was left out."]


def test_a_recorded_call_gets_its_result_and_a_new_one_none(channel: Channel) -> None:
    give("Forecast", "Post")
    with asking(call("forecast", city="Paris"), Wants("Rain in Paris.")):
        ask(channel)
    calls = [call("forecast", city="Paris"), call("forecast", city="Rome"), call("post", text="x"), Wants("I see.")]
    with asking(*calls) as model:
        (row,) = replayed(channel.bot)
    assert noted() == ["Paris"]
    assert "rain for 1 day(s)" in model.results[0]
    assert "Not called in a replay" in model.results[1]
    assert "Not called in a replay" in model.results[2]
    assert [(one["tool"], one["result"]) for one in row.figures_now["calls"]] == [
        ("forecast", "recorded"),
        ("forecast", "not called"),
        ("post", "not called"),
    ]
    assert (row.figures_then["tools"], row.figures_then["prompt"]) == (["forecast"], 200)
    assert (row.figures_now["tools"], row.figures_now["prompt"]) == (["forecast", "forecast", "post"], 400)
    assert ToolCall.objects.count() == 1


def test_readers_run_if_wanted_and_writers_never(channel: Channel) -> None:
    give("Forecast", "Post")
    with asking(Wants("No idea.")):
        ask(channel)
    with asking(call("forecast", city="Rome"), call("post", text="x"), Wants("Rain.")) as model:
        replayed(channel.bot, live_readers=True)
    assert noted() == ["Rome"]
    assert ["rain" in model.results[0], "Not called" in model.results[1]] == [True, True]
    assert ToolCall.objects.count() == 0


def test_a_call_that_needs_a_yes_asks_and_is_not_made(channel: Channel) -> None:
    give("Mail")
    with asking(Wants("No.")):
        ask(channel, "Mail Tom.")
    before = everything()
    with asking(call("mail", to="tom@example.com"), Wants("x")):
        (row,) = replayed(channel.bot)
    assert row.state == "done"
    assert row.answer
    assert noted() == []
    assert everything() == before


def test_a_skill_called_by_its_words_is_not_run(channel: Channel) -> None:
    from skills import catalogue
    from skills.models import Skill

    give("Post")
    Skill.objects.update(triggers=["post it"])
    catalogue.clear_cache()
    with asking(Wants("Hm.")):
        say(channel, "post it hello")
        assert SkillRun.objects.count() == 1
        ran = noted()
        (row,) = replayed(channel.bot)
    assert noted() == ran
    assert row.answer == "posted hello"
    assert SkillRun.objects.count() == 1


def test_what_is_changed_is_used(channel: Channel) -> None:
    give("Forecast", "Post")
    with asking(Wants("Old.")) as old, another(Wants("New.")) as new:
        ask(channel)
        change = {"provider": "other", "instructions": "Speak like a pirate.", "skills": ("post",)}
        (row,) = replayed(channel.bot, **change)
    assert (len(old.requests), row.answer, row.figures_now["provider"]) == (1, "New.", "other")
    assert "Speak like a pirate." in new.requests[0]["messages"][0]["content"]
    assert [one["function"]["name"] for one in new.requests[0]["tools"]] == ["post"]
    assert Bot.objects.get(pk=channel.bot_id).instructions != "Speak like a pirate."


def test_a_provider_that_fails_is_a_row_with_its_error(channel: Channel) -> None:
    from tests.http_server import json_answer

    with asking(Wants("One."), Wants("Two.")):
        ask(channel, "first")
        ask(channel, "second")
        broken = json_answer({"error": {"message": "the key is wrong"}}, 401)
        with another(broken):
            rows = replayed(channel.bot, provider="other")
            assert [row.state for row in rows] == ["failed", "failed"]
            assert "401" in replays.error_of(rows[0])
        run = rows[0].run
        with pytest.raises(CommandError) as told:
            call_command("replay", run=run.pk, stdout=io.StringIO(), stderr=io.StringIO())
        assert told.value.returncode == 1
        with ToolModel([Wants("Mended.")]).server() as server:
            ModelProvider.objects.filter(name="other").update(endpoint=f"{server.url}/v1")
            call_command("replay", run=run.pk, stdout=io.StringIO(), stderr=io.StringIO())
    assert [row.answer for row in run.turns.all()] == ["Mended.", "Mended."]


def test_an_answer_that_takes_too_long_ends(channel: Channel) -> None:
    import time

    with asking(Wants("One.")):
        ask(channel, "first")
    with asking(Wants("Late."), before=lambda: time.sleep(2.5)):
        (row,) = replayed(channel.bot, deadline_s=1.0)
    assert (row.state, replays.error_of(row)) == ("failed", "no answer within 1 seconds")


def test_ctrl_c_keeps_what_is_done(channel: Channel) -> None:
    with asking(Wants("One.")):
        for text in ("first", "second", "third"):
            ask(channel, text)
        run = replays.begin(channel.bot, "tester", replays.Options())

        def press(_run: ReplayRun) -> None:
            if run.turns.filter(state="done").count() == 2:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            replays.work(run, press)
        run.refresh_from_db()
        assert (run.state, run.owner) == ("interrupted", "")
        told = io.StringIO()
        call_command("replay", run=run.pk, stdout=told, stderr=io.StringIO())
    run.refresh_from_db()
    assert (run.state, run.turns.filter(state="done").count()) == ("done", 3)
    assert "3 done" in told.getvalue()


def test_a_worker_goes_on_after_one_that_died(channel: Channel) -> None:
    with asking(Wants("One.")):
        ask(channel, "first")
        run = replays.begin(channel.bot, "tester", replays.Options(), background=True)
        dead = timezone.now() - timedelta(seconds=60)
        ReplayRun.objects.update(state="running", owner="dead", alive_at=timezone.now())
        assert not runs.work(run.pk)
        assert runs.wake_due() == 0
        ReplayRun.objects.update(alive_at=dead)
        assert runs.wake_due() == 1
        assert runs.work(run.pk)
    run.refresh_from_db()
    assert run.state == "done"
    foreground = replays.begin(channel.bot, "tester", replays.Options())
    ReplayRun.objects.filter(pk=foreground.pk).update(state="running", owner="dead", alive_at=dead)
    runs.wake_due()
    foreground.refresh_from_db()
    assert foreground.state == "interrupted"


def test_a_slice_ends_and_the_next_goes_on(channel: Channel) -> None:
    with asking(Wants("One.")):
        for text in ("first", "second"):
            ask(channel, text)
        run = replays.begin(channel.bot, "tester", replays.Options(), background=True)
        assert runs.work(run.pk, slice_s=0.0)
        run.refresh_from_db()
        assert (run.state, run.turns.filter(state="waiting").count()) == ("waiting", 2)
        replays.stop(run, "tester")
        run.refresh_from_db()
        assert run.state == "stopped"
        with pytest.raises(OperationError):
            replays.stop(run, "tester")
        replays.go_on(run, "tester", background=True)
        assert runs.work(run.pk)
    run.refresh_from_db()
    assert run.state == "done"


def test_an_open_question_is_not_rebuilt(channel: Channel) -> None:
    with asking(Wants("One.")):
        ask(channel, "first")
        said = Message.objects.get(role="user")
        Message.objects.filter(role="assistant").update(meta={"skill": "form"})
        moved = StateTransition(conversation=said.conversation, name="ask", source="active", target="collecting")
        moved.at = said.occurred_at - timedelta(seconds=1)
        moved.save()
        (row,) = replayed(channel.bot)
    assert (row.state, row.limits) == ("skipped", ["dialog"])


def test_commands_and_forgotten_messages_are_left_out(channel: Channel) -> None:
    with asking(Wants("One.")):
        ask(channel, "/help")
        ask(channel, "first")
        ask(channel, "second")
        Message.objects.filter(text="first").update(forgotten=True)
        rows = replayed(channel.bot)
    assert [row.message.text for row in rows if row.message] == ["second"]
    with pytest.raises(OperationError):
        replays.begin(make_bot(), "tester", replays.Options())


def test_an_edited_message_is_answered_as_it_is_now(channel: Channel) -> None:
    with asking(Wants("One.")) as model:
        ask(channel, "first")
        Message.objects.filter(role="user").update(text="first, edited")
        (row,) = replayed(channel.bot)
    assert row.limits == ["edited"]
    assert "first, edited" in str(model.requests[-1]["messages"][-1])


def test_a_write_is_refused_in_a_replay(channel: Channel) -> None:
    with guard.no_writes():
        with pytest.raises(guard.WouldWrite), transaction.atomic():
            Person.objects.create(bot=channel.bot)
        with pytest.raises(guard.WouldWrite), transaction.atomic():
            Message.objects.filter(pk=0).update(text="x")
        with pytest.raises(guard.WouldWrite), transaction.atomic():
            Conversation.objects.filter(pk=0)._raw_delete("default")
        assert Person.objects.count() == 0


def test_it_is_erased_and_exported_with_the_person(channel: Channel) -> None:
    with asking(Wants("One."), Wants("Now one.")):
        ask(channel, "my question")
        (row,) = replayed(channel.bot)
        replays.mark(row, "better", "tester")
        person = Person.objects.get()
        document = export.document(person, "tester")
        assert '"answer": "Now one."' in document
        assert '"mark": "better"' in document
        erasure.erase(person, "tester")
    assert ReplayTurn.objects.count() == 0
    assert ReplayRun.objects.count() == 1


def test_marks_are_kept_and_summed(channel: Channel) -> None:
    with asking(Wants("One."), Wants("Two."), Wants("Two.")):
        ask(channel, "first")
        ask(channel, "second")
        rows = replayed(channel.bot)
    replays.mark(rows[0], "better", "tester")
    replays.mark(rows[1], "same", "tester")
    found = replays.sums(rows[0].run)
    assert (dict(found.marks), found.changed, found.total) == ({"better": 1, "same": 1}, 1, 2)
    assert found.then["prompt"] == found.now["prompt"] == 200
    with pytest.raises(OperationError):
        replays.mark(rows[0], "great", "tester")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({}, "name a bot"),
        ({"bot": "nobody"}, "nobody"),
        ({"bot": "BOT", "since": "yesterday"}, "24h"),
        ({"bot": "BOT", "provider": "none"}, "There is no provider"),
        ({"bot": "BOT", "skills": "juggling"}, "There is no skill"),
        ({"bot": "BOT", "instructions": "/no/such/file"}, "cannot be read"),
        ({"bot": "BOT", "limit": 0}, "1 to 1000"),
        ({"bot": "BOT", "parallel": 9}, "At most 8"),
        ({"bot": "BOT"}, "no turn to repeat"),
        ({"run": 999}, "There is no run"),
    ],
)
def test_what_cannot_run_says_why(options: dict[str, Any], told: str) -> None:
    bot = make_bot()
    given = {key: bot.slug if value == "BOT" else value for key, value in options.items()}
    with pytest.raises(CommandError, match=told) as error:
        call_command("replay", **given, stdout=io.StringIO(), stderr=io.StringIO())
    assert error.value.returncode == 2
    assert ReplayRun.objects.count() == 0
