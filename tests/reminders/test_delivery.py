"""A reminder is delivered once for each occurrence, in local time, and never silently dropped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bots import reminders
from bots.models import Channel, Message, Occurrence, OutboundMessage, Schedule
from bots.operations import queues
from bots.pipeline.queue import wakeups
from bots.reminders import upkeep
from tests.builders import make_channel, use_policy
from tests.killing import kill_before_statement
from tests.reminders.builders import BEGIN, Now, make_chat, make_schedule, reminded, waiting_to_be_sent
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]

State = Schedule.State


@pytest.fixture
def there() -> Channel:
    """A channel whose messages nobody takes: what is delivered stays in the outbox."""
    return make_channel()


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, float]]:
    """The wake-ups that are sent: task, row and seconds."""
    sent: list[tuple[str, int, float]] = []

    def note(task: str, row_id: int, platform: str, *, in_s: float = 0.0, queue_key: str = "") -> None:
        sent.append((task, row_id, in_s))

    monkeypatch.setattr(wakeups, "send", note)
    return sent


def test_the_sweep_wakes_for_the_moment_itself(now: Now, there: Channel, woken: list[Any]) -> None:
    row = make_schedule(make_chat(there), "2026-11-30T10:00:04")
    make_schedule(make_chat(there, "ben"), "2026-11-30T11:00")
    queues.sweep()
    assert [one for one in woken if one[0] == wakeups.REMIND] == [(wakeups.REMIND, row.pk, 4.0)]
    assert not reminders.deliver(row.pk)
    now.move(seconds=4)
    assert reminders.deliver(row.pk)
    assert reminded() == ["⏰ drink water"]


def test_once_is_once(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there), "2026-11-30T10:05")
    now.move(minutes=5)
    assert reminders.deliver(row.pk)
    assert not reminders.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.next_at, row.last_local) == (State.DONE, None, "2026-11-30T10:05:00")
    message = Message.objects.get(meta__kind="reminder")
    assert message.role == Message.Role.ASSISTANT
    (sent,) = OutboundMessage.objects.filter(message=message)
    assert [button["data"] for button in sent.payload["data"]["buttons"][0]] == [
        f"/reminders done #{row.pk}",
        f"/reminders snooze #{row.pk} 10m",
        f"/reminders snooze #{row.pk} 1h",
    ]


def test_a_worker_that_dies_at_any_statement_makes_no_second_message_and_loses_none(now: Now, there: Channel) -> None:
    chat = make_chat(there)
    for number in range(1, 40):
        row = make_schedule(chat, now.at.astimezone(ZoneInfo("Asia/Shanghai")).strftime("%Y-%m-%dT%H:%M"), now=now.at
                            - timedelta(minutes=1))  # fmt: skip
        before = len(reminded())
        killed = kill_before_statement(number, lambda pk=row.pk: reminders.deliver(pk))
        assert len(reminded()) == Occurrence.objects.count() == before + (0 if killed else 1)
        reminders.deliver(row.pk)
        reminders.deliver(row.pk)
        assert len(reminded()) == Occurrence.objects.count() == waiting_to_be_sent() == before + 1
        if not killed:
            return
        now.move(minutes=10)
    raise AssertionError("a delivery has more than 40 statements")


def test_two_workers_at_once_write_one_message(now: Now, there: Channel) -> None:
    rows = [make_schedule(make_chat(there, f"chat-{one}"), "2026-11-30T10:01") for one in range(4)]
    now.move(minutes=1)

    def work() -> None:
        for row in rows:
            reminders.deliver(row.pk)

    at_once(work, work, work)
    assert len(reminded()) == Occurrence.objects.count() == 4


def test_three_hours_of_downtime_give_one_message_that_says_when_it_was_due(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there), "2026-11-30T10:30", "FREQ=HOURLY")
    once = make_schedule(make_chat(there, "ben"), "2026-11-30T10:15")
    now.move(hours=3)  # 13:00
    for pk in (row.pk, once.pk, row.pk):
        reminders.deliver(pk)
    assert reminded() == [
        "⏰ drink water\n\nThis was due at 12:30 p.m.: I could not write then.",
        "⏰ drink water\n\nThis was due at 10:15 a.m.: I could not write then.",
    ]
    row.refresh_from_db()
    assert row.next_local == "2026-11-30T13:30:00"


@pytest.mark.parametrize(
    ("begin", "days"),
    [
        (datetime(2027, 3, 27, 0, 0, tzinfo=UTC), ("2027-03-27T08:00", "2027-03-28T07:00", "2027-03-29T07:00")),
        (datetime(2026, 10, 24, 0, 0, tzinfo=UTC), ("2026-10-24T07:00", "2026-10-25T08:00", "2026-10-26T08:00")),
    ],
)
def test_nine_stays_nine_on_both_days_of_summer_time(
    monkeypatch: pytest.MonkeyPatch, there: Channel, begin: datetime, days: tuple[str, ...]
) -> None:
    now = Now(monkeypatch, begin)
    chat = make_chat(there, zone="Europe/Berlin")
    row = make_schedule(chat, f"{begin:%Y-%m-%d}T09:00", "FREQ=DAILY", now=begin)
    came = []
    for _day in days:
        row.refresh_from_db()
        assert row.next_at is not None
        now.at = row.next_at
        assert reminders.deliver(row.pk)
        came.append(f"{now.at:%Y-%m-%dT%H:%M}")
        assert not reminders.deliver(row.pk)
    assert tuple(came) == days
    assert {one[11:16] for one in Occurrence.objects.values_list("local", flat=True)} == {"09:00"}


def test_an_hour_that_comes_twice_or_never(monkeypatch: pytest.MonkeyPatch, there: Channel) -> None:
    """Half past two comes twice on 25 October and never on 28 March in Berlin."""
    chat = make_chat(there, zone="Europe/Berlin")
    for begin, due in (
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2027, 3, 27, 12, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
    ):
        now = Now(monkeypatch, begin)
        row = make_schedule(chat, f"{begin:%Y-%m-%d}T02:30", "FREQ=DAILY", now=begin)
        assert row.next_at == due
        now.at = due
        assert reminders.deliver(row.pk)
        now.move(hours=1)
        assert not reminders.deliver(row.pk)


def test_a_series_of_hours_counts_elapsed_hours_where_the_clock_is_set_back(
    monkeypatch: pytest.MonkeyPatch, there: Channel
) -> None:
    now = Now(monkeypatch, datetime(2026, 10, 24, 23, 30, tzinfo=UTC))  # 01:30 in Berlin
    chat = make_chat(there, zone="Europe/Berlin")
    row = make_schedule(chat, "2026-10-25T02:00", "FREQ=HOURLY", now=now.at)
    for _hour in range(3):
        row.refresh_from_db()
        assert row.next_at is not None
        now.at = row.next_at
        assert reminders.deliver(row.pk)
    assert list(Occurrence.objects.order_by("pk").values_list("local", flat=True)) == [
        "2026-10-25T02:00:00", "2026-10-25T02:00:00~2", "2026-10-25T03:00:00",
    ]  # fmt: skip


def test_the_lead_time_names_the_moment(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there), "2026-11-30T15:00", before_s=600)
    assert row.next_at == datetime(2026, 11, 30, 6, 50, tzinfo=UTC)
    now.at = row.next_at
    assert reminders.deliver(row.pk)
    assert reminded() == ["⏰ drink water\n\nAt 3 p.m."]


def test_a_channel_that_is_switched_off_lets_its_reminders_wait(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there), "2026-11-30T10:05")
    use_policy(there, enabled=False)
    now.move(minutes=5)
    assert not reminders.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.next_at) == (State.ACTIVE, now.at + timedelta(minutes=1))
    use_policy(there, enabled=True)
    now.move(minutes=30)
    assert reminders.deliver(row.pk)
    assert "This was due at 10:05 a.m." in reminded()[0]


def test_quiet_hours_hold_what_is_late_but_not_a_time_that_the_person_chose(now: Now, there: Channel) -> None:
    late = make_schedule(make_chat(there), "2026-11-30T21:00")
    chosen = make_schedule(make_chat(there, "ben"), "2026-11-30T23:30")
    now.at = datetime(2026, 11, 30, 15, 40, tzinfo=UTC)  # 23:40
    assert not reminders.deliver(late.pk)
    assert reminders.deliver(chosen.pk)
    late.refresh_from_db()
    assert late.next_at == datetime(2026, 11, 30, 23, 0, tzinfo=UTC)  # 07:00
    now.at = late.next_at
    assert reminders.deliver(late.pk)
    assert len(reminded()) == 2


def test_a_person_without_quiet_hours_gets_it_at_night(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there, quiet_hours="off"), "2026-11-30T21:00")
    now.at = datetime(2026, 11, 30, 18, 0, tzinfo=UTC)
    assert reminders.deliver(row.pk)


def test_new_rules_of_a_zone_move_the_reminder_and_keep_its_wall_time(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there), "2026-12-01T09:00", "FREQ=DAILY")
    right = row.next_at
    # As if it had been derived with rules that were an hour off.
    Schedule.objects.filter(pk=row.pk).update(next_at=datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    assert upkeep.derive(now.at) == 1
    row.refresh_from_db()
    assert row.next_at == right
    Schedule.objects.filter(pk=row.pk).update(next_at=datetime(2026, 12, 1, 0, 0, tzinfo=UTC))
    now.at = datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
    assert not reminders.deliver(row.pk)
    row.refresh_from_db()
    assert row.next_at == right


def test_what_is_long_over_is_deleted(now: Now, there: Channel) -> None:
    row = make_schedule(make_chat(there), "2026-11-30T10:05", created_at=BEGIN)
    series = make_schedule(make_chat(there, "ben"), "2026-11-30T10:05", "FREQ=DAILY", created_at=BEGIN)
    now.move(minutes=5)
    reminders.deliver(row.pk)
    reminders.deliver(series.pk)
    now.move(days=89)
    upkeep.run()
    assert Schedule.objects.count() == Occurrence.objects.count() == 2
    now.move(days=2)
    upkeep.run()
    assert list(Schedule.objects.all()) == [series]
    assert not Occurrence.objects.exists()


def test_without_reminders_the_sweep_asks_one_question(now: Now, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert reminders.wake_due() == 0
