"""What /metrics reads at scrape time: processes, channels, providers, limits; and what it does without a database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from bots.limits import periods
from bots.models import Balance, ChannelHealth, ChannelHour, ModelProvider
from bots.monitoring import gauges, machine, optional, queue_stats, readings
from bots.pipeline.outbox import lost_chats
from tests.builders import make_bot, make_channel, say
from tests.waiting import eventually

pytestmark = pytest.mark.django_db


def _values(name: str) -> dict[tuple[str, ...], float]:
    return dict(readings.all_samples(readings.named(name)))


def _started(role: str, **environment: str) -> subprocess.Popen[bytes]:
    code = "import time; time.sleep(100)"
    return subprocess.Popen([sys.executable, "-c", code, "manage.py", role], env=os.environ | environment)


def _pids(role: str) -> set[int]:
    return {one.pid for one in machine.processes() if one.role == role}


@pytest.mark.parametrize("role", ["worker", "poll", "modelserver"])
def test_every_kind_of_process_is_measured_until_it_is_killed(role: str) -> None:
    child = _started(role)
    try:
        eventually(lambda: child.pid in _pids(role))
        assert _values("clawdbot_process_resident_bytes")[(role, str(child.pid))] > 2**20
    finally:
        child.kill()
        child.wait(30)
    assert child.pid not in _pids(role)
    assert (role, str(child.pid)) not in _values("clawdbot_process_resident_bytes")


def test_processes_of_another_installation_are_not_ours() -> None:
    child = _started("worker", CLAWDBOT_HOME="/elsewhere")
    try:
        eventually(lambda: b"manage.py" in Path(f"/proc/{child.pid}/cmdline").read_bytes())
        assert child.pid not in _pids("worker")
    finally:
        child.kill()
        child.wait(30)


def test_memory_of_a_container_counts_without_its_cache(tmp_path: Any) -> None:
    files = [tmp_path / name for name in ("max", "current", "stat")]
    for file, text in zip(files, ("1000\n", "950\n", "anon 5\ninactive_file 450\n"), strict=True):
        file.write_text(text)
    assert machine._of_cgroup((*map(str, files), "inactive_file")) == 0.5
    files[0].write_text("max\n")
    assert machine._of_cgroup((*map(str, files), "inactive_file")) is None
    assert 0 < (machine.memory_used() or 0) < 1


@pytest.mark.parametrize(
    ("yesterday", "today", "missed"),
    [
        ({3: 40, 2: 40, 1: 40}, {}, 120),
        ({3: 40, 2: 40, 1: 40}, {2: 1}, 40),
        ({3: 40, 2: 40, 1: 40}, {0: 1}, 0),
        ({}, {}, 0),  # nobody uses it, or it was made today
        ({0: 90}, {}, 0),  # the hour of yesterday that is not over today
    ],
)
def test_a_silent_channel_is_one_that_was_busy_at_these_hours(
    yesterday: dict[int, int], today: dict[int, int], missed: int
) -> None:
    channel = make_channel()
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for ago, events in yesterday.items():
        ChannelHour.objects.create(channel=channel, hour=hour - timedelta(hours=24 + ago), events=events)
    for ago, events in today.items():
        ChannelHour.objects.create(channel=channel, hour=hour - timedelta(hours=ago), events=events)
    assert list(_values("clawdbot_channel_missed_events").values()) == [missed]


def test_what_is_switched_off_is_watched_by_nobody() -> None:
    make_channel(enabled=False)
    make_channel(make_bot(slug="asleep", enabled=False))
    now = timezone.now()
    ModelProvider.objects.create(name="old", endpoint="http://127.0.0.1:1/v1", enabled=False, last_error_at=now)
    assert _values("clawdbot_channel_failing") == {}
    assert _values("clawdbot_provider_failing") == {}


@pytest.mark.parametrize(("mark", "failing"), [("", 1.0), (sorted(lost_chats.MARKS)[0], 0.0)])
def test_a_person_who_blocks_the_bot_is_no_broken_channel(mark: str, failing: float) -> None:
    channel = make_channel()
    now = timezone.now()
    ChannelHealth.objects.create(channel=channel, send_failed_at=now, send_error="refused", send_mark=mark)
    assert list(_values("clawdbot_channel_failing").values()) == [failing]


def test_states_of_providers_and_limits() -> None:
    bot = make_bot(slug="helper")
    now = timezone.now()
    ModelProvider.objects.create(name="out", endpoint="http://127.0.0.1:1/v1", last_error_at=now)
    long_ago = now - timedelta(hours=3)
    ModelProvider.objects.create(name="not asked since", endpoint="http://127.0.0.1:1/v1", last_error_at=long_ago)
    ModelProvider.objects.create(name="fine", endpoint="http://127.0.0.1:1/v1", last_error_at=now, last_ok_at=now)
    today = periods.of("tokens", now).key
    for kind, period, spent in (("bot", today, 60), ("person", today, 99), ("bot", "long ago", 99)):
        Balance.objects.create(
            kind=kind, owner=str(bot.pk), unit="tokens", period=period, spent=spent, reserved=15, ceiling=100,
            ends_at=now,
        )  # fmt: skip
    assert _values("clawdbot_provider_failing") == {("fine",): 0.0, ("not asked since",): 0.0, ("out",): 1.0}
    assert _values("clawdbot_limit_used_ratio") == {("helper", "tokens"): 0.75}


def test_without_a_database_one_look_is_enough(monkeypatch: Any) -> None:
    looks: list[str] = []

    def away() -> Any:
        looks.append("queues")
        raise OperationalError("away")

    monkeypatch.setattr(queue_stats, "collect", away)
    for name in ("stuck", "beat_age"):
        monkeypatch.setattr(f"bots.monitoring.signs.{name}", _noted(looks, name))
    found = {metric.name: metric for metric in gauges.collect()}
    assert looks == ["queues"]
    assert found["clawdbot_database_up"].samples[0].value == 0
    assert "clawdbot_disk_free_bytes" in found
    assert "clawdbot_provider_failing" not in found


def _noted(looks: list[str], name: str) -> Callable[[], Any]:
    def look() -> Any:
        looks.append(name)
        raise OperationalError("away")

    return look


def test_a_figure_that_fails_hides_no_other(monkeypatch: Any) -> None:
    def broken() -> Any:
        raise RuntimeError("nonsense")

    monkeypatch.setattr("bots.monitoring.signs.disk", broken)
    found = {metric.name for metric in gauges.collect()}
    assert "clawdbot_disk_free_bytes" not in found
    assert {"clawdbot_stuck_chats", "clawdbot_inbox_depth", "clawdbot_database_up"} <= found


def test_labels_name_no_person_no_chat_and_no_text() -> None:
    channel = make_channel()
    say(channel, "a secret text", chat="chat-4711", user="person-4711")
    for metric in gauges.collect():
        for sample in metric.samples:
            assert "4711" not in str(sample.labels)
            assert sample.labels.keys() <= {"state", "role", "pid", "provider", "bot", "platform", "channel", "unit",
                                            "duty", "host"}  # fmt: skip


def test_without_a_planned_backup_and_a_public_address_there_is_no_age() -> None:
    assert list(optional.backup_age()) == []
    assert list(optional.certificate()) == []
