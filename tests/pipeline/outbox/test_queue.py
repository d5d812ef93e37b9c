"""The outbox keeps its order and neither loses nor duplicates a message after SIGKILL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from adapters.errors import SendError
from bots.models import OutboundMessage
from bots.operations import queues
from bots.pipeline.outbox import journal, queue
from tests.builders import make_channel, make_conversation, make_outbound, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
State = OutboundMessage.State
TELEGRAM = {"token": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw", "secret_token": "s"}


def claimed(platform: str = "telegram") -> OutboundMessage:
    channel = make_channel(platform=platform, **({"credentials": TELEGRAM} if platform == "telegram" else {}))
    row = queue.claim(make_outbound(channel, make_conversation(channel)).pk)
    assert row is not None
    return row


def free() -> None:
    queue.free_dead_claims(set(), timezone.now() + timedelta(seconds=1))


def test_replies_of_a_chat_leave_in_order() -> None:
    channel = make_channel()
    conversation = make_conversation(channel)
    first, second = make_outbound(channel, conversation), make_outbound(channel, conversation)
    assert queue.claim(second.pk) is None
    row = queue.claim(first.pk)
    assert row is not None
    assert queue.claim(second.pk) is None
    queue.record_failure(row, SendError("busy", permanent=False, retry_after=30.0, mark="flood"))
    assert queue.claim(second.pk) is None
    OutboundMessage.objects.filter(pk=first.pk).update(due_at=timezone.now())
    again = queue.claim(first.pk)
    assert again is not None
    queue.record_sent(again, "77")
    assert queue.claim(second.pk) is not None


def test_retry_after_is_honoured() -> None:
    row = claimed()
    before = timezone.now()
    queue.record_failure(row, SendError("slow down", permanent=False, retry_after=35.0, mark="flood"))
    after = timezone.now()
    row.refresh_from_db()
    assert row.state == State.PENDING
    assert before + timedelta(seconds=35) <= row.due_at <= after + timedelta(seconds=36)


def test_a_wait_that_nobody_can_wait_for_is_a_day() -> None:
    row = claimed()
    queue.record_failure(row, SendError("slow down", retry_after=1e15, mark="flood"))
    row.refresh_from_db()
    assert row.state == State.PENDING
    assert row.due_at <= timezone.now() + timedelta(days=1, seconds=1)


def test_a_permanent_error_is_not_retried_and_frees_the_chat() -> None:
    channel = make_channel()
    conversation = make_conversation(channel)
    first, second = make_outbound(channel, conversation), make_outbound(channel, conversation)
    row = queue.claim(first.pk)
    assert row is not None
    assert queue.record_failure(row, SendError("blocked", permanent=True, retry_after=None, mark="user_blocked"))
    assert state_of(first) == State.DEAD
    assert queue.claim(second.pk) is not None


@pytest.mark.parametrize("mark", ["not_reached", "server_error", "flood"])
def test_an_outage_is_waited_out_for_a_day_and_then_says_why(mark: str) -> None:
    row = claimed()
    row.attempts = 200
    OutboundMessage.objects.filter(pk=row.pk).update(attempts=200, queued_at=timezone.now() - timedelta(hours=23.9))
    row.queued_at = timezone.now() - timedelta(hours=23.9)
    assert not queue.record_failure(row, SendError("down", mark=mark))
    row.refresh_from_db()
    assert timezone.now() < row.due_at <= timezone.now() + timedelta(minutes=10)
    OutboundMessage.objects.filter(pk=row.pk).update(
        due_at=timezone.now(), queued_at=timezone.now() - timedelta(hours=24.1)
    )
    again = queue.claim(row.pk)
    assert again is not None
    assert queue.record_failure(again, SendError("down", mark=mark))
    again.refresh_from_db()
    assert (again.state, again.error) == (State.DEAD, "Not sent after 24 hours of tries: down")


def test_a_message_that_is_queued_again_is_tried_for_another_day() -> None:
    row = claimed()
    OutboundMessage.objects.filter(pk=row.pk).update(
        state=State.DEAD,
        queued_at=timezone.now() - timedelta(hours=30),
        created_at=timezone.now() - timedelta(hours=30),
    )
    assert queues.retry_outbound([row.pk]) == 1
    again = queue.claim(row.pk)
    assert again is not None
    assert not queue.record_failure(again, SendError("down", mark="not_reached"))


def test_a_defect_of_an_adapter_is_not_tried_for_a_day() -> None:
    row = claimed()
    row.attempts = queue.DEFECT_TRIES
    OutboundMessage.objects.filter(pk=row.pk).update(attempts=row.attempts)
    assert queue.record_failure(row, SendError("broken", mark=queue.DEFECT))
    assert state_of(row) == State.DEAD


@pytest.mark.parametrize("step", [None, "b", "f"])
def test_killed_before_the_request_left_means_send_again(step: str | None) -> None:
    row = claimed()
    if step:
        journal.current().note(row.pk, row.attempts, step)
    else:
        journal.current()
    free()
    assert state_of(row) == State.PENDING


def test_killed_after_the_request_left_means_unconfirmed_and_never_twice() -> None:
    row = claimed()
    for step in ("b", "w"):
        journal.current().note(row.pk, row.attempts, step)
    free()
    assert state_of(row) == State.UNCONFIRMED


def test_killed_after_the_answer_means_sent() -> None:
    row = claimed()
    for step, message_id in (("b", ""), ("w", ""), ("s", "1366")):
        journal.current().note(row.pk, row.attempts, step, message_id)
    free()
    assert state_of(row) == State.SENT
    assert row.platform_message_id == "1366"


def test_where_the_platform_drops_doubles_the_message_is_sent_again() -> None:
    row = claimed(platform="webhook")
    journal.current().note(row.pk, row.attempts, "w")
    free()
    assert state_of(row) == State.PENDING


def test_a_note_of_an_earlier_attempt_says_nothing_of_this_one() -> None:
    row = claimed()
    journal.current().note(row.pk, row.attempts - 1, "w")
    free()
    assert state_of(row) == State.PENDING


def test_the_journal_stays_while_a_later_claim_of_the_dead_worker_needs_it() -> None:
    channel = make_channel(platform="telegram", credentials=TELEGRAM)
    early, late = (make_outbound(channel, make_conversation(channel, chat)) for chat in ("early", "late"))
    assert queue.claim(early.pk) is not None
    before = timezone.now()
    row = queue.claim(late.pk)
    assert row is not None
    journal.current().note(late.pk, row.attempts, "b")
    assert queue.free_dead_claims(set(), before) == 1
    free()
    assert state_of(late) == State.PENDING


def test_a_worker_of_another_machine_leaves_no_journal_so_the_message_counts_as_sent() -> None:
    row = claimed()
    OutboundMessage.objects.filter(pk=row.pk).update(owner="elsewhere")
    free()
    assert state_of(row) == State.UNCONFIRMED


def test_a_grown_journal_keeps_what_is_in_flight(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(journal, "ROTATE_BYTES", 200)
    notes = journal.current()
    notes.note(900001, 1, "w")
    for number in range(100):
        notes.note(number, 1, "b")
        notes.discard(number)
    from bots.pipeline.queue import workers

    marks = journal.read(workers.current())
    assert marks is not None
    assert marks.by_row[900001] == journal.Mark(1, "w")
    assert len(marks.by_row) < 20


def test_dead_letters_can_be_retried_and_discarded() -> None:
    row = claimed()
    queue.record_failure(row, SendError("blocked", permanent=True, retry_after=None, mark="user_blocked"))
    assert queues.retry_outbound([row.pk]) == 1
    assert state_of(row) == State.PENDING
    assert row.attempts == 0
    assert queues.discard_outbound([row.pk]) == 1
    assert state_of(row) == State.DISCARDED
    assert queues.discard_outbound([row.pk]) == 0
