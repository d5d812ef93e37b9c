"""Superseded and archived rows are recalled only as of an earlier date, or with the history."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command

from memory.models import MemoryEntry
from memory.store import MemoryStore
from tests.memory.builders import MORNING, found, person, say

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("words_only"), pytest.mark.databases]
DAY = timedelta(days=1)
OLD, NEW = "My sister lives in Chengdu", "My sister lives in Shenzhen now"


def test_a_superseded_row_is_recalled_as_of_the_time_it_was_true() -> None:
    ann = person()
    old, new = say(ann, OLD)[0], say(ann, NEW, occurred_at=MORNING + 10 * DAY)[0]
    _row(old).update(valid_to=MORNING + 10 * DAY, superseded_by=new)
    question = "where does my sister live?"
    assert found(ann, question) == [NEW]
    assert found(ann, question, as_of=MORNING + 5 * DAY) == [OLD]
    assert found(ann, question, as_of=MORNING + 10 * DAY) == [NEW]
    assert sorted(found(ann, question, history=True)) == [OLD, NEW]


def test_what_was_said_later_is_not_known_as_of_a_date() -> None:
    ann = person()
    say(ann, "I like tea")
    say(ann, "I like green tea", occurred_at=MORNING + 2 * DAY)
    assert found(ann, "tea", as_of=MORNING + DAY) == ["I like tea"]
    assert found(ann, "tea", as_of=MORNING - DAY) == []


def test_an_archived_row_is_skipped_until_somebody_asks_as_of_before() -> None:
    ann = person()
    ids = say(ann, "I like green tea", "I like green tea a lot")
    _row(ids[0]).update(archived_at=MORNING + 3 * DAY, similar_to=ids[1])
    assert found(ann, "tea") == ["I like green tea a lot"]
    assert len(found(ann, "tea", as_of=MORNING + DAY)) == 2
    assert len(found(ann, "tea", as_of=MORNING + 4 * DAY)) == 1


def test_archiving_a_row_leaves_the_scores_of_the_others_alone() -> None:
    ann = person()
    ids = say(ann, "I like green tea", "It rains", "My boat is blue", "Green is the colour of tea")
    before = {hit.id: hit.score for hit in MemoryStore(ann.bot_id).recall(ann, "green tea").hits}
    _row(ids[3]).update(archived_at=MORNING)
    after = {hit.id: hit.score for hit in MemoryStore(ann.bot_id).recall(ann, "green tea").hits}
    assert after == {pk: score for pk, score in before.items() if pk != ids[3]}


def test_a_question_line_may_say_as_of_when(tmp_path: Path, capsys: Any) -> None:
    ann = person(key="ann")
    slug = apps.get_model("bots", "Bot").objects.get(pk=ann.bot_id).slug
    say(ann, "I like tea")
    queries = tmp_path / "queries.jsonl"
    lines = [{"id": "now", "text": "tea"}, {"id": "before", "text": "tea", "as_of": "2026-11-19T09:00:00Z"}]
    queries.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")
    call_command("memory", "recall", "--bot", slug, "--person", "ann", "--queries", str(queries))
    now, before = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert [hit["text"] for hit in now["hits"]] == ["I like tea"]
    assert before["hits"] == []


def _row(pk: int) -> Any:
    return MemoryEntry.objects.filter(pk=pk)
