"""Explorer and timeline: what they show, and who may change what."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from bots.models import AuditEntry, BotAccess, Conversation
from memory.models import MemoryEntry
from tests.admin.builders import login, make_bot, make_channel, make_conversation, make_memory, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases("memory")]
LANGUAGES = ("en", "zh-hans")
Role = BotAccess.Role


def side(slug: str = "ada") -> Conversation:
    return make_conversation(make_channel(make_bot(slug), name=slug), f"{slug}-person")


def page(conversation: Conversation, name: str = "memory", **query: str) -> str:
    address = reverse(f"admin:bots_person_{name}", args=(conversation.person_id,))
    return address + ("?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "")


def act(client: Client, entry: MemoryEntry, action: str, **values: str) -> Any:
    address = reverse("admin:bots_person_memory_action", args=(entry.person_id, entry.pk))
    return client.post(address, {"action": action, "back": "q=sister", **values})


def staff(role: str, *conversations: Conversation) -> Client:
    user = make_user("staff", superuser=False)
    for conversation in conversations:
        BotAccess.objects.create(user=user, bot_id=conversation.bot_id, role=role)
    return login(user)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_shows_hits_with_score_and_reasons(language: str) -> None:
    talk = side()
    make_memory(talk, "My sister lives in Chengdu.")
    make_memory(talk, "I drink tea.")
    client = login(make_user(), language)
    assert client.get(page(talk)).status_code == 200
    response = client.get(page(talk, q="Where does my sister live?"))
    first = response.context["answer"].turns[0]
    assert first.row.text == "My sister lives in Chengdu."
    assert {share.name for share in first.shares} >= {"lexical", "window_lexical"}
    html = response.content.decode()
    assert ("words in common" if language == "en" else "共同的词") in html
    assert "coverage" in html


def test_as_of_and_history_show_what_was_true_then() -> None:
    talk = side()
    old = make_memory(talk, "I live in Chengdu.")
    client = login(make_user())
    act(client, old, "supersede", text="I live in Shenzhen.")
    now = [one.row.text for one in client.get(page(talk, q="live")).context["answer"].turns]
    assert now == ["I live in Shenzhen."]
    both = client.get(page(talk, q="live", history="on"))
    assert len(both.context["answer"].turns) == 2
    assert "superseded" in both.content.decode()
    day = (timezone.localdate() - timedelta(days=400)).isoformat()
    assert client.get(page(talk, q="live", as_of=day)).context["answer"].turns == ()
    assert client.get(page(talk, q="live", as_of="nonsense")).status_code == 200


@pytest.mark.parametrize(("action", "logged"), [("edit", "edit"), ("supersede", "supersede"), ("pin", "pin")])
def test_each_change_works_and_is_in_the_audit_log(action: str, logged: str) -> None:
    talk = side()
    entry = make_memory(talk, "My sister lives in Chengdu.")
    client = login(make_user())
    response = act(client, entry, action, text="My sister lives in Beijing.")
    assert response.status_code == 302
    assert response["Location"] == page(talk, q="sister")
    assert AuditEntry.objects.filter(action=logged, actor="root").count() == 1
    entry.refresh_from_db()
    if action == "edit":
        assert entry.text == "My sister lives in Beijing."
    elif action == "supersede":
        assert entry.superseded_by is not None
        assert entry.superseded_by.text == "My sister lives in Beijing."
    else:
        assert entry.pinned
        act(client, entry, "unpin")
        entry.refresh_from_db()
        assert not entry.pinned


@pytest.mark.django_db(transaction=True)
def test_a_deletion_takes_the_way_that_proves_itself() -> None:
    talk = side()
    entry = make_memory(talk, "My sister lives in Chengdu.")
    act(login(make_user()), entry, "delete")
    assert not MemoryEntry.objects.exists()
    assert AuditEntry.objects.filter(action__in=("delete", "erase_proof")).exists()


@pytest.mark.parametrize("values", [{"action": "edit", "text": " "}, {"action": "supersede", "text": ""}])
def test_a_blank_text_is_refused_and_changes_nothing(values: dict[str, str]) -> None:
    talk = side()
    entry = make_memory(talk, "My sister lives in Chengdu.")
    address = reverse("admin:bots_person_memory_action", args=(entry.person_id, entry.pk))
    response = login(make_user()).post(address, values, follow=True)
    assert "Not changed" in response.content.decode()
    assert list(MemoryEntry.objects.values_list("text", flat=True)) == ["My sister lives in Chengdu."]


@pytest.mark.parametrize("action", ["edit", "supersede"])
def test_refused_words_stay_in_the_field(action: str) -> None:
    talk = side()
    entry = make_memory(talk, "My sister lives in Chengdu.")
    client = login(make_user())
    long = "sister אחות " * 2000
    assert act(client, entry, action, text=long).status_code == 302
    assert f">{long}</textarea>" in client.get(page(talk, q="sister")).content.decode()
    assert f">{long}</textarea>" not in client.get(page(talk, q="sister")).content.decode()


def test_an_unknown_action_and_a_get_are_no_pages() -> None:
    entry = make_memory(side(), "My sister lives in Chengdu.")
    client = login(make_user())
    assert act(client, entry, "explode").status_code == 404
    assert client.get(reverse("admin:bots_person_memory_action", args=(entry.person_id, entry.pk))).status_code == 404


@pytest.mark.parametrize("name", ["memory", "timeline"])
def test_an_operator_of_one_bot_never_sees_another(name: str) -> None:
    mine, theirs = side("mine"), side("theirs")
    make_memory(theirs, "theirs alone")
    client = staff(Role.OPERATOR, mine)
    assert client.get(page(mine, name)).status_code == 200
    assert client.get(page(theirs, name, q="theirs")).status_code == 404
    chosen = client.get(reverse("admin:memory_explorer"), {"who": "theirs"}).content.decode()
    assert "theirs-person" not in chosen
    assert "mine-person" in client.get(reverse("admin:memory_explorer")).content.decode()


def test_nothing_of_another_bot_or_person_can_be_changed() -> None:
    mine, theirs = side("mine"), side("theirs")
    entry = make_memory(theirs, "theirs alone")
    client = staff(Role.OPERATOR, mine)
    assert act(client, entry, "edit", text="taken").status_code == 404
    # their memory at the address of my person
    address = reverse("admin:bots_person_memory_action", args=(mine.person_id, entry.pk))
    for action in ("edit", "supersede", "pin", "delete"):
        client.post(address, {"action": action, "text": "taken"})
    entry.refresh_from_db()
    assert (entry.text, entry.pinned, entry.superseded_by_id) == ("theirs alone", False, None)


def test_a_viewer_reads_and_finds_no_buttons() -> None:
    mine = side("mine")
    entry = make_memory(mine, "My sister lives in Chengdu.")
    client = staff(Role.VIEWER, mine)
    html = client.get(page(mine, q="sister")).content.decode()
    assert "My sister lives in Chengdu." in html
    assert 'value="edit"' not in html
    assert act(client, entry, "edit", text="taken").status_code == 403


def test_a_stranger_is_sent_to_the_login() -> None:
    talk = side()
    assert Client().get(page(talk)).status_code == 302


def test_the_explorer_costs_the_same_for_one_memory_and_for_forty() -> None:
    talk = side()
    client = login(make_user())
    make_memory(talk, "note 0 about tea")
    client.get(page(talk, q="tea"))
    with CaptureQueriesContext(connection) as one:
        client.get(page(talk, q="tea"))
    for number in range(1, 40):
        make_memory(talk, f"note {number} about tea")
    client.get(page(talk, q="tea"))
    with CaptureQueriesContext(connection) as many:
        client.get(page(talk, q="tea"))
    assert len(many) == len(one) <= 10


def test_the_timeline_goes_by_day_filters_and_pages(django_assert_max_num_queries: Any) -> None:
    talk = side()
    for number in range(60):
        entry = make_memory(talk, f"note {number}")
        at = timezone.now() - timedelta(days=number // 2)
        MemoryEntry.objects.filter(pk=entry.pk).update(occurred_at=at, day=timezone.localdate(at))
    MemoryEntry.objects.filter(text="note 7").update(pinned=True)
    client = login(make_user())
    with django_assert_max_num_queries(8):
        first = client.get(page(talk, "timeline"))
    assert len(first.context["page"].object_list) == 50
    assert len(first.context["days"]) == 25
    assert len(client.get(page(talk, "timeline", page="2")).context["page"].object_list) == 10
    assert client.get(page(talk, "timeline", page="x")).status_code == 200
    for query, expected in (
        ({"kind": "pinned"}, 1),
        ({"kind": "fact"}, 0),
        ({"q": "note+59"}, 1),
        ({"current": "on"}, 60),
    ):
        assert client.get(page(talk, "timeline", **query)).context["page"].paginator.count == expected


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_of_a_memory_is_data_and_never_markup(language: str) -> None:
    talk = side()
    make_memory(talk, "<script>alert(1)</script> sister")
    client = login(make_user(), language)
    for address in (page(talk, q="sister"), page(talk, "timeline")):
        html = client.get(address).content.decode()
        assert "<script>alert(1)" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_chinese_pages_have_chinese_marks_and_one_word_for_pinned() -> None:
    talk = side()
    make_memory(talk, "我妹妹住在成都")
    MemoryEntry.objects.update(pinned=True, speaker="小明")
    client = login(make_user(), "zh-hans")
    timeline = client.get(page(talk, "timeline")).content.decode()
    assert "小明：</span>" in timeline
    assert "已置顶" in timeline
    listed = client.get(reverse("admin:memory_memoryentry_changelist")).content.decode()
    assert "记忆浏览器</a>：像本人" in listed
    titled = client.get(reverse("admin:memory_memoryentry_change", args=(MemoryEntry.objects.get().pk,)))
    assert "小明：我妹妹住在成都" in titled.content.decode()
    for html in (timeline, listed):
        assert "固定" not in html


def test_english_pages_keep_their_spaces() -> None:
    talk = side()
    make_memory(talk)
    client = login(make_user())
    assert 'Person: </span><a class="claw-plain"' in client.get(page(talk, "timeline")).content.decode()
    assert "Memory explorer</a>: ask" in client.get(reverse("admin:memory_memoryentry_changelist")).content.decode()
