"""After /forget the model no longer sees the erased words, not even in the same conversation."""

from __future__ import annotations

import json

import pytest

from bots.admin.conversations import transcript
from bots.admin.conversations.transcript import Bubble
from bots.models import Channel, Conversation, Message, Person
from bots.operations import web_channels, web_chat
from bots.people import audit_log, erasure, linking
from bots.webchat import visitor_tokens
from memory.models import MemoryEntry
from tests.builders import make_bot, make_channel, say
from tests.peers import StubModel

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("words_only"),
    pytest.mark.databases("memory"),
]

SECRET = "My locker opens with 4711"


def prompt(model: StubModel) -> str:
    return json.dumps(model.prompts[-1])


@pytest.mark.parametrize("yes", ["yes", "是的！", "好的，"])
def test_after_forget_the_model_no_longer_sees_what_was_said_before(
    yes: str, channel: Channel, model: StubModel
) -> None:
    say(channel, SECRET)
    Conversation.objects.update(summary="They told me of their locker 4711.")
    say(channel, "Good morning")
    assert "4711" in prompt(model)
    say(channel, "/forget")
    say(channel, yes)
    assert not MemoryEntry.objects.exists()
    say(channel, "How does my locker open?")
    assert "4711" not in prompt(model)
    shown = [entry for entry in transcript.build(Conversation.objects.get()).entries if isinstance(entry, Bubble)]
    kept = next(one for one in shown if one.message.text == SECRET)
    assert kept.facts == ("forgotten: the bot no longer sees it",)
    say(channel, "What did I just ask?")
    assert "How does my locker open?" in prompt(model)


def test_one_forgotten_memory_leaves_the_prompt_with_its_repetitions_and_the_rest_stays(
    channel: Channel, model: StubModel
) -> None:
    say(channel, SECRET)
    say(channel, "I like tea")
    say(channel, SECRET)
    entry = MemoryEntry.objects.get(text=SECRET, duplicate_of=None)
    erasure.erase_memories(Person.objects.get(), audit_log.HIMSELF, [entry.pk])
    Message.objects.filter(role=Message.Role.ASSISTANT).update(text="All right")
    say(channel, "What do you know?")
    assert "4711" not in prompt(model)
    assert "I like tea" in prompt(model)


def test_forgetting_reaches_the_chat_page(model: StubModel) -> None:
    bot = make_bot()
    page, visitor = web_channels.ensure_web_channel(bot), visitor_tokens.new_visitor(bot.pk)
    say(page, SECRET, chat=visitor.id)
    assert [entry["role"] for entry in web_chat.hello(page, visitor.id)["history"]] == ["user", "assistant"]
    erasure.erase_memories(Person.objects.get(), audit_log.HIMSELF)
    assert web_chat.hello(page, visitor.id)["history"] == []


def test_of_two_linked_accounts_each_forgets_its_own_conversation(channel: Channel, model: StubModel) -> None:
    second = make_channel(channel.bot)
    say(channel, SECRET)
    say(second, "I like tea", user="8001", chat="8001")
    first, other = Person.objects.order_by("id")
    linking.link(first, other, audit_log.HIMSELF)
    other.refresh_from_db()
    erasure.erase_memories(other, audit_log.HIMSELF)
    hidden = Message.objects.filter(forgotten=True).values_list("conversation__channel", flat=True)
    assert set(hidden) == {second.pk}
