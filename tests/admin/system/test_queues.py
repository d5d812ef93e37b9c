"""Queues, transcripts, files and runs show reasons of failures in the language of the reader."""

from __future__ import annotations

from typing import Any

import pytest

from bots.models import Conversation, InboundEvent, Message, OutboundMessage, ReceivedFile
from clawdbot.reasons import Reason, columns, raised
from memory.models import ConsolidationRun
from tests.admin.builders import address, login, make_bot, make_channel, make_conversation, make_turn, make_user

pytestmark = pytest.mark.django_db
REFUSED = columns("error", Reason("platform_said", platform="WeCom", code="40001", told="invalid credential"), 500)
RAISED = columns("error", raised(RuntimeError(Reason("connection_closed"))), 300)
GONE = columns("error", Reason("stored_file_gone"), 300)


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_channel(make_bot()))


def pages(row: Any) -> list[str]:
    """Returns the two pages that show this row: the list and its own."""
    model = type(row)
    return [address(model, "changelist"), address(model, "change", row.pk)]


@pytest.mark.parametrize(
    ("language", "refused", "failed", "gone"),
    [
        (
            "en",
            "WeCom answered 40001: invalid credential",
            "RuntimeError: the connection was closed",
            "the stored file is gone",
        ),
        ("zh-hans", "企业微信返回 40001：invalid credential", "RuntimeError：连接已关闭", "存储的文件已不存在"),
    ],
)
def test_a_kept_failure_is_told_in_the_readers_language(
    conversation: Conversation, language: str, refused: str, failed: str, gone: str
) -> None:
    sent = make_turn(conversation, state=OutboundMessage.State.DEAD)
    OutboundMessage.objects.filter(pk=sent.pk).update(**REFUSED)
    InboundEvent.objects.update(state=InboundEvent.State.DEAD, **RAISED)
    file = ReceivedFile.objects.create(
        conversation=conversation, inbound=InboundEvent.objects.get(), position=0, kind="image", **GONE
    )
    run = ConsolidationRun.objects.create(bot=conversation.bot, state="failed", **RAISED)
    client = login(make_user(), language)
    wanted = {
        **dict.fromkeys(pages(sent), refused),
        **dict.fromkeys(pages(InboundEvent.objects.get()), failed),
        **dict.fromkeys(pages(file), gone),
        **dict.fromkeys(pages(run), failed),
        address(Conversation, "change", conversation.pk): refused,
    }
    for page, text in wanted.items():
        assert text in client.get(page).content.decode(), page


def test_a_failure_of_before_there_were_codes_is_shown_as_it_is(conversation: Conversation) -> None:
    sent = make_turn(conversation, state=OutboundMessage.State.DEAD, error="Telegram answered 403: bot was blocked")
    client = login(make_user(), "zh-hans")
    for page in (*pages(sent), address(Conversation, "change", conversation.pk)):
        assert "Telegram answered 403: bot was blocked" in client.get(page).content.decode(), page


def test_dead_letters_are_closed_without_an_answer(conversation: Conversation) -> None:
    make_turn(conversation)
    make_turn(conversation)
    dead, done = InboundEvent.objects.order_by("id")
    InboundEvent.objects.filter(pk=dead.pk).update(state=InboundEvent.State.DEAD, **RAISED)
    Message.objects.filter(inbound=dead, role="user").update(meta={"unanswered": True})
    client = login(make_user())
    page = client.get(address(Conversation, "change", conversation.pk)).content.decode()
    assert "not answered" in page
    told = client.post(
        address(InboundEvent, "changelist"),
        {"action": "settle_selected", "_selected_action": [dead.pk, done.pk]},
        follow=True,
    ).content.decode()
    assert "1 dead letter closed." in told
    assert "no dead letters were not changed" in told
    dead.refresh_from_db()
    assert (dead.state, dead.error) == (InboundEvent.State.DONE, "")
    assert not Message.objects.filter(meta__unanswered=True).exists()
