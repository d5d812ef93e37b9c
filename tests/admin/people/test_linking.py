"""An administrator merges two people who are one human, and undoes the merge."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from bots.models import AuditEntry, BotAccess, Conversation, Person
from memory.models import MemoryEntry
from tests.admin.builders import address, login, make_bot, make_channel, make_conversation, make_memory, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.databases("memory")]


def make_two() -> tuple[Conversation, Conversation]:
    bot = make_bot()
    first = make_conversation(make_channel(bot), "ann-phone")
    second = make_conversation(make_channel(bot, "webhook"), "ann-desk")
    make_memory(second)
    return first, second


def page_of(person: Person) -> str:
    return reverse("admin:bots_person_link", args=(person.pk,))


@pytest.mark.django_db(transaction=True)  # memories in another database follow after the commit
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_search_confirm_merge_and_separate(language: str) -> None:
    first, second = make_two()
    client = login(make_user(), language)
    page = page_of(first.person)
    assert page in client.get(address(Person, "change", first.person_id)).content.decode()
    found = client.get(page, {"q": "ann-desk"}).content.decode()
    assert f"?other={second.person_id}" in found
    assert f"?other={first.person_id}" not in found
    assert "Person ann-desk" in client.get(page, {"other": second.person_id}).content.decode()
    client.post(page, {"other": second.person_id})
    assert MemoryEntry.objects.get().person_id == first.person_id
    assert f'value="{second.person_id}"' in client.get(page).content.decode()
    assert client.get(address(Person, "changelist")).status_code == 200
    assert client.get(page_of(second.person)).status_code == 200
    client.post(page, {"undo": second.person_id})
    assert MemoryEntry.objects.get().person_id == second.person_id
    actions = list(AuditEntry.objects.order_by("id").values_list("action", "actor"))
    assert actions == [("link", "root")] * 2 + [("unlink", "root")] * 2


def test_people_of_two_bots_are_not_merged() -> None:
    first, _ = make_two()
    stranger = make_conversation(make_channel(make_bot("other")), "bob").person
    response = login(make_user()).post(page_of(first.person), {"other": stranger.pk})
    assert "one bot" in str(next(iter(get_messages(response.wsgi_request))))
    assert not Person.objects.exclude(linked_to=None).exists()


def test_merging_is_a_managers_matter() -> None:
    first, second = make_two()
    user = make_user("staff", superuser=False)
    BotAccess.objects.create(user=user, bot=first.bot, role=BotAccess.Role.OPERATOR)
    client = login(user)
    assert client.get(page_of(first.person)).status_code == 403
    assert client.post(page_of(first.person), {"other": second.person_id}).status_code == 403
    assert client.post(page_of(first.person), {"other": "x"}).status_code == 403


def test_nonsense_is_not_found() -> None:
    first, _ = make_two()
    client = login(make_user())
    assert client.post(page_of(first.person), {"other": "x"}).status_code == 404
    assert client.get(page_of(first.person), {"other": "999999"}).status_code == 404
