"""The pages of alarms: acts, limits, targets, rights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from bots.models import Alarm, AlarmNotice, AlarmRule, AlarmTarget, AuditEntry, BotAccess
from tests.admin.builders import address, login, make_bot, make_channel, make_user
from tests.http_server import Answer, Server, serve

pytestmark = pytest.mark.django_db
PRESSED = {"bots_alarmtarget_save_and_test": "1"}


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serve() as server:
        yield server


def _alarm(**values: Any) -> Alarm:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "code": "provider_out", "subject": "main", "severity": "critical", "state": "firing", "value": 1.0,
        "threshold": 0.0, "since": now, "seen_at": now,
    }  # fmt: skip
    return Alarm.objects.create(**defaults | values)


def _act(client: Client, name: str, *rows: Alarm) -> Any:
    values = {"action": name, "_selected_action": [row.pk for row in rows]}
    return client.post(address(Alarm, "changelist"), values, follow=True)


def _user(*permissions: str) -> Client:
    user = make_user("mei", superuser=False)
    user.user_permissions.add(*Permission.objects.filter(codename__in=permissions))
    return login(user)


@pytest.mark.parametrize(("language", "text"), [("en", "A model does not answer"), ("zh-hans", "模型没有应答")])
def test_the_list_says_what_is_wrong_in_both_languages(language: str, text: str) -> None:
    _alarm(subject="main", value=1.0)
    _alarm(code="disk", subject="", value=0.04, threshold=0.1)
    _alarm(code="of_a_later_version", subject="x")
    page = login(make_user()).get(address(Alarm, "changelist"), headers={"Accept-Language": language})
    content = page.content.decode()
    assert text in content
    assert "4 %" in content
    assert "of_a_later_version" in content


def test_an_operator_acknowledges_and_silences_and_the_log_says_who() -> None:
    row = _alarm()
    client = _user("view_alarm", "change_alarm")
    _act(client, "acknowledge", row)
    row.refresh_from_db()
    assert row.acknowledged_by == "mei"
    _act(client, "silence_hour", row)
    row.refresh_from_db()
    assert row.is_silent(timezone.now())
    _act(client, "end_silence", row)
    row.refresh_from_db()
    assert not row.is_silent(timezone.now())
    assert [entry.actor for entry in AuditEntry.objects.filter(action="changed")] == ["mei"] * 3


def test_who_may_only_look_changes_nothing() -> None:
    row = _alarm()
    _act(_user("view_alarm"), "acknowledge", row)
    row.refresh_from_db()
    assert row.acknowledged_at is None


def test_who_may_not_look_sees_nothing() -> None:
    _alarm(subject="secret-model")
    client = _user()
    for model in (Alarm, AlarmRule, AlarmTarget, AlarmNotice):
        assert client.get(address(model, "changelist")).status_code == 403


def test_limits_are_changed_on_the_page_of_the_rule() -> None:
    client = login(make_user())
    page = client.get(address(AlarmRule, "changelist")).content.decode()
    assert "Memory is nearly used up" in page
    assert "&gt; 85 %" in page
    assert "&gt; –" not in page
    row = AlarmRule.objects.get(code="memory")
    values = {"enabled": "on", "threshold": "0.9", "for_seconds": "60", "remind_minutes": "0", "escalate_minutes": "0"}
    assert client.post(address(AlarmRule, "change", row.pk), values).status_code == 302
    row.refresh_from_db()
    assert (row.threshold, row.for_seconds) == (0.9, 60)
    assert client.get(address(AlarmRule, "add")).status_code == 403


def _target(url: str = "", **values: str) -> dict[str, str]:
    return {
        "name": "ops", "kind": "webhook", "enabled": "on", "language": "en", "addresses": "", "url": url, "secret": "",
        "channel": "", "chat_id": "",
    } | values  # fmt: skip


def test_a_target_is_saved_tested_and_its_secret_never_shown(receiver: Server) -> None:
    client = login(make_user())
    client.post(address(AlarmTarget, "add"), _target(receiver.url, secret="s3cret-s3cret"))
    row = AlarmTarget.objects.get()
    page = client.post(address(AlarmTarget, "change", row.pk), _target(receiver.url, **PRESSED), follow=True)
    assert "ops was told." in page.content.decode()
    assert receiver.requests[0].json["kind"] == "test"
    assert "x-signature" in receiver.requests[0].headers
    row.refresh_from_db()
    assert row.secret == "s3cret-s3cret"
    shown = client.get(address(AlarmTarget, "change", row.pk)).content.decode()
    assert "s3cret-s3cret" not in shown


def test_a_test_that_fails_says_why(receiver: Server) -> None:
    receiver.answer(Answer(404))
    client = login(make_user())
    client.post(address(AlarmTarget, "add"), _target(receiver.url))
    row = AlarmTarget.objects.get()
    page = client.post(address(AlarmTarget, "change", row.pk), _target(receiver.url, **PRESSED), follow=True)
    assert "ops was not told" in page.content.decode()
    assert "404" in page.content.decode()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"kind": "mail", "addresses": "nobody"}, "nobody is no mail address"),
        ({"kind": "mail"}, "at least one mail address"),
        ({"kind": "webhook"}, "Enter the address"),
        ({"kind": "chat"}, "Choose the channel"),
    ],
)
def test_a_target_that_cannot_be_told_is_refused(values: dict[str, str], text: str) -> None:
    page = login(make_user()).post(address(AlarmTarget, "add"), _target(**values))
    assert text in page.content.decode()
    assert not AlarmTarget.objects.exists()


def test_only_superusers_enter_addresses_of_a_private_network(receiver: Server) -> None:
    client = _user("view_alarmtarget", "add_alarmtarget")
    page = client.post(address(AlarmTarget, "add"), _target(receiver.url))
    assert "private network" in page.content.decode()
    assert client.post(address(AlarmTarget, "add"), _target("https://example.com/x")).status_code == 302
    assert AlarmTarget.objects.get().public_only


def test_only_channels_of_bots_that_the_user_manages_are_offered() -> None:
    mine, other = make_channel(make_bot("mine")), make_channel(make_bot("other"))
    client = _user("view_alarmtarget", "add_alarmtarget")
    BotAccess.objects.create(user=User.objects.get(username="mei"), bot=mine.bot, role=BotAccess.Role.MANAGER)
    refused = client.post(address(AlarmTarget, "add"), _target(kind="chat", channel=str(other.pk), chat_id="c"))
    assert refused.status_code == 200
    assert not AlarmTarget.objects.exists()
    taken = client.post(address(AlarmTarget, "add"), _target(kind="chat", channel=str(mine.pk), chat_id="c"))
    assert taken.status_code == 302
