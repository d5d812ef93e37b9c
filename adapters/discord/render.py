"""Neutral markdown to Discord's own, which is nearly the same, and neutral buttons to components."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from clawdbot.reasons import Reason

MAX_TEXT = 2000
MAX_ROWS = 5
MAX_IN_ROW = 5
MAX_LABEL = 80
MAX_CUSTOM_ID = 100
_BUTTON, _ROW = 2, 1
_PRIMARY, _LINK = 1, 5

_FENCE = re.compile(r"[ \t]*(`{3,}(?=[^`]*$)|~{3,})")
_DEEP_HEADING = re.compile(r" {0,3}#{4,6}[ \t]+(.*?)(?:[ \t]+#+)?[ \t]*$")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_IMAGE = re.compile(r"!(\[[^\[\]]*\]\((?:[^()\s]|\([^()\s]*\))+\))")
_TABLE_RULE = re.compile(r"[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*(?:\|[ \t]*:?-{3,}:?[ \t]*)+\|?[ \t]*$")


def to_discord(text: str) -> str:
    """Changes only what Discord does not show: tables, rules, images and small headings.

    A text that would grow over the limit by that is left as it is.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    out: list[str] = []
    fence, opened = "", 0
    at = 0
    while at < len(lines):
        line = lines[at]
        marker = _FENCE.match(line)
        if marker and not fence:
            fence, opened = marker[1], at
            out.append(f"```{line[marker.end() :].strip()}")  # Discord knows fences of three backticks only
            at += 1
        elif fence:
            closes = marker is not None and marker[1].startswith(fence) and not line.strip(fence[0] + " \t")
            fence = "" if closes else fence
            out.append("```" if closes else line.replace("```", "``\u200b`"))
            at += 1
        elif "|" in line and at + 1 < len(lines) and _TABLE_RULE.match(lines[at + 1]):
            end = next((n for n in range(at + 2, len(lines)) if "|" not in lines[n]), len(lines))
            out += ["```", *lines[at:end], "```"]
            at = end
        else:
            out.append(_line(line))
            at += 1
    if fence and opened + 1 < len(lines):
        out.append("```")  # shown as a block only when it ends
    rendered = "\n".join(out)
    return rendered if len(rendered) <= max(MAX_TEXT, len(text)) else text


def _line(line: str) -> str:
    if _RULE.match(line):
        return "———"
    if match := _DEEP_HEADING.match(line):
        return f"**{match[1]}**" if match[1] and "**" not in match[1] else match[1]
    return _IMAGE.sub(r"\1", line)


def components(rows: Any) -> list[dict[str, Any]]:
    """Rows of {"text", "data" or "url"} as action rows of at most 5 buttons; [] when there are none.

    Raises:
        SendError: Permanent, when there are over 25 buttons or a button's data is over 100 characters.
    """
    found = [row[at : at + MAX_IN_ROW] for row in rows or () for at in range(0, len(row), MAX_IN_ROW)]
    if len(found) > MAX_ROWS:
        raise SendError(Reason("too_many_button_rows", count=MAX_ROWS), permanent=True, mark="too_many_buttons")
    return [{"type": _ROW, "components": [_button(item) for item in row]} for row in found]


def _button(item: Mapping[str, Any]) -> dict[str, Any]:
    label = str(item.get("text", ""))[:MAX_LABEL] or "…"
    if item.get("url"):
        return {"type": _BUTTON, "style": _LINK, "label": label, "url": str(item["url"])}
    data = str(item.get("data", label))
    if len(data) > MAX_CUSTOM_ID:
        raise SendError(Reason("button_data_too_long", count=MAX_CUSTOM_ID), permanent=True, mark="button_too_long")
    return {"type": _BUTTON, "style": _PRIMARY, "label": label, "custom_id": data}
