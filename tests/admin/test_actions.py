"""Buttons and bulk actions do what their labels say, on real rows and against real servers."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Channel, InboundEvent, ModelProvider, OutboundMessage, Person
from memory.models import MemoryEntry
from tests.admin.builders import (
    BOT_TOKEN,
    SECRET_TOKEN,
    address,
    login,
    make_bot,
    make_channel,
    make_conversation,
    make_memory,
    make_provider,
    make_turn,
    make_user,
)
from tests.http_server import Answer, Recorded, json_answer, serve
from tests.peers import completion

pytestmark = pytest.mark.django_db
OUT = OutboundMessage.State


def run(client: Client, model: Any, action: str, *rows: Any) -> list[str]:
    """Runs a bulk action; returns the messages on the next page."""
    values = {"action": action, "_selected_action": [row.pk for row in rows]}
    response = client.post(address(model, "changelist"), values)
    assert response.status_code == 302
    return [str(message) for message in get_messages(response.wsgi_request)]


def test_bots_are_disabled_and_enabled() -> None:
    client, bot = login(make_user()), make_bot()
    assert run(client, Bot, "disable_selected", bot) == ["1 bot disabled."]
    bot.refresh_from_db()
    assert bot.enabled is False
    assert run(client, Bot, "enable_selected", bot)[-1] == "1 bot enabled."
    bot.refresh_from_db()
    assert bot.enabled is True


def test_channels_are_disabled_and_enabled() -> None:
    client, channel = login(make_user()), make_channel(make_bot())
    run(client, Channel, "disable_selected", channel)
    channel.refresh_from_db()
    assert channel.enabled is False
    run(client, Channel, "enable_selected", channel)
    channel.refresh_from_db()
    assert channel.enabled is True


def test_a_dead_letter_is_sent_again_from_the_start() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    dead = make_turn(conversation, state=OUT.DEAD, attempts=6, error="blocked")
    sent = make_turn(conversation, state=OUT.SENT, sent_at=timezone.now())
    said = run(login(make_user()), OutboundMessage, "retry_selected", dead, sent)
    dead.refresh_from_db()
    sent.refresh_from_db()
    assert (dead.state, dead.attempts) == (OUT.PENDING, 0)
    assert sent.state == OUT.SENT
    assert said[0] == "1 message will be sent again."
    assert len(said) == 2  # the other did not change


def test_a_dead_letter_is_discarded_and_can_still_be_retried() -> None:
    client = login(make_user())
    dead = make_turn(make_conversation(make_channel(make_bot())), state=OUT.DEAD)
    assert run(client, OutboundMessage, "discard_selected", dead) == ["1 message discarded."]
    dead.refresh_from_db()
    assert dead.state == OUT.DISCARDED
    run(client, OutboundMessage, "retry_selected", dead)
    dead.refresh_from_db()
    assert dead.state == OUT.PENDING


def test_a_replayed_event_is_a_new_row_and_the_old_one_stays() -> None:
    make_turn(make_conversation(make_channel(make_bot())))
    event = InboundEvent.objects.get()
    client = login(make_user())
    assert run(client, InboundEvent, "replay_selected", event) == ["1 event replayed."]
    run(client, InboundEvent, "replay_selected", event)
    keys = list(InboundEvent.objects.order_by("id").values_list("dedupe_key", "state"))
    assert keys == [("event-0", "done"), ("event-0:replay:1", "pending"), ("event-0:replay:2", "pending")]
    assert InboundEvent.objects.latest("id").payload == event.payload


def test_people_are_blocked_and_unblocked() -> None:
    client, person = login(make_user()), make_conversation(make_channel(make_bot())).person
    assert run(client, Person, "block_selected", person) == ["1 person blocked."]
    person.refresh_from_db()
    assert person.blocked is True
    run(client, Person, "unblock_selected", person)
    person.refresh_from_db()
    assert person.blocked is False


def test_memories_are_pinned_and_deleted_with_their_copies() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    first, copy = make_memory(conversation), make_memory(conversation)
    assert copy.duplicate_of_id == first.pk
    client = login(make_user())
    assert run(client, MemoryEntry, "pin_selected", first) == ["1 memory pinned."]
    first.refresh_from_db()
    assert first.pinned is True
    client.post(address(MemoryEntry, "delete", first.pk), {"post": "yes"})
    assert not MemoryEntry.objects.exists()


def bot_api(request: Recorded) -> Answer:
    """A Bot API that accepts the account."""
    result: Any = {"id": 1, "is_bot": True, "first_name": "Shop", "username": "shop_bot"}
    return json_answer({"ok": True, "result": True if request.path.endswith("setWebhook") else result})


def refusing_bot_api(_request: Recorded) -> Answer:
    return json_answer({"ok": False, "error_code": 401, "description": "Unauthorized"}, 401)


def test_a_channel_is_tested_at_the_platform() -> None:
    with serve(bot_api) as server:
        channel = make_channel(make_bot(), account={"token": BOT_TOKEN, "base_url": server.url})
        said = run(login(make_user()), Channel, "test_selected", channel)
    assert server.requests[0].path.endswith("/getMe")
    assert "@shop_bot" in said[0]


def test_a_refused_channel_says_why_without_the_token() -> None:
    with serve(refusing_bot_api) as server:
        channel = make_channel(make_bot(), account={"token": BOT_TOKEN, "base_url": server.url})
        said = run(login(make_user()), Channel, "test_selected", channel)
    channel.refresh_from_db()
    assert channel.last_error
    assert channel.last_error_at is not None
    assert BOT_TOKEN not in said[0] + channel.last_error


def test_saving_and_setting_the_webhook_tells_telegram_the_address() -> None:
    with serve(bot_api) as server:
        account = {"token": BOT_TOKEN, "secret_token": [SECRET_TOKEN], "base_url": server.url}
        channel = make_channel(make_bot(), account=account)
        values = {
            "name": "Shop",
            "group_policy": "mention",
            "stranger_policy": "open",
            "enabled": "on",
            "account__telegram__base_url": server.url,
            "_set_webhook": "1",
        }
        login(make_user()).post(address(Channel, "change", channel.pk), values)
    request = server.requests[0]
    assert request.path.endswith("/setWebhook")
    assert request.json["url"] == f"http://testserver{channel.webhook_path}"
    assert request.json["secret_token"] == SECRET_TOKEN


def refusing_model(_request: Recorded) -> Answer:
    return json_answer({"error": {"message": "no such key", "type": "invalid_request_error"}}, 401)


def test_a_provider_that_answers_is_reported_and_noted() -> None:
    with serve(lambda _request: completion("ready")) as server:
        provider = make_provider(endpoint=f"{server.url}/v1")
        said = run(login(make_user()), ModelProvider, "test_selected", provider)
    provider.refresh_from_db()
    assert said[0].startswith("main answers (")
    assert provider.last_ok_at is not None


def test_a_provider_that_refuses_is_reported_and_noted() -> None:
    with serve(refusing_model) as server:
        provider = make_provider(endpoint=f"{server.url}/v1")
        said = run(login(make_user()), ModelProvider, "test_selected", provider)
    provider.refresh_from_db()
    assert said[0].startswith("main does not answer")
    assert provider.last_error


def test_the_priority_is_edited_in_the_list() -> None:
    first, second = make_provider("first", priority=10), make_provider("second", priority=20)
    values = {
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 2,
        "form-0-id": first.pk,
        "form-0-priority": 30,
        "form-0-enabled": "on",
        "form-1-id": second.pk,
        "form-1-priority": 20,
        "form-1-enabled": "on",
        "_save": "Save",
    }
    login(make_user()).post(address(ModelProvider, "changelist"), values)
    assert list(ModelProvider.objects.values_list("name", flat=True)) == ["second", "first"]


@pytest.mark.parametrize("model", [InboundEvent, OutboundMessage])
def test_the_logs_are_neither_added_nor_changed_nor_deleted(model: Any) -> None:
    make_turn(make_conversation(make_channel(make_bot())), state=OUT.DEAD)
    client, row = login(make_user()), model.objects.get()
    assert client.get(address(model, "add")).status_code == 403
    assert client.post(address(model, "change", row.pk), {"state": "sent"}).status_code == 403
    assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert model.objects.filter(pk=row.pk, state=row.state).exists()
