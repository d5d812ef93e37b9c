"""`manage.py memory optimize`, its task and its schedule."""

from __future__ import annotations

import json
from typing import Any

import pytest
from celery import current_app
from django.apps import apps
from django.core.management import CommandError
from django_celery_beat.models import PeriodicTask

from bots.maintenance.first_start import ensure_consolidation
from clawdbot import leadership
from memory import tasks
from memory.consolidation import retention, runs
from memory.consolidation.optimize import optimize
from memory.models import ConsolidationRun, MemoryEntry
from memory.types import Scope
from tests.memory.builders import facts, memory_command, person, talk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def slug_of(scope: Scope) -> str:
    return str(apps.get_model("bots", "Bot").objects.get(pk=scope.bot_id).slug)


def run(*arguments: str) -> tuple[int, str, str]:
    return memory_command("optimize", *arguments)


def test_it_reports_on_the_screen_and_shows_progress_on_stderr(capsys: Any) -> None:
    ann = person()
    talk(ann, "I live in Chengdu")
    code, out, _err = run("--bot", slug_of(ann))
    assert code == 0
    assert out.splitlines()[0] == f"{slug_of(ann)}: done"
    assert "  facts added: 1" in out
    assert slug_of(ann) in capsys.readouterr().err


def test_one_bots_trouble_is_noted_and_keeps_no_other_from_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, other = person(), person()
    for one in (ann, other):
        talk(one, "I live in Chengdu")
    preview = retention.preview

    def broken(bot_id: int, *values: Any) -> Any:
        if bot_id == ann.bot_id:
            raise OverflowError("date value out of range")
        return preview(bot_id, *values)

    monkeypatch.setattr(retention, "preview", broken)
    code, out, err = run()
    assert code == 1
    assert f"{slug_of(ann)}: OverflowError: date value out of range" in err
    assert f"{slug_of(other)}: done" in out
    failed = ConsolidationRun.objects.get(bot=ann.bot_id)
    assert (failed.state, failed.error) == ("failed", "OverflowError: date value out of range")


def test_a_dry_run_shows_what_retention_would_delete() -> None:
    ann = person(key="ann")
    apps.get_model("bots", "Bot").objects.filter(pk=ann.bot_id).update(retention_days=10)
    talk(ann, "The boat was red", days_ago=40)
    for row in MemoryEntry.objects.all():
        MemoryEntry.objects.filter(pk=row.pk).update(created_at=row.occurred_at)
    _code, out, _err = run("--dry-run")
    assert "dry run, nothing was changed" in out
    assert "1 memory has expired" in out
    assert "ann: 1" in out
    assert "“The boat was red”" in out
    assert MemoryEntry.objects.count() == 1
    report = json.loads(run("--dry-run", "--json")[1])[slug_of(ann)]
    assert (report["dry_run"], report["expired"], report["retention"]["rows"]) == (True, 1, 1)


def test_json_names_every_count_of_every_bot() -> None:
    ann, bob = person(), person()
    talk(ann, "I live in Chengdu")
    found = json.loads(run("--json")[1])
    assert set(found) == {slug_of(ann), slug_of(bob)}
    assert (found[slug_of(ann)]["facts_added"], found[slug_of(bob)]["facts_added"]) == (1, 0)
    assert ConsolidationRun.objects.count() == 2


def test_a_bot_that_is_being_consolidated_is_named_and_left_alone() -> None:
    ann = person()
    with leadership.lead(f"memory.optimize:{ann.bot_id}"):
        runs.start(ann.bot_id)
        code, _out, err = run("--bot", slug_of(ann))
    assert code == 1
    assert "has been working since" in err


def test_an_unknown_bot_is_a_plain_error() -> None:
    with pytest.raises(CommandError, match="there is no bot"):
        run("--bot", "nobody")


def test_the_task_does_all_bots_and_one_failure_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    ann, bob = person(), person()
    for someone in (ann, bob):
        talk(someone, "I live in Chengdu")

    def breaks_for_ann(bot_id: int) -> Any:
        if bot_id == ann.bot_id:
            raise OSError("disk")
        return optimize(bot_id)

    monkeypatch.setattr("memory.consolidation.optimize.optimize", breaks_for_ann)
    tasks.optimize()
    assert (facts(ann), facts(bob)) == ([], ["The person lives in Chengdu"])


def test_it_runs_at_night_and_the_schedule_is_the_admins() -> None:
    ensure_consolidation()
    task = PeriodicTask.objects.get(task="memory.optimize")
    assert task.task in current_app.tasks
    assert task.crontab is not None
    assert (task.crontab.hour, task.enabled) == ("3", True)
    PeriodicTask.objects.filter(pk=task.pk).update(enabled=False, name="nights off")
    ensure_consolidation()
    assert list(PeriodicTask.objects.filter(task="memory.optimize").values_list("enabled", flat=True)) == [False]
