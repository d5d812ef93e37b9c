"""Measures how long a text takes to be read for times: `python benchmarks/times.py [--json FILE]`.

Each text has 200 characters. Beside milliseconds of CPU time stands a multiple of a loop over 10,000 integers, timed in
the same run, because machines differ and are shared. The target for ordinary texts is one millisecond; one without any
word of time must cost far less.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, CALLS = 15, 30
TARGET_MS = 1.0
TEXTS = {
    "English, no word of time": "The quick brown fox jumps over a lazy dog and sings of love. ",
    "Chinese, no word of time": "这家咖啡馆的老板很喜欢认识有意思的人，听他们讲各自的故事。",
    "English, small talk": (
        "We walked along the river and talked about the book that she had read, about her brother who lives in the "
        "north with two cats, and about how the weather of this summer compares with that one. "
    ),
    "Chinese, small talk": (
        "我们沿着河边散步，聊了聊她最近读的那本书，聊了她住在北方养着两只猫的哥哥，还聊了今年夏天的天气跟去年相比怎么样，"
        "后来下起了小雨，我们躲进一家店，点了两杯拿铁和一块蛋糕。"
    ),
    "English, one reminder": (
        "Could you please remind me tomorrow at half past nine to call Anna about the flat that we saw, because she "
        "wants to know whether the owner has agreed to the lower rent and whether the kitchen will stay in it. "
    ),
    "Chinese, one reminder": (
        "麻烦你明天上午九点半提醒我给安娜打电话，说说我们看过的那套房子，她想知道房东是不是同意降低租金，厨房的家具会不会"
        "留下来，还有钥匙放在谁那里，以及押金到底要付多少，水电费怎么算。"
    ),
    "English, four times": (
        "remind me every weekday at 9 to call Anna, and next Friday at 3pm to send the report, 10 minutes early "
    ),
    "Chinese, many times": ("下周三三点开会，提前十分钟提醒我，每个工作日早上九点提醒我站会，每月最后一天晚上8点记账"),
}


def fastest(work: Callable[[], object]) -> float:
    """Returns the fewest milliseconds of CPU time of a call."""
    work()
    found = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            work()
        found.append((time.process_time() - began) / CALLS * 1000)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "times.json")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    from clawdbot import times

    now = datetime(2026, 11, 30, 2, tzinfo=UTC)
    loop = fastest(lambda: sum(range(10_000)))
    print(f"a loop over 10,000 integers takes {loop:.3f} ms")
    results = {"loop_ms": loop}
    for name, text in TEXTS.items():
        whole = (text * 10)[:200]
        took = fastest(lambda whole=whole: times.find_all(whole, now=now, zone="Asia/Shanghai"))
        count = len(times.find_all(whole, now=now, zone="Asia/Shanghai"))
        high = "" if took <= TARGET_MS else f"  above {TARGET_MS:g} ms"
        print(f"{name:26} {took:7.3f} ms {took / loop:7.2f} loops, {count} times{high}")
        results[name] = took
    arguments.json.parent.mkdir(exist_ok=True)
    arguments.json.write_text(json.dumps(results, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
