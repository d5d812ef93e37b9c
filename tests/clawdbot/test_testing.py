"""An author tests a skill in three lines, without Django."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime

import pytest

from clawdbot import testing
from clawdbot.skills import File
from tests.http_server import Answer, Server
from tests.skills import samples, service_samples


def test_a_skill_runs_with_checked_parameters() -> None:
    answer = testing.run(service_samples.Forecast, city="Paris", days="5")
    assert answer.text.startswith("Paris 5 celsius")
    with pytest.raises(ValueError, match="days"):
        testing.run(service_samples.Forecast, city="Paris", days=99)


def test_what_a_skill_stages_is_seen() -> None:
    doubles = testing.Doubles()
    assert testing.run(service_samples.Counter, "go", services=doubles).text == "call 1"
    assert testing.run(service_samples.Counter, "go", services=doubles).text == "call 2"
    assert doubles.state["count"] == 2
    assert testing.run(service_samples.Notes, "tea").services.memory.entries[0].text == "tea"
    assert testing.run(service_samples.HandsOver).services.dialog.handed_over == "wants a person"


def test_files_buttons_secrets_and_async() -> None:
    assert isinstance(testing.run(samples.Chart).parts[1], File)
    assert testing.run(service_samples.Menu).buttons == ("menu soup", "menu rice")
    assert testing.run(service_samples.TellsSecret, secrets={"api_key": "abc"}).text == "3 abc"
    assert testing.run(service_samples.Async).text == "async UTC en"


def test_requests_are_real(server: Server) -> None:
    server.answer(Answer(200, b"four"))
    assert testing.run(service_samples.Fetches, config={"base_url": server.url}).text == "200 4"


def test_reminders_are_a_list() -> None:
    doubles = testing.Doubles()
    made = doubles.schedules.add("tea", datetime(2026, 1, 2, 15, 0), "Asia/Shanghai")  # noqa: DTZ001  local by design
    doubles.schedules.change(made.number, text="green tea")
    assert [one.text for one in doubles.schedules.all()] == ["green tea"]
    doubles.schedules.cancel(1)
    assert doubles.schedules.all() == []


def test_it_needs_no_django() -> None:
    code = "import sys; from clawdbot import testing; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
