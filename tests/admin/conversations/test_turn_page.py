"""The page of a turn shows what an answer was made from."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from bots.models import Channel, Message
from memory.models import MemoryEntry
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_turn, make_user
from tests.builders import make_event, say
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


def page_of(message: Message, client: Client | None = None) -> str:
    address = reverse("admin:bots_conversation_turn", args=(message.conversation_id, message.pk))
    response = (client or login(make_user())).get(address)
    assert response.status_code == 200
    return response.content.decode()


def last_answer() -> Message:
    return Message.objects.filter(role="assistant").order_by("-id")[0]


def test_it_shows_the_parts_with_their_tokens_and_the_memories(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu near the zoo", chat="a")
    say(channel, "/new", chat="a")
    say(channel, "Where does my sister live?", chat="a")
    page = page_of(last_answer())
    for text in ("Instructions and time", "Memories", "The message itself", "tokens", "stub", "Whole turn", "Cost"):
        assert text in page
    assert "My sister lives in Chengdu near the zoo" in page


def test_a_memory_that_was_deleted_since_is_not_shown(channel: Channel, model: StubModel) -> None:
    say(channel, "My sister lives in Chengdu near the zoo", chat="a")
    say(channel, "/new", chat="a")
    say(channel, "Where does my sister live?", chat="a")
    MemoryEntry.objects.all().delete()
    page = page_of(last_answer())
    assert "deleted since" in page


def test_it_names_the_messages_that_were_answered_together(channel: Channel, model: StubModel) -> None:
    from bots.pipeline import inbox
    from bots.pipeline.dispatch.dispatcher import MessageDispatcher

    channel.bot.bursts = "interrupt"
    channel.bot.save()
    ids = inbox.accept(channel, [make_event("one", message_id="id-1"), make_event("two", message_id="id-2")]).accepted
    MessageDispatcher().process(ids[0])
    page = page_of(last_answer())
    assert "2 messages answered together" in page
    assert "id-1" in page
    assert "id-2" in page


def test_a_turn_without_a_model_says_so() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    make_turn(conversation)
    assert "No model was asked" in page_of(last_answer())


@pytest.mark.parametrize("meta", [{"prompt": 7}, {"prompt": {"parts": {}}}, {"prompt": {}}, {"recalled": None}])
def test_what_earlier_releases_or_others_wrote_opens_too(meta: dict[str, object]) -> None:
    make_turn(make_conversation(make_channel(make_bot())), meta=meta)
    page_of(last_answer())


def test_the_page_is_in_both_languages_and_the_transcript_links_to_it(channel: Channel, model: StubModel) -> None:
    say(channel, "hello")
    client = login(make_user(), "zh-hans")
    answer = last_answer()
    page_of(answer, client)
    transcript = client.get(reverse("admin:bots_conversation_change", args=(answer.conversation_id,)))
    assert (
        reverse("admin:bots_conversation_turn", args=(answer.conversation_id, answer.pk)) in transcript.content.decode()
    )


def test_nobody_opens_the_turn_of_a_bot_that_is_not_theirs(channel: Channel, model: StubModel) -> None:
    say(channel, "hello")
    answer = last_answer()
    stranger = login(make_user("other", superuser=False))
    address = reverse("admin:bots_conversation_turn", args=(answer.conversation_id, answer.pk))
    assert stranger.get(address).status_code in (302, 403, 404)
    elsewhere = make_conversation(make_channel(make_bot()))
    address = reverse("admin:bots_conversation_turn", args=(elsewhere.pk, answer.pk))
    assert login(make_user("boss")).get(address).status_code == 404
