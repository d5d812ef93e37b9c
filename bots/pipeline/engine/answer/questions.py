"""Detects questions by rules for English and Chinese."""

from __future__ import annotations

import re

from clawdbot.chinese import simplified

_QUESTION_MARK = re.compile(r"[?\uff1f]\s*$")
_ENGLISH_QUESTION = re.compile(
    r"^\W*(and |so |but |please |ok(ay)?,? )?"
    r"(who|whom|whose|what|what's|when|where|which|why|how|do|does|did|is|are|was|were|am|can|could|will|would|should|has|"
    r"have|had|tell me|remind me|do you (know|remember))\b",
    re.IGNORECASE,
)
_CHINESE_QUESTION = re.compile(
    r"[吗呢么]\W*$|什么|啥|咋|干嘛|哪|谁|几[个岁点号月天只条口本次杯斤门家年位种了]|多(?:少|大|久|长|高|远|重|深|宽|快|贵|厚)|怎么|怎样|为什么|为何|何时|有没有|(?P<v>[\u4e00-\u9fff])不(?P=v)|记得.{0,12}[吗么]"
)


def is_question(text: str) -> bool:
    """Returns whether the message asks something, with or without a question mark."""
    return bool(
        _QUESTION_MARK.search(text) or _ENGLISH_QUESTION.match(text) or _CHINESE_QUESTION.search(simplified(text))
    )
