"""Every phrase of the fixture has the outcome that a person expects: exact, or asked, never silently wrong."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from clawdbot.times import Ask, Instant, Outcome, Recurrence, find, find_all

LINES = (Path(__file__).parents[2] / "fixtures" / "times.jsonl").read_text("utf8").splitlines()
PHRASES: list[dict[str, Any]] = [json.loads(line) for line in LINES]
MONDAY = datetime(2026, 11, 30, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


def written(outcome: Outcome, zone: str) -> dict[str, Any]:
    if isinstance(outcome, Ask):
        return {"ask": outcome.code, "choices": [written(choice, zone) for choice in outcome.choices]}
    local = outcome.local.isoformat(timespec="minutes") if outcome.has_time else outcome.local.date().isoformat()
    if isinstance(outcome, Recurrence):
        made = {"first": local, "rule": outcome.rule}
    else:
        made = {"at" if outcome.has_time else "day": local}
    elsewhere = {"zone": outcome.zone} if outcome.zone != zone else {}
    return {**made, **({"assumed": True} if outcome.assumed else {}), **elsewhere}


@pytest.mark.parametrize("phrase", PHRASES, ids=[f"{one['text']} ({one['now']})" for one in PHRASES])
def test_a_phrase_has_its_outcome(phrase: dict[str, Any]) -> None:
    now = datetime.fromisoformat(phrase["now"]).replace(tzinfo=ZoneInfo(phrase["zone"]))
    found = find_all(phrase["text"], now=now, zone=phrase["zone"], language=phrase["language"])
    read = [
        {
            **written(one.outcome, phrase["zone"]),
            **({"lead_min": int(one.lead.total_seconds() // 60)} if one.lead else {}),
        }
        for one in found
    ]
    assert read == phrase["found"]


def test_the_fixture_has_a_hundred_phrases_in_each_language() -> None:
    for language in ("en", "zh-hans"):
        assert len({one["text"] for one in PHRASES if one["language"] == language}) >= 100


@pytest.mark.parametrize(
    "text",
    [
        "三点建议", "我有两点想法", "这三点很重要", "注意以下三点", "第三天", "第5号选手", "一点也不喜欢", "快一点", "给我一点时间",
        "我休息一会儿", "坐3号线去", "他住八号楼", "两点之间直线最短", "温度是3.5度", "一周内完成了一半", "十个苹果", "祝你春节快乐",
        "5 point plan", "May I ask", "march on", "see you later", "sooner or later", "as soon as possible", "chapter 5",
        "he is 5 years old", "at 5 points", "the 3rd floor", "I will second that", "24/7", "3/4 cup of sugar", "good night",
        "a march of 5 miles", "version 2.10", "the best of all times", "sat on the wall", "in the sun", "the mon repos hotel",
        "", " ", "提醒", "remind me",
    ],
)  # fmt: skip
def test_words_that_name_no_time_give_none(text: str) -> None:
    assert find_all(text, now=MONDAY, zone="Asia/Shanghai", language="en") == ()


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("meeting at 3pm, remind me at 2:30pm", datetime(2026, 11, 30, 14, 30)),
        ("下午三点开会，两点半提醒我", datetime(2026, 11, 30, 14, 30)),
        ("remind me at 4pm that the shop closes at 6pm", datetime(2026, 11, 30, 16)),
    ],
)
def test_of_several_times_the_one_beside_remind_counts(text: str, local: datetime) -> None:
    found = find(text, now=MONDAY, zone="Asia/Shanghai")
    assert found is not None
    assert isinstance(found.outcome, Instant)
    assert found.outcome.local == local


def test_positions_are_those_of_the_text_as_it_was_written() -> None:
    text = "İ  請在　明天下午３點  提醒我"
    found = find(text, now=MONDAY, zone="Asia/Shanghai", language="zh-hans")
    assert found is not None
    assert [text[begin:stop] for begin, stop in found.spans] == ["明天", "下午", "３點"]


def test_an_hour_from_now_is_an_hour_when_the_clock_goes_back() -> None:
    now = datetime(2027, 10, 31, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    found = find("in 1 hour", now=now, zone="Europe/Berlin")
    assert found is not None
    assert found.outcome == Instant(datetime(2027, 10, 31, 1, 30), "UTC")
