"""Light and sentence about the state of a channel: on its page, in the list and in the doctor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import Channel, ChannelHealth, ChannelHour
from bots.monitoring import doctor
from bots.monitoring.channel_status import status_of, with_last_day
from tests.admin.builders import address, login, make_bot, make_channel, make_user

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def fresh(channel: Channel) -> Channel:
    return with_last_day(Channel.objects.all()).get(pk=channel.pk)


def suffered(channel: Channel, *, event_ago: float | None = None, **health: Any) -> Channel:
    if event_ago is not None:
        Channel.objects.filter(pk=channel.pk).update(last_event_at=NOW - timedelta(minutes=event_ago))
    ChannelHealth.objects.update_or_create(channel=channel, defaults=health)
    return fresh(channel)


def refused(ago: float, reason: str = "not_genuine") -> dict[str, Any]:
    return {"refused": 3, "refused_at": NOW - timedelta(minutes=ago), "refused_reason": reason}


def test_a_new_channel_asks_whether_the_address_is_pasted() -> None:
    status = status_of(fresh(make_channel(make_bot(), "slack", account={})))
    assert status.light in ("new", "bad")
    channel = Channel(bot=make_bot("b2"), platform="slack")
    channel.credentials = {"bot_token": "xoxb-1", "signing_secret": ["s" * 8]}
    channel.save()
    assert status_of(fresh(channel)).text == "No event yet: has the address been pasted in the console?"


def test_a_platform_that_can_be_polled_asks_for_the_poller_where_no_address_is_public() -> None:
    assert "manage.py poll" in status_of(fresh(make_channel(make_bot()))).text


def test_events_make_it_green() -> None:
    assert status_of(suffered(make_channel(make_bot()), event_ago=1)).light == "ok"


def test_refused_requests_are_red_before_the_first_event_and_yellow_after_it() -> None:
    channel = make_channel(make_bot())
    status = status_of(suffered(channel, **refused(1)))
    assert status.light == "bad"
    assert "Compare the secrets" in status.text
    assert status_of(suffered(channel, event_ago=5, **refused(1))).light == "warn"


def test_a_stranger_who_tried_before_a_genuine_event_changes_nothing() -> None:
    assert status_of(suffered(make_channel(make_bot()), event_ago=1, **refused(5))).light == "ok"


@pytest.mark.parametrize("reason", ["not_genuine", "malformed", "too_large", "flood", "failed"])
def test_every_reason_has_a_sentence_and_an_advice(reason: str) -> None:
    text = status_of(suffered(make_channel(make_bot()), **refused(1, reason))).text
    assert reason not in text
    assert " – " in text


def test_a_failing_send_is_red_with_the_platforms_advice_until_one_succeeds() -> None:
    channel = make_channel(make_bot())
    failed = {"send_failed_at": NOW, "send_error": "Telegram answered 401: Unauthorized", "send_mark": "unauthorized"}
    status = status_of(suffered(channel, event_ago=1, **failed))
    assert status.light == "bad"
    assert "@BotFather" in status.text
    assert status_of(suffered(channel, event_ago=1, sent_at=NOW + timedelta(seconds=1), **failed)).light == "ok"


@pytest.mark.parametrize("off", ["channel", "bot"])
def test_what_is_switched_off_is_grey(off: str) -> None:
    channel = make_channel(make_bot())
    row = channel if off == "channel" else channel.bot
    row.enabled = False
    row.save()
    assert status_of(fresh(channel)).light == "off"


def test_the_figures_of_a_day_leave_out_what_is_older() -> None:
    channel = make_channel(make_bot())
    hour = NOW.replace(minute=0, second=0, microsecond=0)
    for ago, events in ((0, 2), (5, 3), (30, 100)):
        ChannelHour.objects.create(channel=channel, hour=hour - timedelta(hours=ago), events=events, refused=1)
    found: Any = fresh(channel)
    assert (found.day_events, found.day_refused) == (5, 2)


def test_the_page_and_the_list_show_it() -> None:
    channel = make_channel(make_bot())
    suffered(channel, **refused(1), refused_detail="the secret token does not match")
    client = login(make_user())
    page = client.get(address(Channel, "change", channel.pk)).content.decode()
    assert "claw-light-bad" in page
    assert "the secret token does not match" in page
    assert "Compare the secrets here" in client.get(address(Channel, "changelist")).content.decode()
    assert (
        "有请求被拒绝" in login(make_user("zh"), "zh-hans").get(address(Channel, "change", channel.pk)).content.decode()
    )


def test_the_doctor_tells_of_a_channel_that_suffers() -> None:
    channel = make_channel(make_bot())
    suffered(channel, event_ago=5, send_failed_at=NOW, send_error="gone", send_mark="unauthorized")
    found = [finding for finding in doctor.examine() if channel.public_id in finding.name]
    assert found[0].level == "warning"
    assert "Sending fails" in found[0].text
