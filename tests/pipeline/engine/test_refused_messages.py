"""A message that the model refuses is marked, leaves later prompts, and the person hears of it."""

from __future__ import annotations

import pytest

from bots.models import Channel, Message
from bots.people import identities
from memory.models import MemoryEntry
from memory.store import MemoryStore
from tests.builders import answers, say
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases("memory")]


@pytest.mark.parametrize("forget_session", [False, True], ids=["session", "database"])
def test_the_refused_message_leaves_the_prompt_of_later_turns(
    forget_session: bool, channel: Channel, model: StubModel
) -> None:
    model.refused_words.append("dynamite")
    say(channel, "Good morning")
    say(channel, "Where do I get dynamite?")
    for text in ("My cat is called Mia", "What is my cat called?"):
        if forget_session:
            MemoryStore(channel.bot_id).session_memory.clear_cache()
            identities.clear_cache()
        asked = len(model.prompts)
        say(channel, text)
        assert len(model.prompts) == asked + 1
        assert "dynamite" not in str(model.prompts[-1])
        assert "refused" not in str(model.prompts[-1])
    assert [text.startswith("The language model refused") for text in answers()] == [False, True, False, False]
    assert not MemoryEntry.objects.filter(text__contains="dynamite").exists()
    marked = Message.objects.filter(meta__refused=True).order_by("id")
    assert [message.role for message in marked] == ["user", "assistant"]


def test_an_older_message_that_is_refused_now_does_not_stop_the_chat(channel: Channel, model: StubModel) -> None:
    say(channel, "I sell dynamite")
    model.refused_words.append("dynamite")
    say(channel, "Good morning")
    assert answers()[-1] == "You said: Good morning"
    assert not Message.objects.filter(meta__refused=True).exists()


def test_the_notice_is_in_the_language_of_the_person(channel: Channel, model: StubModel) -> None:
    model.refused_words.append("炸药")
    say(channel, "哪里能买到炸药？")
    assert answers()[-1].startswith("语言模型拒绝了这条消息")
