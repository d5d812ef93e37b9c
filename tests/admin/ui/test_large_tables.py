"""Lists and searches of large tables read the newest rows and say so."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bots.admin.ui import large_tables
from bots.models import Person
from tests.builders import make_bot, make_channel, say

pytestmark = pytest.mark.django_db

PEOPLE = "/admin/bots/person/"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch) -> None:
    bot = make_bot()
    for number in range(5):
        Person.objects.create(bot=bot, key=f"k{number}", display_name=f"Grace {number}")
    monkeypatch.setattr(large_tables, "SEARCHED", 2)


def test_a_search_of_a_large_table_reads_the_newest_rows_and_offers_the_others(client: Client, people: None) -> None:
    page = client.get(PEOPLE, {"q": "Grace"})
    assert [person.display_name for person in page.context["cl"].result_list] == ["Grace 4", "Grace 3"]
    assert "Only the newest 2 rows were searched." in page.content.decode()
    assert '<a href="?q=Grace&amp;rows=all"' in page.content.decode()


def test_a_search_of_all_rows_finds_the_oldest(client: Client, people: None) -> None:
    page = client.get(PEOPLE, {"q": "Grace 0", "rows": "all"})
    assert [person.display_name for person in page.context["cl"].result_list] == ["Grace 0"]
    assert "were searched" not in page.content.decode()


def test_a_small_table_is_searched_whole_without_a_word(
    client: Client, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tables, "SEARCHED", 1000)
    page = client.get(PEOPLE, {"q": "Grace"})
    assert page.context["cl"].result_count == 5
    assert "were searched" not in page.content.decode()
    assert "all rows (slow)" not in page.content.decode()


def test_a_list_counts_no_more_rows_than_its_pages_reach(
    client: Client, people: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_tables, "LISTED", 3)
    assert client.get(PEOPLE).context["cl"].result_count == 3


def test_a_filter_offers_the_kinds_of_the_newest_events(client: Client) -> None:
    say(make_channel(), "hello")
    page = client.get("/admin/bots/inboundevent/").content.decode()
    assert "?kind=message" in page


def test_the_note_is_in_the_readers_language(client: Client, people: None) -> None:
    page = client.get(PEOPLE, {"q": "Grace"}, headers={"Accept-Language": "zh-hans"}).content.decode()
    assert "只搜索了最新的 2 行。" in page
    assert "搜索全部行" in page
