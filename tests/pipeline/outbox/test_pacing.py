"""A channel paces its messages below the rate limits of its platform."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.registry import adapter_class
from bots.models import Channel, OutboundMessage
from bots.pipeline.outbox import deliver, pacing
from clawdbot.token_bucket import TokenBuckets
from tests.builders import make_conversation, make_outbound
from tests.clock import ManualClock
from tests.peers import BotApi

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> ManualClock:
    clock = ManualClock(1000.0)
    monkeypatch.setattr(pacing, "_buckets", TokenBuckets(clock=clock))
    return clock


def adapter(base_url: str = "") -> Any:
    return adapter_class("telegram")({"token": "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0", "base_url": base_url})


def test_a_chat_gets_its_second_message_a_second_later() -> None:
    assert pacing.wait_s(1, "chat", adapter()) == 0
    assert pacing.wait_s(1, "chat", adapter()) == pytest.approx(1.0)
    assert pacing.wait_s(1, "another", adapter()) == 0


def test_a_channel_waits_when_its_processes_together_would_be_too_fast() -> None:
    waits = [pacing.wait_s(1, f"chat-{number}", adapter()) for number in range(40)]
    allowed = waits.count(0)
    assert 10 <= allowed <= 32  # 30 per second, divided by the number of processes
    assert all(wait < 1.0 for wait in waits)


def test_a_chat_that_waits_for_its_channel_keeps_its_own_turn(clock: ManualClock) -> None:
    number = 0
    while not pacing.wait_s(1, f"chat-{number}", adapter()):
        number += 1
    wait = pacing.wait_s(1, "late", adapter())
    assert 0 < wait < 0.5  # limit of the channel
    clock.advance(wait + 1e-6)
    assert pacing.wait_s(1, "late", adapter()) == 0, "the try that failed cost the chat nothing"


def test_lark_is_no_server_of_ones_own() -> None:
    account = {"app_id": "cli_1", "app_secret": "app-secret-1", "base_url": "https://open.larksuite.com"}
    made: Any = adapter_class("feishu")(account)
    assert [pacing.wait_s(1, "chat", made) for _ in range(6)].count(0) == 5


def test_a_server_of_ones_own_has_no_limits() -> None:
    assert not any(pacing.wait_s(1, "chat", adapter("http://127.0.0.1:9")) for _ in range(100))


def test_a_message_that_must_wait_stays_in_the_outbox_and_costs_no_attempt(
    channel: Channel, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = make_conversation(channel)
    row = make_outbound(channel, conversation)
    with monkeypatch.context() as patched:
        patched.setattr(pacing, "wait_s", lambda *_: 0.3)
        assert deliver(row.pk) == 0
    row.refresh_from_db()
    assert (row.state, row.attempts) == (OutboundMessage.State.PENDING, 0)
    assert not api.sent
    OutboundMessage.objects.update(due_at=row.created_at)
    assert deliver(row.pk) == 1
    assert len(api.sent) == 1
