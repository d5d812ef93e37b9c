"""The transcript shows a conversation as a chat, with the state of each message."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.admin.conversations import transcript
from bots.models import Conversation, InboundEvent, Message, OutboundMessage, StateTransition
from tests.admin.builders import (
    address,
    login,
    make_bot,
    make_channel,
    make_conversation,
    make_memory,
    make_turn,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_channel(make_bot()))


def bubbles(page: transcript.Transcript) -> list[transcript.Bubble]:
    return [entry for entry in page.entries if isinstance(entry, transcript.Bubble)]


def test_messages_stand_in_order_with_their_roles(conversation: Conversation) -> None:
    make_turn(conversation, text="one", answer="two")
    make_turn(conversation, text="three", answer="four")
    found = bubbles(transcript.build(conversation))
    assert [(bubble.role, bubble.message.text) for bubble in found] == [
        ("user", "one"),
        ("assistant", "two"),
        ("user", "three"),
        ("assistant", "four"),
    ]


def test_an_answer_in_parts_shows_the_worst_part(conversation: Conversation) -> None:
    row = make_turn(conversation, state=OutboundMessage.State.SENT)
    OutboundMessage.objects.create(
        channel=row.channel,
        conversation=conversation,
        message=row.message,
        part=1,
        queue_key=row.queue_key,
        state=OutboundMessage.State.DEAD,
        error="blocked by the user",
    )
    answer = bubbles(transcript.build(conversation))[1]
    assert (answer.delivery, answer.delivery_error) == ("dead", "blocked by the user")


def test_model_tokens_and_recalled_memories_are_shown(conversation: Conversation) -> None:
    memory = make_memory(conversation, "My sister lives in Chengdu.")
    recalled = [{"id": memory.pk, "score": 0.8}, {"id": memory.pk + 1, "score": 0.1}]
    meta = {"model": "large", "prompt_tokens": 12, "completion_tokens": 3, "recalled": recalled}
    make_turn(conversation, meta=meta)
    html = login(make_user()).get(address(Conversation, "change", conversation.pk)).content.decode()
    for piece in ("large", "12 + 3 tokens", "My sister lives in Chengdu.", "0.80", "1 memory recalled"):
        assert piece in html


def test_a_memory_of_somebody_else_is_never_shown(conversation: Conversation) -> None:
    other = make_conversation(conversation.channel, "p2")
    foreign = make_memory(other, "The other one's secret.")
    make_turn(conversation, meta={"recalled": [{"id": foreign.pk, "score": 0.9}]})
    assert bubbles(transcript.build(conversation))[1].recalled == ()


def test_what_people_write_is_escaped(conversation: Conversation) -> None:
    make_turn(conversation, text="<script>alert(1)</script>", answer="<img src=x onerror=alert(1)>")
    html = login(make_user()).get(address(Conversation, "change", conversation.pk)).content.decode()
    assert "<script>alert(1)" not in html
    assert "<img src=x" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_state_changes_stand_between_the_messages(conversation: Conversation) -> None:
    make_turn(conversation)
    Message.objects.filter(role="assistant").update(occurred_at=timezone.now() + timedelta(minutes=2))
    StateTransition.objects.create(
        conversation=conversation,
        name="ask_details",
        source="active",
        target="collecting",
        at=timezone.now() + timedelta(minutes=1),
    )
    kinds = [type(entry).__name__ for entry in transcript.build(conversation).entries]
    assert kinds == ["Bubble", "Step", "Bubble"]


def test_a_long_conversation_is_paged_backwards(conversation: Conversation) -> None:
    for number in range(60):
        make_turn(conversation, text=f"question {number}")
    latest = transcript.build(conversation)
    assert len(bubbles(latest)) == transcript.PAGE
    assert latest.earlier is not None
    earlier = transcript.build(conversation, latest.earlier)
    assert bubbles(earlier)[0].message.text == "question 0"
    assert earlier.earlier is None
    seen = [bubble.message.pk for bubble in (*bubbles(earlier), *bubbles(latest))]
    assert seen == list(Message.objects.order_by("id").values_list("pk", flat=True))
    page = login(make_user()).get(address(Conversation, "change", conversation.pk))
    assert f"?before={latest.earlier}" in page.content.decode()


def test_times_are_shown_in_the_time_zone_of_the_browser(conversation: Conversation) -> None:
    make_turn(conversation)
    Message.objects.update(occurred_at="2026-11-20T23:30:00Z")
    client = login(make_user())
    client.cookies["clawdbot_tz"] = "Asia%2FShanghai"
    html = client.get(address(Conversation, "change", conversation.pk)).content.decode()
    assert "11/21/2026 7:30" in html
    assert "Times in Asia/Shanghai" in html


def test_an_invented_time_zone_changes_nothing(conversation: Conversation) -> None:
    client = login(make_user())
    client.cookies["clawdbot_tz"] = "..%2F..%2Fetc%2Fpasswd"
    assert client.get(address(Conversation, "change", conversation.pk)).status_code == 200


def test_an_answer_made_while_the_embedder_was_down_says_so(conversation: Conversation) -> None:
    make_turn(conversation, meta={"recalled": [], "degraded": True})
    page = login(make_user()).get(address(Conversation, "change", conversation.pk))
    assert "recalled by words only" in page.content.decode()


def test_an_answer_without_a_model_names_its_maker_in_the_readers_language(conversation: Conversation) -> None:
    make_turn(conversation, meta={"provider": Message.BUILT_IN, "prompt_tokens": 5})
    page = address(Conversation, "change", conversation.pk)
    english = login(make_user()).get(page).content.decode()
    chinese = login(make_user("other"), "zh-hans").get(page).content.decode()
    assert "<span>built-in</span><span>5 + 0 tokens</span>" in english
    assert "<span>内置应答</span><span>5 + 0 token</span>" in chinese


@pytest.mark.parametrize(("language", "title"), [("en", "Person: hello"), ("zh-hans", "用户：hello")])
def test_a_message_is_named_by_who_said_it(conversation: Conversation, language: str, title: str) -> None:
    make_turn(conversation, text="hello")
    row = Message.objects.get(role="user")
    assert title in login(make_user(), language).get(address(Message, "change", row.pk)).content.decode()


@pytest.mark.parametrize(("language", "step"), [("en", "Active → Closed"), ("zh-hans", "进行中 → 已结束")])
def test_a_state_change_is_named_by_its_states_in_words(conversation: Conversation, language: str, step: str) -> None:
    row = StateTransition.objects.create(conversation=conversation, name="close", source="active", target="closed")
    html = login(make_user(), language).get(address(StateTransition, "change", row.pk)).content.decode()
    assert html.count(step) > 1  # in the title and on the page
    assert "active → closed" not in html.lower().replace(step.lower(), "")


def test_a_message_shows_the_words_that_it_answers(conversation: Conversation) -> None:
    row = make_turn(conversation, text="is that so?")
    quote = {"text": "The train is cancelled.", "author": "Bo"}
    event = InboundEvent.objects.create(
        channel=row.channel, dedupe_key="q1", queue_key=row.queue_key, kind="message", payload={"quote": quote}
    )
    Message.objects.filter(role="user").update(inbound=event)
    asked, answered = bubbles(transcript.build(conversation))
    assert asked.facts == ("answers “The train is cancelled.”",)
    assert answered.facts == ()
