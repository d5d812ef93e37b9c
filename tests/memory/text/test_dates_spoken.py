"""A memory stores the date that "yesterday" meant; recall finds it by date, and reindex computes it again."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from memory.models import MemoryEntry
from memory.storage import reindex
from memory.storage.rows import of_scope
from memory.store import MemoryStore
from memory.text.dates import DateCue, ResolvedDate, cue_terms, event_terms, resolve
from tests.memory.builders import found, person, say

pytestmark = pytest.mark.databases

WEDNESDAY = date(2026, 5, 6)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def _days(text: str) -> list[tuple[str, str]]:
    """Returns first and last day of each date."""
    return [(str(d.start), str(d.end - timedelta(days=1))) for d in resolve(text, WEDNESDAY)]


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("I went hiking yesterday", "2026-05-05", "2026-05-05"),
        ("We met two weeks ago", "2026-04-20", "2026-04-26"),
        ("last Friday was fun", "2026-05-01", "2026-05-01"),
        ("The exam is next Friday", "2026-05-15", "2026-05-15"),
        ("We move next month", "2026-06-01", "2026-06-30"),
        ("The wedding is in three weeks", "2026-05-25", "2026-05-31"),
        ("I fly tomorrow", "2026-05-07", "2026-05-07"),
        ("born a year ago", "2025-01-01", "2025-12-31"),
        ("a couple of days ago I fell", "2026-05-04", "2026-05-04"),
        ("last weekend we sailed", "2026-05-02", "2026-05-03"),
        ("it was on 3 March", "2026-03-03", "2026-03-03"),
        ("the deadline is July 30th", "2026-07-30", "2026-07-30"),
        ("昨天我去爬山了", "2026-05-05", "2026-05-05"),
        ("上周五开会", "2026-05-01", "2026-05-01"),
        ("三天前丢了钥匙", "2026-05-03", "2026-05-03"),
        ("下个月搬家", "2026-06-01", "2026-06-30"),
        ("下周三考试", "2026-05-13", "2026-05-13"),
        ("后天出发", "2026-05-08", "2026-05-08"),
        ("大后天出发", "2026-05-09", "2026-05-09"),
        ("上个月5号领的证", "2026-04-05", "2026-04-05"),
        ("去年10月换的工作", "2025-10-01", "2025-10-31"),
        ("两周后婚礼", "2026-05-18", "2026-05-24"),
        ("这周末聚会", "2026-05-09", "2026-05-10"),
        ("2023年5月2日毕业", "2023-05-02", "2023-05-02"),
    ],
)
def test_a_memory_knows_the_days_it_speaks_of(text: str, first: str, last: str) -> None:
    assert _days(text) == [(first, last)]


@pytest.mark.parametrize(
    "text", ["See you on Friday", "周五见", "I may go", "31 February", "on 30 December", "10 ago", "in a hurry"]
)
def test_what_may_be_past_or_to_come_or_is_no_date_stays_open(text: str) -> None:
    assert _days(text) == []


def test_the_words_are_kept_as_they_were_said() -> None:
    assert resolve("Last  Friday I called", WEDNESDAY)[0].text == "Last Friday"


def test_a_pasted_calendar_gives_a_dozen_dates_at_most() -> None:
    assert len(resolve(" ".join(f"2026-03-{day:02d}" for day in range(1, 31)), WEDNESDAY)) == 12


@pytest.mark.parametrize(
    "cue",
    [
        DateCue(date(2026, 5, 5), date(2026, 5, 6)),
        DateCue(month=5, day=5),
        DateCue(month=5),
        DateCue(date(2026, 5, 4), date(2026, 5, 11)),
        DateCue(date(2026, 5, 1), date(2026, 6, 1)),
        DateCue(date(2026, 1, 1), date(2027, 1, 1)),
    ],
)
def test_a_day_is_found_by_itself_its_week_its_month_and_its_year(cue: DateCue) -> None:
    terms = event_terms([ResolvedDate("yesterday", date(2026, 5, 5), date(2026, 5, 6))])
    assert set(terms) & set(cue_terms(cue))


@pytest.mark.django_db
@pytest.mark.usefixtures("words_only")
@pytest.mark.parametrize(
    ("said", "other", "question"),
    [
        ("Yesterday we climbed the ridge", "Today we rested by the lake", "what did I do on 5 May"),
        ("昨天我们爬了山", "今天在湖边休息", "5月5日我做了什么"),
    ],
)
def test_a_question_about_a_day_finds_what_was_told_the_day_after(said: str, other: str, question: str) -> None:
    scope = person()
    say(scope, other, said, occurred_at=datetime(2026, 5, 6, 10, tzinfo=SHANGHAI))
    say(scope, "Nothing new here", "Still nothing", occurred_at=datetime(2026, 9, 1, 10, tzinfo=SHANGHAI))
    assert found(scope, question)[0] == said


@pytest.mark.django_db
@pytest.mark.usefixtures("words_only")
def test_a_hit_carries_what_its_words_meant() -> None:
    scope = person()
    say(scope, "Yesterday we climbed the ridge", occurred_at=datetime(2026, 5, 6, 10, tzinfo=SHANGHAI))
    hit = MemoryStore(scope.bot_id).recall(scope, "who climbed the ridge").hits[0]
    assert hit.dates == (ResolvedDate("Yesterday", date(2026, 5, 5), date(2026, 5, 6)),)


@pytest.mark.django_db
def test_the_same_words_about_another_day_are_another_memory() -> None:
    scope = person()
    for day in (6, 6, 9):
        say(scope, "I went hiking yesterday", occurred_at=datetime(2026, 5, day, 10, tzinfo=SHANGHAI))
    rows = of_scope(scope).distinct_entries()
    assert sorted(row.dates[0]["start"] for row in rows) == ["2026-05-05", "2026-05-08"]
    assert sorted(row.duplicates for row in rows) == [0, 1]


@pytest.mark.django_db
def test_reindex_makes_the_dates_of_rows_that_have_none(words_only: Any) -> None:
    scope = person()
    say(scope, "Yesterday we climbed the ridge", occurred_at=datetime(2026, 5, 6, 10, tzinfo=SHANGHAI))
    of_scope(scope).update(dates=[], tokens="yesterday we climb the ridg")
    assert found(scope, "what did I do on 5 May 2026")
    assert reindex.rewrite_index(MemoryEntry.objects.all()) == 1
    assert of_scope(scope).get().dates == [{"text": "Yesterday", "start": "2026-05-05", "end": "2026-05-06"}]
    assert reindex.rewrite_index(MemoryEntry.objects.all()) == 0


@pytest.mark.django_db
def test_the_command_says_what_the_words_meant(tmp_path: Any, words_only: Any) -> None:
    scope = person(key="ann")
    say(scope, "Yesterday we climbed the ridge", occurred_at=datetime(2026, 5, 6, 10, tzinfo=SHANGHAI))
    slug = of_scope(scope).get().bot.slug
    questions = tmp_path / "q.jsonl"
    questions.write_text('{"id": "q", "text": "the ridge"}\n', "utf8")
    out = StringIO()
    call_command("memory", "recall", "--bot", slug, "--person", "ann", "--queries", str(questions), stdout=out)
    assert json.loads(out.getvalue())["hits"][0]["dates"] == [
        {"text": "Yesterday", "start": "2026-05-05", "end": "2026-05-06"}
    ]
