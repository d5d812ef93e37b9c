"""The health of the indexes: their state, and advice for each fault."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from celery import current_app
from django.core.management import call_command

from bots.monitoring import doctor
from memory import database
from memory.indexes import health, registry
from memory.models.indexes import LargeScope
from tests.memory.builders import person, say
from tests.memory.conftest import Switch

pytestmark = [pytest.mark.django_db, pytest.mark.databases]


@pytest.fixture(autouse=True)
def _small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "LARGE_FROM", 5)
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: None)


def _run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("memory", *arguments, stdout=out)
    return out.getvalue()


def _finding() -> doctor.Finding:
    return next(found for found in doctor.examine() if found.name == "vector index")


@pytest.mark.usefixtures("words_only")
def test_reindex_builds_what_is_large_and_stats_show_it() -> None:
    ann = person()
    say(ann, *(f"note {i}" for i in range(20)))
    assert health.of_scopes() == []
    _run("reindex")
    (shown,) = next(iter(json.loads(_run("stats", "--json")).values()))["indexes"]
    assert (shown["person_id"], shown["rows"], shown["due"]) == (ann.person_id, 20, False)
    assert shown["lexical"] == {"sqlite": "fts5", "postgresql": "gin", "mysql": "fulltext"}[database.vendor()]
    assert "indexes" in _run("stats")


@pytest.mark.usefixtures("words_only")
def test_an_import_that_makes_a_scope_large_builds_its_indexes(tmp_path: Path) -> None:
    from django.apps import apps

    apps.get_model("bots", "Bot").objects.create(slug="helper", name="Helper")
    line = {"session": "a", "speaker": "Ann", "role": "user", "occurred_at": "2026-11-20T09:00:00+08:00"}
    path = tmp_path / "lines.jsonl"
    path.write_text("".join(json.dumps(line | {"id": str(i), "text": f"note {i}"}) + "\n" for i in range(20)), "utf8")
    _run("import", str(path), "--bot", "helper", "--person", "ann")
    assert [(found.rows, found.due) for found in health.of_scopes()] == [(20, False)]


def test_a_build_that_is_due_is_a_warning_with_its_mend() -> None:
    ann = person()
    assert _finding().level == "ok"
    LargeScope.objects.create(bot_id=ann.bot_id, person_id=ann.person_id)
    found = _finding()
    assert found.level == "warning"
    assert "reindex" in found.mend


def test_pgvector_without_the_extension_is_an_error_with_its_mend(semantic: Switch) -> None:
    semantic(index_type="pgvector")
    if database.vendor() == "postgresql":
        with database.connection().cursor() as cursor:
            cursor.execute("DROP TABLE memory_vector")
    found = _finding()
    assert found.level == "error"
    assert ("CREATE EXTENSION vector" if database.vendor() == "postgresql" else "faiss") in found.mend


def test_pgvector_is_refused_at_the_start_without_postgresql() -> None:
    from clawdbot_site import loading

    with pytest.raises(loading.ConfigError, match="pgvector needs") as refused:
        loading.load(
            semantic_search={"index_type": "pgvector"}, memory={"type": "sqlite", "database_url": ""}, database_url=""
        )
    assert "\n" not in str(refused.value)
