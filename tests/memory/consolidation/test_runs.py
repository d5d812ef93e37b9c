"""A run is idempotent, is the only one of its bot, and resumes after a killed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from clawdbot import leadership
from memory import database
from memory.consolidation import runs
from memory.consolidation.optimize import optimize
from memory.errors import LeaseLost, RunInProgress
from memory.models import ConsolidatedEpisode, ConsolidationRun, MemoryEntry, MemorySource
from tests.memory.builders import facts, other_person, person, talk

LINES = (
    "I live in Chengdu",
    "My sister lives in Berlin with two cats",
    "The harbour of Rotterdam is my favourite place",
    "I am allergic to peanuts",
    "I moved to Shenzhen",
)
pytestmark = [pytest.mark.usefixtures("words_only"), pytest.mark.databases]


def rows(model: Any) -> list[Any]:
    return list(model.objects.order_by("pk").values())


@pytest.mark.django_db
def test_a_second_run_changes_nothing() -> None:
    ann = person()
    talk(ann, *LINES)
    talk(ann, *LINES, "I like tea", days_ago=10)
    optimize(ann.bot_id)
    before = [rows(model) for model in (MemoryEntry, MemorySource, ConsolidatedEpisode)]
    second = optimize(ann.bot_id)
    assert [rows(model) for model in (MemoryEntry, MemorySource, ConsolidatedEpisode)] == before
    assert second.report["counts"] == {"people": 1}


@pytest.mark.django_db
def test_what_a_session_costs_does_not_grow_with_the_others() -> None:
    ann = person()
    for days in range(40, 30, -1):
        talk(ann, "I live in Chengdu", "See you tomorrow", days_ago=days)
    with CaptureQueriesContext(database.connection()) as queries:
        optimize(ann.bot_id)
    quoted = database.connection().ops.quote_name
    asked, where = f"FROM {quoted(MemoryEntry._meta.db_table)}", f"{quoted('session')} = "
    of_sessions = [query["sql"] for query in queries if asked in query["sql"] and where in query["sql"]]
    assert len(of_sessions) == 10, "one a session, and none for its digests"
    assert all("BETWEEN" in sql for sql in of_sessions), "found by its time, which is indexed"


@pytest.mark.django_db
def test_a_dry_run_tells_what_a_run_would_do_and_changes_nothing() -> None:
    ann = person()
    talk(ann, *LINES)
    before = rows(MemoryEntry)
    dry = optimize(ann.bot_id, dry_run=True)
    assert rows(MemoryEntry) == before
    assert not ConsolidatedEpisode.objects.exists()
    assert (dry.dry_run, dry.state, dry.lock) == (True, "done", None)
    real = optimize(ann.bot_id)
    assert dry.report["counts"] == real.report["counts"]


@pytest.mark.django_db
def test_derived_rows_can_be_made_anew_and_pinned_ones_stay() -> None:
    ann = person()
    talk(ann, *LINES)
    optimize(ann.bot_id)
    before = facts(ann)
    MemoryEntry.objects.filter(kind="fact").update(text="damaged")
    MemoryEntry.objects.filter(kind="fact", fact_key="self/allergy/peanuts").update(pinned=True)
    optimize(ann.bot_id, rebuild=True)
    assert sorted(facts(ann)) == sorted([*(text for text in before if "peanuts" not in text), "damaged"])


@pytest.mark.django_db
def test_a_second_run_of_a_bot_is_refused_and_another_bots_is_not() -> None:
    ann, bob = person(), person()
    with leadership.lead(f"memory.optimize:{ann.bot_id}"):
        runs.start(ann.bot_id)
        with pytest.raises(RunInProgress, match="has been working since"):
            optimize(ann.bot_id)
    assert optimize(bob.bot_id).state == "done"


@pytest.mark.django_db
def test_a_run_whose_leader_is_gone_is_taken_over_and_its_old_holder_changes_nothing_more() -> None:
    ann = person()
    old = runs.start(ann.bot_id)
    new = runs.start(ann.bot_id)
    assert new.row.pk == old.row.pk
    with pytest.raises(LeaseLost):
        old.commit(old.counts)
    old.finish({}, "too late")
    assert ConsolidationRun.objects.get().state == "running"
    new.finish({})
    assert ConsolidationRun.objects.get().state == "done"


@pytest.mark.django_db
def test_a_run_that_fails_says_why_and_frees_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = person()
    talk(ann, *LINES)

    def broken(*_: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("memory.consolidation.facts.reconcile", broken)
        with pytest.raises(OSError, match="disk"):
            optimize(ann.bot_id)
    failed = ConsolidationRun.objects.get()
    assert (failed.state, failed.error, failed.lock) == ("failed", "OSError: the disk is full", None)
    assert optimize(ann.bot_id).state == "done"


_CHILD = """
import os, sys, django
django.setup()
from django.conf import settings
section = settings.CLAWDBOT.semantic_search.model_copy(update={"enable": False})
settings.CLAWDBOT = settings.CLAWDBOT.model_copy(update={"semantic_search": section})
from django.db import connections
from django.test.utils import CaptureQueriesContext
for alias in connections:
    connections[alias].settings_dict["NAME"] = sys.argv[1 + list(connections).index(alias)]
from memory.consolidation import episodes
from memory.consolidation.optimize import optimize
marked = episodes.mark_read
def mark_read(*args):
    marked(*args)
    mark_read.count += 1
    if mark_read.count == 3:  # in the middle of the second person's transaction
        print("ready", flush=True)
        sys.stdin.read()
mark_read.count = 0
episodes.mark_read = mark_read
optimize(int(os.environ["BOT"]))
"""


@pytest.mark.django_db(transaction=True, databases="__all__")
def test_after_sigkill_the_next_run_goes_on_and_the_result_is_that_of_one_run() -> None:
    ann = person()
    people = [ann, other_person(ann), other_person(ann)]
    for someone in people:
        talk(someone, *LINES, days_ago=20)
        talk(someone, "I like tea", "I work at Siemens", "My dog is called Rex", "I speak Dutch", days_ago=10)
    names = [str(connections[alias].settings_dict["NAME"]) for alias in connections]
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, *names],
        cwd=Path(__file__).resolve().parents[3],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "clawdbot_site.settings", "BOT": str(ann.bot_id)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"ready\n"
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    child.stdin.close()
    time.sleep(0.1)
    killed = ConsolidationRun.objects.get()
    assert (killed.state, killed.cursor) == ("running", ann.person_id)
    resumed = optimize(ann.bot_id)
    assert resumed.pk == killed.pk
    assert resumed.report["counts"] == {
        "people": 3, "episodes": 6, "digests": 6, "facts_added": 21, "facts_superseded": 3,
    } | {name: n for name, n in resumed.report["counts"].items() if name == "facts_known"}  # fmt: skip
    assert facts(people[0]) == facts(people[1]) == facts(people[2])
    assert optimize(ann.bot_id).report["counts"] == {"people": 3}
