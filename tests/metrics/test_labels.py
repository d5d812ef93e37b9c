"""Labels are bounded, whatever an installation has."""

from __future__ import annotations

from typing import Any

from bots import metrics


def _labels(name: str) -> list[dict[str, str]]:
    return [sample.labels for metric in metrics.collect() for sample in metric.samples if sample.name == name]


def test_bots_beyond_the_first_hundred_are_added_up(monkeypatch: Any) -> None:
    monkeypatch.setattr(metrics, "_bots", set())
    before = [one for one in _labels("clawdbot_hops_total") if one["platform"] == "of-this-test"]
    assert before == []
    for number in range(metrics.MOST_BOTS + 50):
        for hop in ("received", "sent"):
            metrics.hop(f"bot-{number}", "of-this-test", hop)
    found = [one for one in _labels("clawdbot_hops_total") if one["platform"] == "of-this-test"]
    assert len({one["bot"] for one in found}) == metrics.MOST_BOTS + 1
    assert {"bot": "other", "platform": "of-this-test", "hop": "sent"} in found


def test_a_wait_below_zero_of_a_clock_that_differs_is_none() -> None:
    metrics.waited("inbox", "of-this-test", -3.0)
    metrics.answered("of-this-test", -3.0)
    for name in ("clawdbot_wait_seconds_sum", "clawdbot_answer_seconds_sum"):
        values = [
            sample.value
            for metric in metrics.collect()
            for sample in metric.samples
            if sample.name == name and sample.labels["platform"] == "of-this-test"
        ]
        assert values == [0.0]
