"""The prompt shows facts with their date, and no part of a prompt becomes a memory."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import Channel
from memory.consolidation.optimize import optimize
from memory.models import MemoryEntry
from memory.types import Scope
from tests.builders import say
from tests.memory.builders import talk
from tests.peers import StubModel

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("words_only"),
    pytest.mark.databases("memory"),
]


def test_a_fact_is_in_the_prompt_with_its_date_and_the_superseded_one_is_not(
    channel: Channel, model: StubModel
) -> None:
    say(channel, "hello")
    person = channel.bot.people.get()
    scope = Scope(channel.bot_id, person.pk)
    talk(scope, "I live in Chengdu", days_ago=40)
    talk(scope, "I moved from Chengdu to Shenzhen", days_ago=20)
    optimize(channel.bot_id)
    model.prompts.clear()
    before = set(MemoryEntry.objects.values_list("pk", flat=True))
    say(channel, "In which city do I live?")
    system = model.prompts[-1][0]["content"]
    since = timezone.localtime(timezone.now() - timedelta(days=20)).date()
    assert f"- since {since}: The person lives in Shenzhen" in system
    assert "The person lives in Chengdu" not in system
    new = MemoryEntry.objects.exclude(pk__in=before)
    assert [row.kind for row in new] == ["turn", "turn"]
    assert {row.text for row in new} == {"In which city do I live?", "You said: In which city do I live?"}
    assert not MemoryEntry.objects.filter(text__contains="<memory>").exists()
