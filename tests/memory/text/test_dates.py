"""Dates and periods named in a question."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.text.dates import DateCue, date_cues

SUNDAY = date(2026, 11, 22)
PIECES = [*"5月日号年二十上周五个前天", "ago", "last", "week", "999", "year", "0", "may", "31", "2023", "-", "of"]


def _day(year: int, month: int, day: int) -> DateCue:
    return DateCue(date(year, month, day), date(year, month, day) + timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("what did I do yesterday", _day(2026, 11, 21)),
        ("昨天我说了什么", _day(2026, 11, 21)),
        ("the day before yesterday", _day(2026, 11, 20)),
        ("大前天呢", _day(2026, 11, 19)),
        ("3 days ago", _day(2026, 11, 19)),
        ("三天前", _day(2026, 11, 19)),
        ("last friday", _day(2026, 11, 20)),
        ("上周五", _day(2026, 11, 13)),
        ("last week", DateCue(date(2026, 11, 9), date(2026, 11, 16))),
        ("上个星期", DateCue(date(2026, 11, 9), date(2026, 11, 16))),
        ("two weeks ago", DateCue(date(2026, 11, 2), date(2026, 11, 9))),
        ("last month", DateCue(date(2026, 10, 1), date(2026, 11, 1))),
        ("上个月", DateCue(date(2026, 10, 1), date(2026, 11, 1))),
        ("去年", DateCue(date(2025, 1, 1), date(2026, 1, 1))),
        ("in 2024", DateCue(date(2024, 1, 1), date(2025, 1, 1))),
        ("in June 2023", DateCue(date(2023, 6, 1), date(2023, 7, 1))),
        ("in June", DateCue(month=6)),
        ("on 5月2日", DateCue(month=5, day=2)),
        ("五月十二号", DateCue(month=5, day=12)),
        ("2023年5月2日", _day(2023, 5, 2)),
        ("on May 2nd, 2023", _day(2023, 5, 2)),
        ("2 May 2023", _day(2023, 5, 2)),
        ("2023-05-02", _day(2023, 5, 2)),
    ],
)
def test_a_named_day_or_period_is_resolved(text: str, cue: DateCue) -> None:
    assert cue in date_cues(text, SUNDAY)


@pytest.mark.parametrize("text", ["may I go", "I march on", "31 February", "2023-02-31", "13月45日", "", "a week"])
def test_what_is_no_date_gives_none(text: str) -> None:
    assert date_cues(text, SUNDAY) == ()


@given(
    st.lists(
        st.sampled_from(
            [
                "5",
                "月",
                "日",
                "号",
                "年",
                "二",
                "十",
                "上",
                "周",
                "五",
                "个",
                "前",
                "天",
                "ago",
                "last",
                "week",
                "999",
                "year",
                "0",
                "may",
                "31",
                "2023",
                "-",
                "of",
            ]
        ),
        max_size=12,
    ),
    st.dates(),
)
def test_no_text_and_no_day_breaks_it(words: list[str], today: date) -> None:
    for joined in (" ".join(words), "".join(words)):
        for cue in date_cues(joined, today):
            assert cue.days >= 1
