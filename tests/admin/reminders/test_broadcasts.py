"""A broadcast is written, previewed, released, watched and stopped in the admin, by who manages the bot."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from bots.models import AuditEntry, Bot, BotAccess, Broadcast, Channel, Label, Message, Person
from bots.reminders import broadcasting
from tests.admin.builders import address, login, make_bot, make_channel, make_conversation, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.databases]

State = Broadcast.State


@pytest.fixture
def channel() -> Channel:
    channel = make_channel(make_bot())
    for number in range(3):
        make_conversation(channel, f"p{number}")
    return channel


def team(bot: Bot, role: str) -> User:
    user = make_user(f"user-{role}", superuser=False)
    BotAccess.objects.create(user=user, bot=bot, role=role)
    return user


def fields(bot: Bot, **values: Any) -> dict[str, Any]:
    return {"bot": bot.pk, "name": "news", "text": "We are closed.", "text_zh": "休息。", "per_second": "5", **values}


def preview(row: Broadcast) -> str:
    return reverse("admin:bots_broadcast_preview", args=(row.pk,))


def test_from_draft_to_sent(channel: Channel) -> None:
    client = login(team(channel.bot, "manager"))
    Person.objects.filter(key="p0").update(blocked=True)
    saved = client.post(address(Broadcast, "add"), fields(channel.bot))
    row = Broadcast.objects.get()
    assert saved.status_code == 302
    assert saved["Location"] == preview(row)
    assert (row.state, row.created_by) == (State.DRAFT, "user-manager")
    page = client.get(preview(row)).content.decode()
    assert "Send to 2 people now" in page
    assert "blocked by the team" in page
    assert "Person p1" in page
    client.post(preview(row), {"release": "1"})
    row.refresh_from_db()
    assert row.state == State.SCHEDULED
    while broadcasting.step(row.pk):
        Broadcast.objects.update(due_at=timezone.now())
    assert Message.objects.filter(meta__kind="broadcast").count() == 2
    done = client.get(preview(row)).content.decode()
    assert "Progress" in done
    assert "http-equiv" not in done
    assert client.post(address(Broadcast, "change", row.pk), fields(channel.bot, text="x")).status_code == 403
    assert list(AuditEntry.objects.filter(subject__contains="broadcast").values_list("action", flat=True)) == [
        "changed", "added"
    ]  # fmt: skip


def test_stop_and_go_on(channel: Channel) -> None:
    client = login(team(channel.bot, "manager"))
    row = Broadcast.objects.create(bot=channel.bot, name="n", text="x")
    client.post(preview(row), {"release": "1"})
    assert "http-equiv" in client.get(preview(row)).content.decode()
    client.post(preview(row), {"stop": "1"})
    row.refresh_from_db()
    assert row.state == State.STOPPED
    assert "Go on" in client.get(preview(row)).content.decode()
    client.post(preview(row), {"release": "1"})
    row.refresh_from_db()
    assert row.state == State.SCHEDULED


@pytest.mark.parametrize("role", ["viewer", "operator", ""])
def test_only_managers_of_the_bot_release(channel: Channel, role: str) -> None:
    user = team(channel.bot, role) if role else team(make_bot("other"), "manager")
    row = Broadcast.objects.create(bot=channel.bot, name="n", text="x")
    assert login(user).post(preview(row), {"release": "1"}).status_code == (403 if role else 404)
    row.refresh_from_db()
    assert row.state == State.DRAFT


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"text": " ", "text_zh": ""}, "Write the text in one language at least."),
        ({"local": "tomorrow"}, "Write the time as"),
        ({"local": "2026-12-01T09:00Z"}, "Write the time as"),
        ({"zone": "Mars/Base"}, "Write the time as"),
        ({"per_second": "0"}, "greater than or equal to 0.1"),
    ],
)
def test_what_makes_no_sense_is_refused(channel: Channel, values: dict[str, Any], said: str) -> None:
    page = login(make_user()).post(address(Broadcast, "add"), fields(channel.bot, **values))
    assert page.status_code == 200
    assert said in page.content.decode()
    assert not Broadcast.objects.exists()


def test_channels_and_labels_of_other_bots_are_refused(channel: Channel) -> None:
    other = make_bot("other")
    label, foreign = Label.objects.create(bot=other, name="guests"), make_channel(other)
    client = login(make_user())
    for values in ({"labels": [label.pk]}, {"channels": [foreign.pk]}):
        page = client.post(address(Broadcast, "add"), fields(channel.bot, **values))
        assert "Choose those of the bot only." in page.content.decode()


def test_labels_are_put_on_people_on_their_page(channel: Channel) -> None:
    label = Label.objects.create(bot=channel.bot, name="guests")
    foreign = Label.objects.create(bot=make_bot("other"), name="foreign")
    person = Person.objects.get(key="p1")
    client = login(team(channel.bot, "manager"))
    page = client.get(address(Person, "change", person.pk)).content.decode()
    assert "guests" in page
    assert "foreign" not in page
    empty = {f"{name}-{key}": 0 for name in ("identities", "conversations") for key in ("TOTAL_FORMS", "INITIAL_FORMS")}
    form = {"display_name": "Ann", "labels_chosen": [label.pk], **empty}
    assert client.post(address(Person, "change", person.pk), form).status_code == 302
    assert list(person.labels.all()) == [label]
    client.post(address(Person, "change", person.pk), {**form, "labels_chosen": [foreign.pk]})
    assert list(person.labels.all()) == [label]
    client.post(address(Person, "change", person.pk), {"display_name": "Ann", **empty})
    assert not person.labels.exists()
    viewer = login(team(channel.bot, "viewer"))
    assert "labels_chosen" not in viewer.get(address(Person, "change", person.pk)).content.decode()
