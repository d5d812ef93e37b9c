"""An answer that the model did not end is marked; one that a filter cut is no memory."""

from __future__ import annotations

import pytest

from bots.models import Channel, Message
from memory.models import MemoryEntry
from tests.builders import answers, say
from tests.peers import StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.mark.parametrize(("reason", "remembered"), [("length", ["user", "assistant"]), ("content_filter", ["user"])])
def test_a_cut_answer_is_marked(reason: str, remembered: list[str], channel: Channel, model: StubModel) -> None:
    model.finish_reason = reason
    say(channel, "Tell me a story")
    assert answers() == ["You said: Tell me a story …"]
    assert Message.objects.get(role="assistant").meta["cut"] == reason
    assert list(MemoryEntry.objects.order_by("id").values_list("role", flat=True)) == remembered
