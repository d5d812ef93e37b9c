from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from memory.render import render_hits
from memory.types import Hit

LATE = datetime(2026, 11, 20, 20, 0, tzinfo=UTC)


def test_a_line_says_when_in_the_persons_zone_who_and_what() -> None:
    hit = Hit(1, "", "user", "Ann", "My sister\nlives in Chengdu", 1.0, LATE)
    assert render_hits([hit], UTC) == ["2026-11-20 Ann: My sister lives in Chengdu"]
    assert render_hits([hit], ZoneInfo("Asia/Shanghai"), "zh-hans") == [
        "2026年11月21日 Ann: My sister lives in Chengdu"
    ]


def test_a_nameless_side_is_named_and_a_long_text_is_cut() -> None:
    hit = Hit(1, "", "assistant", "", "x" * 900, 1.0, LATE)
    line = render_hits([hit], UTC)[0]
    assert line.startswith("2026-11-20 you (the bot): xxx")
    assert line.endswith("…")
    assert len(line) < 540
