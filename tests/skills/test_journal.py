"""A tool call is written down before and after its effect, so that a repeated turn makes it once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.models import Conversation
from clawdbot.files import File
from clawdbot.skills.effects import READS_ONLY, UNKNOWN, Effect
from skills import journal
from skills.journal import Call
from skills.models import ToolCall
from skills.tool_types import ToolResult
from tests.builders import make_channel, make_conversation, say

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

State = ToolCall.State
WRITES = frozenset({Effect.WRITES})


@pytest.fixture
def call() -> Call:
    channel = make_channel()
    row = say(channel, "/help")
    chat = Conversation.objects.get() if Conversation.objects.exists() else make_conversation(channel)
    return Call(channel.bot_id, chat.pk, row.pk, row.pk, 0, 0, "send", "skill", UNKNOWN, {"to": "Ann", "body": "hi"})


class Counted:
    """A tool that counts its calls; it dies at the first ones."""

    def __init__(self, *, dies: int = 0, result: ToolResult | None = None) -> None:
        self.calls, self.dies, self.result = 0, dies, result or ToolResult("sent")

    def __call__(self) -> ToolResult:
        self.calls += 1
        if self.calls <= self.dies:
            raise KeyboardInterrupt
        return self.result


def test_a_repeated_turn_gets_the_stored_result(call: Call) -> None:
    tool = Counted(result=ToolResult("sent", parts=("Done.", File(b"x", "a.txt", "look")), direct=True))
    first, again = (journal.once(call, tool, idempotent=False) for _ in range(2))
    assert first == again
    assert tool.calls == ToolCall.objects.count() == 1
    assert again.parts == ("Done.", File(b"x", "a.txt", "look"))


def test_a_failure_is_a_result_too(call: Call) -> None:
    tool = Counted(result=ToolResult("no such person", ok=False))
    assert not journal.once(call, tool, idempotent=True).ok
    assert not journal.once(call, tool, idempotent=True).ok
    assert tool.calls == 1
    assert ToolCall.objects.get().state == State.FAILED


def test_a_call_that_was_cut_short_is_not_repeated(call: Call) -> None:
    tool = Counted(dies=1)
    with pytest.raises(KeyboardInterrupt):
        journal.once(call, tool, idempotent=False)
    assert ToolCall.objects.get().state == State.STARTED
    for _ in range(2):
        result = journal.once(call, tool, idempotent=False)
        assert not result.ok
        assert "not known" in result.text
    assert tool.calls == 1
    assert ToolCall.objects.get().state == State.UNKNOWN


def test_an_idempotent_call_that_was_cut_short_is_repeated_under_its_key(call: Call) -> None:
    tool = Counted(dies=1)
    with pytest.raises(KeyboardInterrupt):
        journal.once(call, tool, idempotent=True)
    assert journal.once(call, tool, idempotent=True).ok
    assert tool.calls == 2
    assert ToolCall.objects.get().idempotency_key == call.key


@pytest.mark.parametrize(
    "other",
    [{"round": 1}, {"place": 1}, {"begun_by": 999}, {"tool": "mail"}, {"arguments": {"to": "Ann", "body": "ho"}}],
)
def test_another_call_has_another_key(call: Call, other: dict[str, Any]) -> None:
    assert replace(call, **other).key != call.key


def test_the_order_of_arguments_does_not_matter(call: Call) -> None:
    assert replace(call, arguments={"body": "hi", "to": "Ann"}).key == call.key


def test_a_call_that_only_reads_is_written_once(call: Call) -> None:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        journal.once(replace(call, effects=READS_ONLY), Counted(), idempotent=False)
    assert sum(query["sql"].startswith("INSERT") for query in seen.captured_queries) == 1
    assert not any(query["sql"].startswith("UPDATE") for query in seen.captured_queries)


@pytest.mark.parametrize(
    ("effects", "idempotent", "calls"), [(WRITES, False, 2), (UNKNOWN, False, 1), (UNKNOWN, True, 2)]
)
def test_writes_that_went_with_their_turn_are_made_again(
    call: Call, effects: frozenset[Effect], idempotent: bool, calls: int
) -> None:
    written: list[int] = []
    tool = Counted()

    def run() -> ToolResult:
        written.append(1)
        return tool()

    for _ in range(2):  # the second turn begins with nothing staged
        written.clear()
        journal.once(replace(call, effects=effects), run, idempotent=idempotent, staged=lambda: len(written))
    assert tool.calls == calls


def test_secrets_are_shown_nowhere_and_only_open_calls_keep_their_arguments(call: Call) -> None:
    secret = {"to": "Ann", "api_key": "sk-abcdefghijklmnopq"}

    def run() -> ToolResult:
        row = ToolCall.objects.get()
        assert journal.arguments_of(row) == secret
        assert "sk-abc" not in str(row.arguments) + row.sealed
        return ToolResult("the key is sk-abcdefghijklmnopq")

    result = journal.once(replace(call, arguments=secret), run, idempotent=False)
    row = ToolCall.objects.get()
    assert (row.sealed, "sk-abc" in result.text, "sk-abc" in row.result) == ("", False, False)


def test_a_megabyte_is_cut_in_the_middle(call: Call) -> None:
    result = journal.once(call, Counted(result=ToolResult("a" * 500_000 + "b" * 500_000)), idempotent=False)
    assert len(result.text) < 17_000
    assert result.text.startswith("aaa")
    assert result.text.endswith("bbb")
    assert "left out" in result.text


def waiting(call: Call, **more: Any) -> ToolCall:
    row = journal.waiting(call, asked=journal.PERSON, person_id=1, now=timezone.now(), **more)
    row.save()
    return row


def test_a_yes_lets_the_call_be_made_once(call: Call) -> None:
    row, tool = waiting(call), Counted()
    assert not ToolCall.objects.exclude(state=State.WAITING).exists()
    assert journal.decide(row, allowed=True, by="person", now=timezone.now())
    assert journal.arguments_of(row) == call.arguments
    for _ in range(2):
        assert journal.once(call, tool, idempotent=False).text == "sent"
    assert tool.calls == 1


@pytest.mark.parametrize("allowed", [True, False])
def test_only_the_first_decision_counts(call: Call, allowed: bool) -> None:
    row = waiting(call)
    assert journal.decide(row, allowed=allowed, by="person", now=timezone.now())
    assert not journal.decide(row, allowed=not allowed, by="operator", now=timezone.now())
    assert ToolCall.objects.get().state == (State.ALLOWED if allowed else State.REFUSED)


def test_a_yes_that_comes_late_is_no_yes(call: Call) -> None:
    row = waiting(call)
    late = timezone.now() + timedelta(seconds=journal.APPROVAL_S + 1)
    assert not journal.decide(row, allowed=True, by="person", now=late)
    assert journal.expire(row)
    row = ToolCall.objects.get()
    assert (row.state, row.sealed, row.expires_at) == (State.EXPIRED, "", None)


def test_arguments_that_are_not_those_of_the_question_are_refused(call: Call) -> None:
    row = waiting(call)
    row.sealed = waiting(replace(call, arguments={"to": "Eve"})).sealed
    assert journal.arguments_of(row) is None


def test_the_calls_that_wait_are_found_without_the_finished_ones(call: Call) -> None:
    journal.once(call, Counted(), idempotent=False)
    row = waiting(replace(call, round=1))
    assert list(ToolCall.objects.waiting()) == [row]
    assert journal.of_loop(call.begun_by)[-1] == row


def wide_plan(query: Callable[[], object]) -> str:
    with CaptureQueriesContext(connection) as seen:
        query()
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # a small table is always read whole
        prefix = "EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN "
        cursor.execute(prefix + seen.captured_queries[-1]["sql"])
        return str(cursor.fetchall())


def test_questions_of_every_turn_use_an_index(call: Call) -> None:
    assert "toolcall_begun_by" in wide_plan(lambda: journal.of_loop(call.begun_by))
    assert "toolcall_waiting" in wide_plan(lambda: list(ToolCall.objects.waiting()))
