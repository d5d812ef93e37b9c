"""What /metrics shows, and to whom."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pydantic import SecretStr

from bots import metrics
from tests.api.builders import (
    deliver,
    event_body,
    make_channel,
    make_conversation,
    make_inbound,
    make_outbound,
    remember,
)


def _scrape(**values: Any) -> str:
    answer = Client().get("/metrics", **values)
    assert answer.status_code == 200
    return answer.content.decode()


def _value(text: str, start: str) -> float:
    found = [line for line in text.splitlines() if line.startswith(start)]
    return float(found[0].rsplit(" ", 1)[1]) if found else 0.0


@pytest.mark.django_db
def test_webhooks_are_counted_by_platform_and_outcome() -> None:
    def counted(outcome: str) -> float:
        return _value(_scrape(), f'clawdbot_inbound_total{{outcome="{outcome}",platform="webhook"}}')

    outcomes = ("accepted", "duplicate", "not_genuine", "malformed")
    before = {name: counted(name) for name in outcomes}
    channel, body = make_channel(), event_body()
    for _ in range(2):
        deliver(channel, body)
    deliver(channel, body, sign="00")
    deliver(channel, b"nonsense")
    assert {name: counted(name) - before[name] for name in outcomes} == dict.fromkeys(outcomes, 1.0)


@pytest.mark.django_db
def test_queues_are_read_from_the_database() -> None:
    channel = make_channel()
    conversation = make_conversation(channel)
    old = timezone.now() - timedelta(seconds=90)
    make_inbound(channel, received_at=old)
    make_inbound(channel, state="done")
    make_outbound(conversation, created_at=old)
    make_outbound(conversation, state="dead")
    remember(conversation.person, "I like tea")
    text = _scrape()
    assert _value(text, 'clawdbot_inbox_depth{state="pending"}') == 1
    assert _value(text, 'clawdbot_outbox_depth{state="pending"}') == 1
    assert _value(text, "clawdbot_outbox_dead_letters ") == 1
    assert 89 <= _value(text, "clawdbot_outbox_oldest_age_seconds ") < 120
    assert 89 <= _value(text, "clawdbot_inbox_oldest_age_seconds ") < 120
    assert _value(text, "clawdbot_embedding_backlog ") == 1
    assert _value(text, "clawdbot_database_up ") == 1


@pytest.mark.django_db
def test_counts_of_other_processes_are_added(settings: Any) -> None:
    name = 'clawdbot_turn_seconds_count{outcome="of-a-worker"}'
    code = "import django; django.setup(); from bots import metrics; metrics.turn(0.5, 'of-a-worker')"
    environment = os.environ | {"CLAWDBOT_HOME": str(settings.CLAWDBOT.home)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60, env=environment)
    assert _value(_scrape(), name) == 2


@pytest.mark.django_db
def test_strangers_need_the_token(configured: Any) -> None:
    far = {"REMOTE_ADDR": "203.0.113.9"}
    proxied = {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    assert Client().get("/metrics", **far).status_code == 403
    assert Client().get("/metrics", **proxied).status_code == 403
    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer ", **far).status_code == 403
    configured("api", metrics_token=SecretStr("scrape-0815"))
    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer wrong", **far).status_code == 403
    assert Client().get("/metrics", HTTP_AUTHORIZATION="Bearer scrape-0815", **far).status_code == 200


@pytest.mark.django_db
def test_messages_that_no_model_answers_are_counted() -> None:
    channel = make_channel()
    make_inbound(channel, waiting_since=timezone.now())
    make_inbound(channel)
    before = _value(_scrape(), 'clawdbot_unanswered_total{platform="telegram"}')
    metrics.unanswered("telegram")
    text = _scrape()
    assert _value(text, "clawdbot_inbox_waiting_for_model ") == 1
    assert _value(text, 'clawdbot_unanswered_total{platform="telegram"}') == before + 1
