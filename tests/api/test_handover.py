"""The API takes a conversation over and hands it back."""

from __future__ import annotations

import pytest
from django.utils import timezone

from bots.models import Conversation
from tests.api.builders import caller_with, make_channel, make_conversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_channel())


def test_an_operator_takes_over_and_hands_back_and_repeating_changes_nothing(conversation: Conversation) -> None:
    client = caller_with("operator", conversation.bot)
    address = f"/api/v1/conversations/{conversation.pk}"
    for _again in range(2):
        answer = client.post(f"{address}/take-over/")
        assert (answer.status_code, answer.json()["state"]) == (200, "human")
    assert [row["id"] for row in client.get("/api/v1/conversations/?state=human").json()["results"]] == [
        conversation.pk
    ]
    for _again in range(2):
        assert client.post(f"{address}/hand-back/").json()["state"] == "active"
    assert list(conversation.transitions.order_by("id").values_list("name", flat=True)) == ["hand_over", "resume"]


def test_viewers_and_strangers_may_not(conversation: Conversation) -> None:
    address = f"/api/v1/conversations/{conversation.pk}/take-over/"
    assert caller_with("viewer", conversation.bot).post(address).status_code == 403
    assert caller_with("operator", make_channel().bot).post(address).status_code == 404
    assert Conversation.objects.get().state == "active"


def test_what_is_over_cannot_be_taken(conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(closed_at=timezone.now())
    client = caller_with("operator", conversation.bot)
    answer = client.post(f"/api/v1/conversations/{conversation.pk}/take-over/")
    assert (answer.status_code, answer.json()["detail"]) == (409, "This conversation is closed.")
