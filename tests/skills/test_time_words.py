"""A time is said so that the person can check it: day, date, weekday, hour; and what is said means the same time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from clawdbot.times import Ask, Instant, Recurrence, find
from skills import time_words

ZONE = "Asia/Shanghai"
NOW = datetime(2026, 11, 30, 10, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("tomorrow at 3pm", "tomorrow (Tuesday, 1 December) at 15:00", "明天（12月1日，星期二）15:00"),
        ("today at 16:30", "today (Monday, 30 November) at 16:30", "今天（11月30日，星期一）16:30"),
        ("5 December at noon", "Saturday, 5 December at 12:00", "12月5日，星期六12:00"),
        ("2027-01-03", "Sunday, 3 January 2027", "2027年1月3日，星期日"),
        ("every weekday at 9am", "every weekday (Monday to Friday) at 09:00, first tomorrow (Tuesday, 1 December) at 09:00", "每个工作日（周一至周五）09:00（首次：明天（12月1日，星期二）09:00）"),
        ("every other Tuesday at 10am", "every 2 weeks on Tuesday at 10:00, first tomorrow (Tuesday, 1 December) at 10:00", "每2周的星期二10:00（首次：明天（12月1日，星期二）10:00）"),
        ("on the 1st and 15th at 9am", "every month on day 1 and day 15 at 09:00, first tomorrow (Tuesday, 1 December) at 09:00", "每个月的1号和15号09:00（首次：明天（12月1日，星期二）09:00）"),
        ("每月最后一天晚上8点", "every month on the last day at 20:00, first today (Monday, 30 November) at 20:00", "每个月的最后一天20:00（首次：今天（11月30日，星期一）20:00）"),
        ("the last friday of each month at 5pm", "every month on the last Friday at 17:00, first Friday, 25 December at 17:00", "每个月的最后一个星期五17:00（首次：12月25日，星期五17:00）"),
        ("every 2 hours", "every 2 hours, first today (Monday, 30 November) at 12:00", "每2小时（首次：今天（11月30日，星期一）12:00）"),
        ("every day at 9am until Friday", "every day at 09:00, until 4 December 2026, first tomorrow (Tuesday, 1 December) at 09:00", "每天09:00，到2026年12月4日为止（首次：明天（12月1日，星期二）09:00）"),
        ("weekends at 10am for 4 times", "every weekend at 10:00, 4 times, first Saturday, 5 December at 10:00", "每个周末10:00，共4次（首次：12月5日，星期六10:00）"),
        ("每年5月3日上午9点", "every year on 3 May at 09:00, first Monday, 3 May 2027 at 09:00", "每年5月3日09:00（首次：2027年5月3日，星期一09:00）"),
        ("every Mon, Wed and Fri at 7am", "every Monday, Wednesday and Friday at 07:00, first the day after tomorrow (Wednesday, 2 December) at 07:00", "每星期一、星期三和星期五07:00（首次：后天（12月2日，星期三）07:00）"),
        ("every hour from 9 to 12", "every day at 09:00, 10:00, 11:00, 12:00, first today (Monday, 30 November) at 11:00", "每天09:00、10:00、11:00、12:00（首次：今天（11月30日，星期一）11:00）"),
    ],
)  # fmt: skip
def test_a_time_is_said_in_both_languages(text: str, english: str, chinese: str) -> None:
    found = find(text, now=NOW, zone=ZONE)
    assert found is not None
    with translation.override("en"):
        assert time_words.describe(found, NOW, ZONE) == english
    with translation.override("zh-hans"):
        assert time_words.describe(found, NOW, ZONE) == chinese


def test_a_moment_of_another_zone_is_said_in_the_persons() -> None:
    with translation.override("en"):
        said = time_words.describe(Instant(datetime(2026, 12, 1, 1), "UTC"), NOW, ZONE)
    assert said == "tomorrow (Tuesday, 1 December) at 09:00"


def test_a_question_is_said_by_its_choices() -> None:
    found = find("明天6点", now=NOW, zone=ZONE)
    assert found is not None
    assert isinstance(found.outcome, Ask)
    with translation.override("zh-hans"):
        assert time_words.describe(found, NOW, ZONE) == "明天（12月1日，星期二）06:00、明天（12月1日，星期二）18:00"


@pytest.mark.parametrize(
    ("span", "english", "chinese"),
    [
        (timedelta(minutes=10), "10 minutes", "10分钟"), (timedelta(hours=1), "1 hour", "1小时"), (timedelta(minutes=90), "90 minutes", "90分钟"),
        (timedelta(days=1), "1 day", "1天"), (timedelta(days=14), "2 weeks", "2周"),
    ],
)  # fmt: skip
def test_a_length_is_said_in_its_largest_unit(span: timedelta, english: str, chinese: str) -> None:
    with translation.override("en"):
        assert time_words.length(span) == english
    with translation.override("zh-hans"):
        assert time_words.length(span) == chinese


@given(st.datetimes(datetime(2026, 12, 1), datetime(2036, 12, 31)), st.sampled_from(["en", "zh-hans"]))
def test_what_is_said_means_the_same_time(local: datetime, language: str) -> None:
    local = local.replace(second=0, microsecond=0)
    with translation.override(language):
        said = f"{time_words.written(local.date(), date.min)} {time_words.clock(local.time())}"
        whole = time_words.describe(Instant(local, ZONE), NOW, ZONE)
    found = find(said, now=NOW, zone=ZONE, language=language)
    assert found is not None
    outcomes = found.outcome.choices if isinstance(found.outcome, Ask) else (found.outcome,)
    assert local in [one.local for one in outcomes if not isinstance(one, Recurrence)]
    assert time_words.clock(local.time()) in whole


@pytest.mark.parametrize("rule", ["", "FREQ=YEARLY;BYMONTH=13;BYMONTHDAY=1", "FREQ=WEEKLY", "every day"])
def test_a_rule_without_words_is_said_as_it_is(rule: str) -> None:
    assert time_words.how_often(rule) == rule
