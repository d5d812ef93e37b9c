"""Dead letters and replays through the API."""

from __future__ import annotations

import pytest

from bots.models import InboundEvent
from tests.api.builders import caller_with, make_channel, make_conversation, make_inbound, make_outbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def test_a_dead_letter_is_sent_again_and_a_sent_one_is_not() -> None:
    conversation = make_conversation(make_channel())
    dead = make_outbound(conversation, state="dead", attempts=10, error="gone")
    sent = make_outbound(conversation, state="sent")
    client = caller_with("operator", conversation.bot)
    assert client.post(f"/api/v1/outbound/{dead.pk}/retry/").json() == {"changed": 1}
    assert client.post(f"/api/v1/outbound/{sent.pk}/retry/").json() == {"changed": 0}
    dead.refresh_from_db()
    assert (dead.state, dead.attempts) == ("pending", 0)


def test_a_message_is_given_up() -> None:
    conversation = make_conversation(make_channel())
    row = make_outbound(conversation, state="dead")
    client = caller_with("operator", conversation.bot)
    assert client.post(f"/api/v1/outbound/{row.pk}/discard/").json() == {"changed": 1}
    row.refresh_from_db()
    assert row.state == "discarded"


def test_an_event_is_taken_again_as_a_new_row() -> None:
    channel = make_channel()
    row = make_inbound(channel, state="dead")
    client = caller_with("operator", channel.bot)
    assert client.post(f"/api/v1/inbound/{row.pk}/replay/").json() == {"changed": 1}
    assert InboundEvent.objects.filter(state="pending").count() == 1
    waiting = make_inbound(channel, state="pending")
    assert client.post(f"/api/v1/inbound/{waiting.pk}/replay/").json() == {"changed": 0}


def test_lists_filter_by_state_and_show_no_contents() -> None:
    conversation = make_conversation(make_channel())
    dead = make_outbound(conversation, state="dead", payload={"text": "very private words"})
    make_outbound(conversation)
    answer = caller_with("viewer", conversation.bot).get("/api/v1/outbound/?state=dead")
    assert [row["id"] for row in answer.json()["results"]] == [dead.pk]
    assert "very private words" not in answer.content.decode()
