"""The page and the command of duties show who does what, since when, and who would take over."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from bots.models import Lease, Worker
from bots.monitoring.leases import TITLES, duties_of, held_by_kind
from tests.admin.builders import address, login, make_bot, make_channel, make_user

pytestmark = pytest.mark.django_db


def make_lease(name: str, holder: str, *, ago_s: float = 1.0, lasts_s: float = 7.0, released: bool = False) -> Lease:
    renewed = timezone.now() - timedelta(seconds=ago_s)
    return Lease.objects.create(
        name=name,
        holder=holder,
        token=3,
        acquired_at=renewed - timedelta(hours=1),
        renewed_at=renewed,
        expires_at=renewed + timedelta(seconds=lasts_s),
        released_at=renewed if released else None,
    )


@pytest.fixture
def cluster() -> None:
    """Two nodes: node a leads, one process of node b was killed a minute ago."""
    channel, bot = make_channel(make_bot("poller"), public_id="p0ll"), make_bot("tidy")
    for host in ("a", "b"):
        for pid, role in enumerate(("beat", "poll", "worker"), 1):
            Worker.objects.create(id=f"{host}{role}", host=host, pid=pid, role=role, beat_at=timezone.now())
    Worker.objects.filter(pk="bpoll").update(beat_at=timezone.now() - timedelta(minutes=1))
    make_lease("beat", "a:1")
    make_lease(f"poll:{channel.public_id}", "a:2")
    make_lease("bots.sweep", "b:3", released=True)
    make_lease(f"memory.optimize:{bot.pk}", "b:9", ago_s=60.0)
    make_lease("memory.optimize", "b:9", ago_s=60.0)


@pytest.mark.usefixtures("cluster")
def test_each_duty_has_its_state_its_holder_and_its_standbys() -> None:
    found = duties_of(Lease.objects.all())
    beat, sweep = found["beat"], found["bots.sweep"]
    assert (beat.state, beat.holder, beat.standbys, beat.token) == ("held", "a:1", ("b:1",), 3)
    assert 0.5 < beat.renewed_s < 30
    polls = next(duty for name, duty in found.items() if name.startswith("poll:"))
    assert (polls.state, polls.standbys) == ("held", ()), "a process without a heartbeat takes nothing over"
    assert (sweep.state, set(sweep.standbys)) == ("free", {"a:3", "b:3"})
    assert found["memory.optimize"].state == "expired"
    assert held_by_kind() | {"beat": 1, "poll": 1, "bots.sweep": 0} == held_by_kind()


@pytest.mark.usefixtures("cluster")
@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("en", ["Schedules (beat)", "Polling of", "Consolidation and retention of all bots", "nobody", "a:1", "b:1"]),
        ("zh-hans", ["定时任务（beat）", "轮询：", "记忆整理与保留期：所有机器人", "无人担任", "候补进程"]),
    ],
)
def test_the_page_says_it_in_the_language_of_the_reader(language: str, shown: list[str]) -> None:
    page = login(make_user(), language).get(address(Lease, "changelist")).content.decode()
    assert [text for text in shown if text not in page] == []
    row = Lease.objects.get(name="beat")
    assert shown[0] in login(make_user("second"), language).get(address(Lease, "change", row.pk)).content.decode()


def test_only_administrators_see_the_page() -> None:
    make_lease("beat", "a:1")
    assert login(make_user("operator", superuser=False)).get(address(Lease, "changelist")).status_code == 403


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("leases", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("cluster")
def test_the_command_prints_a_table_and_json() -> None:
    table = run()
    assert table.splitlines()[0].split() == [
        "duty",
        "state",
        "held",
        "by",
        "since",
        "renewed",
        "token",
        "would",
        "take",
        "over",
    ]
    assert "b:1" in next(line for line in table.splitlines() if line.startswith("beat"))
    found: dict[str, Any] = {duty["name"]: duty for duty in json.loads(run("--json"))}
    assert (found["beat"]["holder"], found["beat"]["standbys"], found["beat"]["token"]) == ("a:1", ["b:1"], 3)


def test_before_any_start_the_command_says_so() -> None:
    assert run() == "No process has taken a duty yet.\n"


def test_every_task_of_one_process_has_a_title() -> None:
    import bots.tasks
    import memory.tasks

    tasks = [getattr(module, name) for module in (bots.tasks, memory.tasks) for name in dir(module)]
    led = {task.name for task in tasks if getattr(getattr(task, "run", None), "__wrapped__", None) is not None}
    assert led >= {"bots.sweep", "bots.ledger"}
    assert led <= set(TITLES)
