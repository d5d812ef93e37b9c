"""The page of a conversation shows its state machine with the present state."""

from __future__ import annotations

import pytest
from django.urls import reverse

from bots.models import Conversation
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_user

pytestmark = pytest.mark.django_db


def test_the_states_are_drawn_on_the_page_and_the_present_one_is_marked() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    Conversation.objects.update(state=Conversation.State.HUMAN)
    page = login(make_user("eve")).get(reverse("admin:bots_conversation_change", args=[conversation.pk]))
    drawn = page.content.decode()
    assert "<svg" in drawn
    box = drawn[drawn.index("<title>Handed to a human</title>") :]
    assert 'rx="22"' in box[: box.index("</g>")]
