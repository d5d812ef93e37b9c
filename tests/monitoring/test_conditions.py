"""What the conditions read from the database."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bots.models import ModelProvider, OutboundMessage, ProviderHour
from bots.monitoring import conditions
from tests.api.builders import make_channel, make_conversation, make_inbound

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


def _read(code: str) -> dict[str, float]:
    known = conditions.known(code)
    assert known is not None
    return dict(known.read())


def _outbound(conversation: Any, count: int, **values: Any) -> None:
    for number in range(count):
        OutboundMessage.objects.create(
            channel=conversation.channel, conversation=conversation, queue_key=f"{values}{number}"[:255], **values
        )


def test_success_is_that_of_the_last_hour_and_needs_enough_messages() -> None:
    channel = make_channel()
    conversation = make_conversation(channel)
    for _ in range(9):
        make_inbound(channel, state="done")
    _outbound(conversation, 10, state="sent")
    assert _read("success") == {}
    make_inbound(channel, state="dead")
    assert _read("success") == {"": 0.95}
    old = timezone.now() - timedelta(hours=2)
    make_inbound(channel, state="dead", received_at=old)
    _outbound(conversation, 3, state="dead", queued_at=old)
    _outbound(conversation, 3, state="dead", mark="user_blocked")
    _outbound(conversation, 3, state="pending")
    assert _read("success") == {"": 0.95}


def test_the_percentile_of_a_model_needs_enough_calls() -> None:
    provider = ModelProvider.objects.create(name="main", endpoint="http://127.0.0.1:1/v1")
    for name in ("calls", "total:20"):
        ProviderHour.objects.create(provider=provider, hour=timezone.now(), name=name, amount=conditions.LEAST - 1)
    assert _read("model_slow") == {}
    ProviderHour.objects.update(amount=conditions.LEAST)
    assert 0.5 < _read("model_slow")["main"] < 2


def test_without_a_worker_the_condition_holds() -> None:
    known = conditions.known("no_worker")
    assert known is not None
    assert [known.holds(value, known.threshold) for _subject, value in known.read()] == [True]
