"""Whatever a text holds: no moment that is over, no failure, and a cost that grows with what is read of it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawdbot.times import Ask, Instant, Outcome, Recurrence, find_all, occurrences
from clawdbot.times.parser import LONGEST

ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Pacific/Apia", "UTC", "Australia/Lord_Howe")
WORDS = (
    "明天 后天 今晚 明早 下周三 周五 每天 每周一 每隔 两 三 点 半 一刻 下午 凌晨 晚上 十二点 号 月 12月 31 29 2月 月底 春节 前一天 提前 分钟 小时后 直到 "
    "除了周日 共三次 每月 最后一天 工作日 到 和 提醒我 农历 正月 初一 一会儿 每秒 tomorrow today tonight at 3 12 :30 pm am noon midnight every other "
    "second Monday friday next this in 20 minutes hour and a half the last day of month 5 December until for times except weekend "
    "before early christmas 31st 29th 2/29 12/5 2027-02-30 99 0 - , . 。 remind me later"
).split()
WORD_TEXT = st.lists(st.sampled_from(WORDS), max_size=9).map(lambda words: " ".join(words))
JOINED = st.lists(st.sampled_from(WORDS), max_size=9).map(lambda words: "".join(words))
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2029, 12, 31)).map(lambda at: at.replace(tzinfo=ZoneInfo("UTC")))


def moments(outcome: Outcome) -> list[Instant | Recurrence]:
    return list(outcome.choices) if isinstance(outcome, Ask) else [outcome]


@given(
    st.one_of(WORD_TEXT, JOINED, st.text(max_size=80)),
    MOMENTS,
    st.sampled_from(ZONES),
    st.sampled_from(["en", "zh-hans"]),
)
def test_no_text_fails_and_no_moment_is_over(text: str, now: datetime, zone: str, language: str) -> None:
    for found in find_all(text, now=now, zone=zone, language=language):
        assert all(0 <= begin < stop <= len(text) for begin, stop in found.spans)
        assert list(found.spans) == sorted(found.spans)
        assert found.lead >= timedelta(0)
        for one in moments(found.outcome):
            if one.has_time:
                assert occurrences.attach(one.local, one.zone) > now - timedelta(seconds=1)
            else:
                assert one.local.date() >= occurrences.wall(now, zone).date()


@given(st.one_of(WORD_TEXT, JOINED), MOMENTS, st.sampled_from(ZONES))
def test_the_first_occurrence_of_a_series_belongs_to_it(text: str, now: datetime, zone: str) -> None:
    for found in find_all(text, now=now, zone=zone, language="en"):
        for one in moments(found.outcome):
            if isinstance(one, Recurrence):
                before = occurrences.attach(one.local, one.zone) - timedelta(minutes=1)
                assert occurrences.after(one.local, one.rule, one.zone, before) == occurrences.attach(one.local, zone)


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    now = datetime(2026, 11, 30, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert find_all("x" * LONGEST + " tomorrow at 3pm", now=now, zone="Asia/Shanghai") == ()
    assert len(find_all("at 3pm. " * 5000, now=now, zone="Asia/Shanghai")) <= 40


@pytest.mark.parametrize(
    "unit",
    ["a", "一", "1", "1 ", "每天", "every ", "3点", "at 3 ", "，", "周一、", "monday and ", "1小时", "one hour and ", "每月1号", "the 1st and ", "前", "1/1/", ":30"],
)  # fmt: skip
def test_twice_the_text_costs_not_much_more_than_twice_the_time(unit: str) -> None:
    now = datetime(2026, 11, 30, 10, tzinfo=ZoneInfo("Asia/Shanghai"))

    def cost(length: int) -> float:
        text = (unit * length)[:length]
        spent = []
        for _ in range(3):
            begin = time.process_time()
            find_all(text, now=now, zone="Asia/Shanghai")
            spent.append(time.process_time() - begin)
        return min(spent)

    # A quadratic pattern gives 4; a catastrophic one does not come back.
    assert cost(LONGEST) < 8 * cost(LONGEST // 2) + 0.005
