"""From a sentence to the delivered message: the built-in skill, its row, the sweep, the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from bots import reminders
from bots.models import Channel, Message, Schedule
from skills import seed
from tests.builders import make_channel, say
from tests.reminders.builders import make_chat, reminded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def there() -> Channel:
    seed.seed_built_in()
    channel = make_channel()
    make_chat(channel, quiet_hours="off")
    return channel


def ask(channel: Channel, text: str) -> str:
    row = say(channel, text, chat="ann", chat_type="private")
    return Message.objects.get(inbound=row, role="assistant").text


def test_in_english_it_is_kept_listed_delivered_and_put_off(there: Channel) -> None:
    answer = ask(there, "remind me in 20 minutes to call mum")
    assert "call mum" in answer
    row = Schedule.objects.get()
    assert row.text == "call mum"
    assert row.next_at is not None
    assert abs(row.next_at - timezone.now() - timedelta(minutes=20)) < timedelta(minutes=1)
    assert row.inbound is not None
    assert "call mum" in ask(there, "/reminders")
    now = timezone.now()
    Schedule.objects.filter(pk=row.pk).update(next_local=row.wall(now), next_at=now)
    assert reminders.deliver(row.pk)
    assert reminded() == ["⏰ call mum"]
    assert "again" in ask(there, "/reminders snooze 1 10m")


def test_in_chinese_a_series_is_kept_in_the_zone_of_the_person(there: Channel) -> None:
    answer = ask(there, "每个工作日早上九点提醒我站会")
    assert "站会" in answer
    row = Schedule.objects.get()
    assert (row.rule, row.zone, row.local[11:]) == ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "Asia/Shanghai", "09:00:00")
    assert row.next_at is not None
    assert row.next_at.astimezone(SHANGHAI).hour == 9
    assert "每个工作日" in ask(there, "/提醒")
    assert "站会" in ask(there, "/提醒 取消 1")
    assert not Schedule.objects.open().exists()


def test_the_lead_time_is_kept(there: Channel) -> None:
    ask(there, "下周三下午三点开会，提前十分钟提醒我")
    row = Schedule.objects.get()
    assert row.before_s == 600
    assert row.occurrence is not None
    assert row.next_at == row.occurrence - timedelta(minutes=10)
    local = datetime.fromisoformat(row.local)
    assert (local.weekday(), local.hour) == (2, 15)


def test_a_turn_that_fails_keeps_none(there: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    from bots.pipeline.dispatch import closing

    def fail(*_args: object, **_options: object) -> None:
        raise RuntimeError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(closing.turn_records, "store_messages", fail)
        say(there, "remind me in 20 minutes to call mum", chat="ann", chat_type="private")
    assert not Schedule.objects.exists()
