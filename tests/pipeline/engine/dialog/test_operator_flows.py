"""A flow that an operator wrote runs in a conversation: questions, confirmation, a signed post, exactly once."""

from __future__ import annotations

from typing import Any

import pytest

from bots.models import Channel, Conversation
from clawdbot import signatures
from skills import flows
from skills.flow_templates import TEMPLATES
from tests.builders import answers, say
from tests.http_server import Answer, Server, json_answer
from tests.skills.test_flows import make_flow

pytest.importorskip("bots.pipeline.engine.dialog.flow_catalogue")
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def posting(url: str) -> dict[str, Any]:
    return {
        "steps": [
            {"kind": "collect", "slot": "name", "question": {"en": "Your name?", "zh": "你的姓名？"}},
            {"kind": "confirm"},
            {"kind": "act", "do": "webhook", "url": f"{url}/visits"},
        ]
    }


def test_the_values_are_posted_with_the_secret_of_the_flow(channel: Channel, server: Server) -> None:
    server.answer(json_answer({"text": "Visit 7 is booked."}))
    row = make_flow("visit", channel.bot, definition=posting(server.url), public_only=False, triggers=["book a visit"])
    for text in ("book a visit", "Ann", "yes"):
        say(channel, text)
    assert answers()[0] == "Your name?"
    assert answers()[-1] == "Visit 7 is booked."
    (request,) = server.requests
    assert request.json["values"] == {"name": "Ann"}
    assert (request.json["flow"], request.json["version"]) == ("visit", 1)
    assert request.json["idempotency_key"] == request.headers["idempotency-key"]
    signed = request.headers["x-timestamp"].encode() + b"." + request.body
    assert request.headers["x-signature"] == signatures.hmac_hex(row.secret, signed)


def test_a_failing_receiver_loses_no_answer(channel: Channel, server: Server) -> None:
    server.answer(Answer(500), json_answer({"text": "Now it is booked."}))
    make_flow("visit", channel.bot, definition=posting(server.url), public_only=False, triggers=["book a visit"])
    for text in ("book a visit", "Ann", "yes"):
        say(channel, text)
    assert "your answers are still here" in answers()[-1]
    say(channel, "yes")
    assert answers()[-1] == "Now it is booked."
    first, second = server.requests
    assert first.json["values"] == second.json["values"] == {"name": "Ann"}


def test_a_private_receiver_is_refused_for_a_flow_of_a_manager(channel: Channel, server: Server) -> None:
    make_flow("visit", channel.bot, definition=posting(server.url), public_only=True, triggers=["book a visit"])
    for text in ("book a visit", "Ann", "yes"):
        say(channel, text)
    assert not server.requests


def test_the_example_ticket_hands_over_in_chinese(channel: Channel) -> None:
    triggers, definition = TEMPLATES["ticket"]
    make_flow("ticket", channel.bot, definition=definition, triggers=list(triggers))
    flows.clear_cache()
    for text in ("提交工单", "订单", "AB-1234", "收到的商品坏了，请处理", "是的", "ann@example.org", "是的"):
        say(channel, text)
    assert answers()[0].startswith("是哪方面的问题？")
    assert answers()[-1].startswith("谢谢，我们会尽快处理")
    assert Conversation.objects.get().state == Conversation.State.HUMAN
