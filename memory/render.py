"""Memories as dated lines, for prompts and for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from memory.types import Hit

_LONGEST = 500


def render_hits(hits: Sequence[Hit], tz: tzinfo, language: str = "en") -> list[str]:
    """One line per hit, in the order given: `2026-11-20 Ann: My sister lives in Chengdu`, Chinese with 2026年11月20日.

    Args:
        hits: from a recall.
        tz: the zone whose calendar the dates follow (the person's).
        language: "zh…" for Chinese, anything else for English.
    """
    chinese = language.lower().startswith("zh")
    lines = []
    for hit in hits:
        at = hit.occurred_at.astimezone(tz)
        day = f"{at.year}年{at.month}月{at.day}日" if chinese else f"{at:%Y-%m-%d}"
        who = hit.speaker or _who(hit.role, chinese=chinese)
        text = " ".join(hit.text.split())
        if len(text) > _LONGEST:
            text = text[: _LONGEST - 1].rstrip() + "…"
        lines.append(_derived(hit, tz, text, chinese=chinese) if hit.kind != "turn" else f"{day} {who}: {text}")
    return lines


def _derived(hit: Hit, tz: tzinfo, text: str, *, chinese: bool) -> str:
    """A fact with the day since when it is true (`since 2026-11-20: …`), a digest with the day of its talk."""
    at = (hit.valid_from if hit.kind == "fact" and hit.valid_from else hit.occurred_at).astimezone(tz)
    day = f"{at.year}年{at.month}月{at.day}日" if chinese else f"{at:%Y-%m-%d}"
    if hit.kind == "fact":
        return f"{day}起：{text}" if chinese else f"since {day}: {text}"
    return f"{day}小结：{text}" if chinese else f"{day} in short: {text}"


def _who(role: str, *, chinese: bool) -> str:
    if chinese:
        return "你" if role == "assistant" else "对方"
    return "you (the bot)" if role == "assistant" else "the person"
