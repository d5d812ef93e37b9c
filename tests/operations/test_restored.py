"""What a restore holds is listed, and happens only when an operator says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from bots.maintenance.backup import holding
from bots.maintenance.backup.errors import BackupError
from bots.models import (
    AuditEntry,
    BackupRun,
    Broadcast,
    DialogTimer,
    InboundEvent,
    OutboundMessage,
    Schedule,
    Worker,
)
from bots.models.sql import clock
from bots.operations import queues, restored
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.reminders import broadcasting, delivery, due
from tests.builders import make_bot, make_channel, make_conversation, make_event, make_outbound, state_of
from tests.noon import where_it_is_noon
from tests.reminders.builders import make_chat, make_schedule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]
ACTOR = AuditEntry.COMMAND


def hold() -> None:
    """Does what a restore does with the tables."""
    holding.hold(clock.now())


def accept(text: str = "hello", **values: Any) -> InboundEvent:
    channel = values.pop("channel", None) or make_channel()
    (row_id,) = inbox.accept(channel, [make_event(text, **values)]).accepted
    return InboundEvent.objects.get(pk=row_id)


def outgoing(**values: Any) -> OutboundMessage:
    channel = make_channel()
    return make_outbound(channel, make_conversation(channel), **values)


def test_what_waited_to_be_answered_or_sent_is_held() -> None:
    waiting, answered = accept("waits"), accept("is done")
    InboundEvent.objects.filter(pk=answered.pk).update(state="done")
    working = accept("is worked on")
    InboundEvent.objects.filter(pk=working.pk).update(state="processing", owner="gone", claimed_at=clock.now())
    unsent, sent = outgoing(), outgoing(state="sent")
    hold()
    assert [state_of(row) for row in (waiting, answered, working)] == ["held", "done", "held"]
    assert [state_of(row) for row in (unsent, sent)] == ["held", "sent"]
    assert inbox.due() == []
    assert outbox.due() == []
    assert restored.counts() == {"answer": 2, "send": 1}
    assert {(one.kind, one.id, one.begun) for one in restored.pending()} == {
        ("answer", waiting.pk, False),
        ("answer", working.pk, True),
        ("send", unsent.pk, False),
    }


def test_a_sweep_leaves_it_held() -> None:
    row, message = accept(), outgoing()
    InboundEvent.objects.filter(pk=row.pk).update(state="processing", owner="gone", claimed_at=clock.now())
    hold()
    queues.sweep()
    assert (state_of(row), state_of(message)) == ("held", "held")


def test_a_wake_up_that_the_broker_still_has_does_nothing() -> None:
    row, message = accept(), outgoing()
    hold()
    MessageDispatcher().process(row.pk)
    outbox.deliver(message.pk)
    assert (state_of(row), state_of(message)) == ("held", "held")


def test_new_messages_of_the_same_chat_are_answered_meanwhile() -> None:
    channel = make_channel()
    accept(channel=channel)
    hold()
    later = accept(channel=channel)
    assert [row_id for row_id, _platform in inbox.due()] == [later.pk]


def test_the_same_event_delivered_again_is_known() -> None:
    channel = make_channel()
    accept(channel=channel, key="k1")
    hold()
    assert inbox.accept(channel, [make_event("hello", key="k1")]).duplicates == 1


def test_released_it_is_answered_and_sent() -> None:
    row, message = accept(), outgoing(attempts=3, queued_at=clock.now() - timedelta(days=5))
    hold()
    assert restored.release(ACTOR) == {"answer": 1, "send": 1}
    assert [row_id for row_id, _platform in inbox.due()] == [row.pk]
    assert [row_id for row_id, _platform in outbox.due()] == [message.pk]
    message.refresh_from_db()
    assert message.queued_at > clock.now() - timedelta(minutes=1), "its tries have a day from now"
    assert restored.counts() == {}
    entry = AuditEntry.objects.get(action="release")
    assert (entry.actor, entry.counts) == (ACTOR, {"answer": 1, "send": 1})


def test_dropped_it_is_over() -> None:
    row, message = accept(), outgoing()
    hold()
    assert restored.drop(ACTOR) == {"answer": 1, "send": 1}
    assert (state_of(row), state_of(message)) == ("ignored", "discarded")
    assert restored.drop(ACTOR) == {}
    assert AuditEntry.objects.filter(action="drop").count() == 1


def test_a_part_can_be_decided() -> None:
    first, second, message = accept(), accept(), outgoing()
    hold()
    assert restored.release(ACTOR, [restored.ANSWER], [second.pk]) == {"answer": 1}
    assert restored.drop(ACTOR, [restored.SEND]) == {"send": 1}
    assert [state_of(row) for row in (first, second, message)] == ["held", "pending", "discarded"]


def test_one_row_can_be_sent_or_discarded_in_the_outbox() -> None:
    first, second = outgoing(), outgoing()
    hold()
    assert queues.retry_outbound([first.pk]) == 1
    assert queues.discard_outbound([second.pk]) == 1
    assert restored.counts() == {}


def reminder(local: str, rule: str = "", **values: Any) -> Schedule:
    # Nobody's quiet hours: what is late would wait for their end.
    chat = make_chat(make_channel(make_bot(), "webhook"), f"c{Schedule.objects.count()}", where_it_is_noon())
    return make_schedule(chat, local, rule, now=clock.now() - timedelta(days=3650), **values)


def test_a_reminder_that_was_due_is_told_only_when_it_is_released() -> None:
    row = reminder("2026-01-05T09:00")
    hold()
    assert due.wake_due() == 0
    assert not delivery.deliver(row.pk)
    (one,) = restored.pending()
    assert (one.kind, one.id, one.text) == ("reminder", row.pk, "drink water")
    restored.release(ACTOR)
    assert delivery.deliver(row.pk)
    assert not delivery.deliver(row.pk)
    row.refresh_from_db()
    assert row.state == Schedule.State.DONE


def test_a_dropped_reminder_is_over() -> None:
    row = reminder("2026-01-05T09:00")
    hold()
    restored.drop(ACTOR)
    row.refresh_from_db()
    assert row.state == Schedule.State.DONE


def test_a_series_goes_on_with_its_next_time_and_a_coming_reminder_stays() -> None:
    daily = reminder("2026-01-05T09:00", "FREQ=DAILY")
    coming = reminder("2036-01-05T09:00")
    at = coming.next_at
    hold()
    assert restored.settle({}, "a.tar") == {}
    daily.refresh_from_db()
    coming.refresh_from_db()
    assert daily.next_at is not None
    assert daily.next_at > clock.now()
    assert coming.next_at == at


def test_a_broadcast_under_way_goes_on_only_when_it_is_released() -> None:
    row = Broadcast.objects.create(bot=make_bot(), name="news", text="news", state="sending", due_at=clock.now())
    planned = Broadcast.objects.create(
        bot=row.bot, name="later", text="x", state="scheduled", due_at=clock.now() + timedelta(days=1)
    )
    hold()
    assert broadcasting.wake_due() == 0
    assert restored.counts() == {"broadcast": 1}
    restored.release(ACTOR)
    assert broadcasting.wake_due() == 1
    hold()
    restored.drop(ACTOR)
    row.refresh_from_db()
    planned.refresh_from_db()
    assert (row.state, planned.state) == (Broadcast.State.STOPPED, Broadcast.State.SCHEDULED)


def test_an_open_question_is_not_asked_again_but_set_aside_at_its_time() -> None:
    channel = make_channel()
    now = clock.now()
    timer = DialogTimer.objects.create(
        conversation=make_conversation(channel),
        due_at=now - timedelta(hours=1),
        park_at=now + timedelta(hours=1),
    )
    hold()
    timer.refresh_from_db()
    assert (timer.state, timer.due_at) == (DialogTimer.State.PARK, timer.park_at)


def test_what_the_journal_knows_to_be_sent_is_sent() -> None:
    sent, written, untouched = outgoing(), outgoing(attempts=1), outgoing(attempts=2)
    hold()
    marks = {sent.pk: (1, "s", "m-77"), written.pk: (1, "w", ""), untouched.pk: (1, "s", "of an earlier try")}
    assert restored.settle(marks, "a.tar") == {"send": 2}
    sent.refresh_from_db()
    assert (sent.state, sent.platform_message_id) == ("sent", "m-77")
    assert {(one.id, one.begun) for one in restored.pending()} == {(written.pk, True), (untouched.pk, False)}
    entry = AuditEntry.objects.get(action="restore")
    assert entry.subject == "bots.restore a.tar"


def test_a_backup_that_was_running_in_the_archive_counts_as_interrupted() -> None:
    row = BackupRun.objects.create()
    hold()
    row.refresh_from_db()
    assert (row.state, row.error_code) == ("failed", "backup_interrupted")


def test_nothing_is_held_while_processes_use_the_database() -> None:
    row = accept()
    Worker.objects.create(id="w", host="h", pid=1, role="worker", beat_at=clock.now())
    with pytest.raises(BackupError, match="stop them first"):
        hold()
    assert state_of(row) == "pending"


@pytest.mark.postgres
def test_the_script_for_a_restored_database_does_the_same() -> None:
    row, message, series = accept(), outgoing(), reminder("2026-01-05T09:00", "FREQ=DAILY")
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; " + holding.script(clock.now()) + " COMMIT")
    series.refresh_from_db()
    assert (state_of(row), state_of(message), series.next_at) == ("held", "held", None)
