"""The dashboard shows the state of the installation, and the first steps in a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.html import conditional_escape

from bots.models import Conversation, InboundEvent, Message, OutboundMessage, Worker
from tests.admin.builders import (
    login,
    make_bot,
    make_channel,
    make_conversation,
    make_provider,
    make_turn,
    make_usage,
    make_user,
)

pytestmark = pytest.mark.django_db


def dashboard() -> Any:
    return login(make_user()).get("/admin/")


def tiles(response: Any) -> dict[str, Any]:
    return {str(tile.label): tile for tile in response.context["tiles"]}


def test_a_new_installation_is_told_what_to_do_first() -> None:
    response = dashboard()
    assert [step.done for step in response.context["first_steps"]] == [False] * 4
    assert "First steps" in response.content.decode()


def test_the_first_steps_go_when_all_are_done() -> None:
    make_turn(make_conversation(make_channel(make_bot())))
    make_provider()
    assert "First steps" not in dashboard().content.decode()


def test_the_figures_are_of_today() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    make_turn(conversation)
    make_turn(conversation)
    make_usage(conversation)
    make_usage(conversation, days_ago=2)
    yesterday = Message.objects.filter(role="user").first()
    assert yesterday is not None
    Message.objects.filter(pk=yesterday.pk).update(occurred_at=timezone.now() - timedelta(days=1))
    found = tiles(dashboard())
    assert found["Messages today"].value == "1"
    assert found["Answered today"].value == "2"


def test_dead_letters_and_waiting_messages_are_counted_and_linked() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    make_turn(conversation, state=OutboundMessage.State.DEAD)
    make_turn(conversation, state=OutboundMessage.State.PENDING, created_at=timezone.now() - timedelta(hours=3))
    found = tiles(dashboard())
    assert (found["Dead letters"].value, found["Dead letters"].tone) == ("1", "bad")
    assert found["Dead letters"].link.endswith("/outboundmessage/?state__exact=dead")
    assert found["Waiting"].value == "1"
    assert "3\xa0hours ago" in found["Oldest unsent"].value


def test_conversations_that_a_human_answers_are_counted_with_those_that_wait() -> None:
    channel = make_channel(make_bot())
    assert "With a human" not in tiles(dashboard())
    waiting, answered, over = (make_conversation(channel, key, state="human") for key in ("p1", "p2", "p3"))
    Message.objects.create(conversation=waiting, person=waiting.person, role="operator", text="Hello")
    Message.objects.create(conversation=waiting, person=waiting.person, role="user", text="Anybody there?")
    Message.objects.create(conversation=answered, person=answered.person, role="user", text="Hello?")
    Message.objects.create(conversation=answered, person=answered.person, role="operator", text="Yes")
    Conversation.objects.filter(pk=over.pk).update(closed_at=timezone.now())
    client = login(make_user("other"))
    tile = tiles(client.get("/admin/"))["With a human"]
    assert (tile.value, tile.note, tile.tone) == ("2", "1 waits for an answer", "bad")
    assert {waiting.pk, answered.pk} <= {row.pk for row in client.get(tile.link).context["cl"].queryset}


def test_the_link_to_dead_letters_lists_exactly_those() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    dead = make_turn(conversation, state=OutboundMessage.State.DEAD)
    make_turn(conversation, state=OutboundMessage.State.SENT)
    client = login(make_user())
    link = tiles(client.get("/admin/"))["Dead letters"].link
    assert [row.pk for row in client.get(link).context["cl"].queryset] == [dead.pk]


def test_a_silent_worker_counts_as_gone() -> None:
    Worker.objects.create(id="a", host="box", pid=1, role="worker", beat_at=timezone.now() - timedelta(minutes=5))
    assert tiles(dashboard())["Workers"].tone == "bad"
    Worker.objects.create(id="b", host="box", pid=2, role="worker")


def test_a_worker_with_a_fresh_heartbeat_counts_as_alive() -> None:
    Worker.objects.create(id="a", host="box", pid=1, role="worker")
    tile = tiles(dashboard())["Workers"]
    assert tile.value == "1 alive"
    assert "<span" in conditional_escape(tile.note)  # the template must escape this markup


def test_the_chart_adds_up_seven_days_and_no_more() -> None:
    conversation = make_conversation(make_channel(make_bot()))
    for days_ago in (0, 1, 1, 6, 8):
        make_usage(conversation, days_ago=days_ago)
    response = dashboard()
    assert response.context["totals"]["tokens"] == "480"
    assert response.context["totals"]["cost"] == "0.0048"
    heights = [bar.height for bar in response.context["bars"]]
    assert len(heights) == 7
    assert heights[5] == max(heights)
    assert heights[1:5] == [0, 0, 0, 0]


def test_the_embedded_model_is_named_only_where_it_words_quotes(settings: Any) -> None:
    assert "Embedded model" not in dashboard().content.decode()
    server = settings.CLAWDBOT.model_server.model_copy(update={"enable": True, "words_answers": True})
    settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"model_server": server})
    html = login(make_user("other")).get("/admin/").content.decode()
    assert "demonstration, English only" in html
    assert "does not run" in html
    html = login(make_user("third")).get("/admin/bots/modelprovider/").content.decode()
    assert "answers nothing by itself" in html


@pytest.mark.parametrize(("language", "done"), [("en", "(done)"), ("zh-hans", "（已完成）")])
def test_a_step_that_is_done_is_said_to_screen_readers_only(language: str, done: str) -> None:
    make_bot()
    html = login(make_user(), language).get("/admin/").content.decode()
    assert f'<span class="claw-sr">{done}</span>' in html
    assert ".claw-sr {" in (settings.BASE_DIR / "templates/static/clawdbot_admin/admin.css").read_text("utf8")


def test_messages_that_no_model_answers_have_tiles_with_links() -> None:
    channel = make_channel(make_bot())
    conversation, other = make_conversation(channel), make_conversation(channel, "p2")
    make_turn(conversation)
    make_turn(other)
    client = login(make_user())
    assert not {"Unanswered", "Wait for a model"} & set(tiles(client.get("/admin/")))
    row, *_ = InboundEvent.objects.filter(conversation=conversation)
    InboundEvent.objects.filter(pk=row.pk).update(state=InboundEvent.State.DEAD)
    InboundEvent.objects.filter(conversation=other).update(
        state=InboundEvent.State.PENDING, waiting_since=timezone.now()
    )
    found = tiles(client.get("/admin/"))
    assert (found["Unanswered"].value, found["Unanswered"].tone) == ("1", "bad")
    assert (found["Wait for a model"].value, found["Wait for a model"].tone) == ("1", "bad")
    listed = client.get(found["Unanswered"].link).context["cl"].queryset
    assert [one.pk for one in listed] == [conversation.pk]
    assert client.get(found["Wait for a model"].link).status_code == 200
