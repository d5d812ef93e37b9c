"""The team sees people's reminders, and pauses, resumes and stops them; each act is in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User

from bots.models import AuditEntry, Bot, BotAccess, Person, Schedule
from tests.admin.builders import address, login, make_bot, make_channel, make_conversation, make_schedule, make_user

pytestmark = pytest.mark.django_db

State = Schedule.State


@pytest.fixture
def row() -> Schedule:
    return make_schedule(make_conversation(make_channel(make_bot())))


def team(bot: Bot, role: str) -> User:
    user = make_user(f"user-{role}", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=role)
    return user


def act(user: User, action: str, row: Schedule) -> Any:
    data = {"action": f"{action}_selected", "_selected_action": [row.pk]}
    return login(user).post(address(Schedule, "changelist"), data)


def test_pause_resume_and_stop_are_acts_of_an_operator(row: Schedule) -> None:
    operator = team(row.bot, "operator")
    act(operator, "pause", row)
    row.refresh_from_db()
    assert (row.state, row.next_at) == (State.PAUSED, None)
    act(operator, "resume", row)
    row.refresh_from_db()
    assert row.state == State.ACTIVE
    assert row.next_at is not None
    act(operator, "stop", row)
    row.refresh_from_db()
    assert (row.state, row.stopped_code, row.told) == (State.STOPPED, "stopped_by_team", False)
    assert Person.objects.get(pk=row.person_id).news
    entries = AuditEntry.objects.filter(subject__startswith=f"bots.schedule {row.pk}")
    assert [(one.actor, one.field_names) for one in entries] == [("user-operator", ["state"])] * 3
    assert not any("water" in one.subject for one in entries)  # the log keeps no content


@pytest.mark.parametrize("role", ["viewer", ""])
def test_others_change_nothing(row: Schedule, role: str) -> None:
    user = team(row.bot, role) if role else team(make_bot("other"), "manager")
    act(user, "stop", row)
    row.refresh_from_db()
    assert row.state == State.ACTIVE
    shown = login(user).get(address(Schedule, "change", row.pk))
    assert shown.status_code == (200 if role else 302)


def test_the_page_has_the_time_of_the_person_and_of_the_reader(row: Schedule) -> None:
    Person.objects.filter(pk=row.person_id).update(time_zone="Asia/Shanghai")
    page = login(make_user()).get(address(Schedule, "change", row.pk)).content.decode()
    assert "Asia/Shanghai" in page
    assert "every day" in page
    listed = login(make_user("zh"), "zh-hans").get(address(Schedule, "changelist")).content.decode()
    assert "每天" in listed


def test_nobody_writes_reminders_for_people(row: Schedule) -> None:
    client = login(make_user())
    assert client.get(address(Schedule, "add")).status_code == 403
    assert client.post(address(Schedule, "change", row.pk), {"text": "other"}).status_code == 403


def test_the_page_of_a_person_leads_to_their_reminders(row: Schedule) -> None:
    page = login(make_user()).get(address(Person, "change", row.person_id)).content.decode()
    assert "Reminders (1)" in page
    assert f"person__id__exact={row.person_id}" in page
