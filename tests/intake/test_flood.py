"""The flood guard limits verified requests per channel."""

from __future__ import annotations

import pytest

from bots.intake import flood
from bots.models import InboundEvent
from clawdbot.token_bucket import TokenBuckets
from tests.api.builders import deliver, event_body, make_channel
from tests.clock import ManualClock


@pytest.mark.django_db
def test_above_its_allowance_a_channel_answers_429_and_says_when() -> None:
    channel, other = make_channel(flood_per_minute=3), make_channel(flood_per_minute=3)
    answers = [deliver(channel, event_body()) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 429, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 20
    assert InboundEvent.objects.count() == 3
    assert deliver(other, event_body()).status_code == 202


@pytest.mark.django_db
def test_strangers_cannot_use_up_the_allowance() -> None:
    channel = make_channel(flood_per_minute=2)
    for _ in range(10):
        assert deliver(channel, event_body(), sign="00").status_code == 401
    assert deliver(channel, event_body()).status_code == 202


@pytest.mark.django_db
def test_zero_means_no_limit() -> None:
    channel = make_channel(flood_per_minute=0)
    assert {deliver(channel, event_body()).status_code for _ in range(20)} == {202}


def test_an_allowance_is_a_minutes_and_comes_back_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = ManualClock()
    monkeypatch.setattr(flood, "_buckets", TokenBuckets(clock=clock))
    assert [flood.take(1, 1, 60) for _ in range(60)] == [0.0] * 60
    assert flood.take(1, 1, 60) == pytest.approx(1.0)
    clock.advance(2.5)
    assert [flood.take(1, 1, 60) > 0 for _ in range(3)] == [False, False, True]
    clock.advance(10_000)
    assert sum(flood.take(1, 1, 60) == 0.0 for _ in range(100)) == 60


def test_a_batch_larger_than_the_allowance_passes_when_the_bucket_is_full() -> None:
    assert flood.take(1, 500, 10) == 0.0
    assert flood.take(1, 1, 10) > 0
