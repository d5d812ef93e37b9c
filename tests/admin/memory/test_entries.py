"""The search finds memories by their words and by their person, in one database or two."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from bots.models import Bot, Person
from memory.store import MemoryStore
from memory.types import Turn
from tests.admin.builders import login, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]


@pytest.fixture
def pages() -> None:
    bot = Bot.objects.create(slug="b", name="B")
    for key, name, text in (("k-ann", "Ann Marie Li", "I like Tea"), ("k-bob", "Bob Li", "I like boats")):
        person = Person.objects.create(bot=bot, key=key, display_name=name)
        MemoryStore(bot.pk).remember([Turn(bot.pk, person.pk, "user", text, timezone.now(), external_id=f"x-{key}")])


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("tea", {"I like Tea"}),
        ("li ann", {"I like Tea"}),
        ("li", {"I like Tea", "I like boats"}),
        ("k-bob", {"I like boats"}),
        ("x-k-ann", {"I like Tea"}),
        ("nobody", set()),
        (" ", {"I like Tea", "I like boats"}),
    ],
)
def test_a_search_finds(words: str, found: set[str]) -> None:
    client = login(make_user())
    answer = client.get(reverse("admin:memory_memoryentry_changelist"), {"q": words})
    assert answer.status_code == 200
    assert {row.text for row in answer.context["cl"].result_list} == found


@pytest.mark.usefixtures("pages")
def test_the_list_is_sorted_by_bot_and_narrowed_to_one() -> None:
    client = login(make_user())
    address = reverse("admin:memory_memoryentry_changelist")
    bot = Bot.objects.get()
    for query in ({"o": "5"}, {"o": "-5"}, {"bot__id__exact": str(bot.pk)}):
        answer = client.get(address, query)
        assert answer.status_code == 200
        assert len(answer.context["cl"].result_list) == 2
