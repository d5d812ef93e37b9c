"""A model that repeats the block of memories: the person sees the answer alone, and nothing of the block is stored."""

from __future__ import annotations

import pytest

from bots.models import Channel, Message, ModelProvider
from memory.models import MemoryEntry
from tests.builders import answers, say
from tests.http_server import Answer, Recorded, serve
from tests.llm.builders import chat

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


def _echo(request: Recorded) -> Answer:
    """Answers with the system message's block of memories before the answer."""
    system = request.json["messages"][0]["content"]
    block = system[system.index("\n<memory>\n") :] if "\n<memory>\n" in system else "<memory>\n</memory>"
    return chat(f"{block.strip()}\n\nIn Munich.")


def test_neither_the_person_nor_the_memory_gets_the_block(channel: Channel, words_only: None) -> None:
    with serve(_echo) as server:
        ModelProvider.objects.create(name="echo", endpoint=f"{server.url}/v1", model="m")
        say(channel, "I live in Munich, in the street behind the old brewery.", chat="1", user="ann")
        for number in range(14):
            say(channel, f"small talk number {number} about nothing", chat="1", user="ann")
        say(channel, "In which street do I live, behind the old brewery?", chat="1", user="ann")
        asked = server.requests[-1].json["messages"][0]["content"]
    assert "I live in Munich" in asked, "the prompt has the block"
    assert set(answers()) == {"In Munich."}
    stored = [*Message.objects.values_list("text", flat=True), *MemoryEntry.objects.values_list("text", flat=True)]
    assert not any("memory>" in text or " said: " in text for text in stored)
