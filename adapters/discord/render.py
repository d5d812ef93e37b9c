"""Renders neutral markdown as Discord's, which is nearly the same, and neutral buttons as components."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adapters.errors import SendError
from adapters.markdown import Region, regions, source_lines
from clawdbot.reasons import Reason

MAX_TEXT = 2000
MAX_HEADING = 3
MAX_ROWS = 5
MAX_IN_ROW = 5
MAX_LABEL = 80
MAX_CUSTOM_ID = 100
_BUTTON, _ROW = 2, 1
_PRIMARY, _LINK = 1, 5

_DEEP_HEADING = re.compile(r"#{4,6}[ \t]+.*$")
_IMAGE = re.compile(
    r"(`+)(?!`).*?(?<!`)\1(?!`)|!(\[[^\[\]]*\]\((?:[^()\s]|\([^()\s]*\))+\))"
)  # or inline code, which stays


def to_discord(text: str) -> str:
    """Replaces only what Discord does not show: tables, rules, images, small headings, fences other than ```.

    A text that the replacement would make longer than the limit stays unchanged.
    """
    lines = source_lines(text)
    out: list[str] = []
    at = 0
    for region in regions(text):
        out += map(_prose, lines[at : region.start])
        out += _region(region, lines[region.start : region.end])
        at = region.end
    out += map(_prose, lines[at:])
    rendered = "\n".join(out)
    return rendered if rendered.strip() and len(rendered) <= max(MAX_TEXT, len(text)) else text


def _prose(line: str) -> str:
    return _IMAGE.sub(lambda match: match[2] or match[0], line)


def _region(region: Region, lines: list[str]) -> list[str]:
    if region.kind == "code":
        code = region.text.replace("```", "``\u200b`") if region.text else ""
        return [f"```{region.info}", *code.split("\n"), "```"]
    if region.kind == "table":
        return ["```", region.text, "```"]
    if region.kind == "rule":
        return ["———"]
    if region.level > MAX_HEADING:
        title = region.text if "**" in region.text else f"**{region.text}**" if region.text else ""
        return [_DEEP_HEADING.sub(lambda _: title, line) for line in lines]
    return [_prose(line) for line in lines]


def components(rows: Any) -> list[dict[str, Any]]:
    """Converts rows of {"text", "data" or "url"} to action rows of at most 5 buttons; [] when there are none.

    More than 5 rows are filled up, so that 25 buttons fit.

    Raises:
        SendError: Permanent, for more than 25 buttons or button data over 100 characters.
    """
    found = _in_rows(rows or ())
    if len(found) > MAX_ROWS:
        found = _in_rows([[item for row in rows for item in row]])
    if len(found) > MAX_ROWS:
        raise SendError(Reason("too_many_button_rows", count=MAX_ROWS), permanent=True, mark="too_many_buttons")
    return [{"type": _ROW, "components": [_button(item) for item in row]} for row in found]


def _in_rows(rows: Any) -> list[Any]:
    return [row[at : at + MAX_IN_ROW] for row in rows for at in range(0, len(row), MAX_IN_ROW)]


def _button(item: Mapping[str, Any]) -> dict[str, Any]:
    label = str(item.get("text", ""))[:MAX_LABEL] or "…"
    if item.get("url"):
        return {"type": _BUTTON, "style": _LINK, "label": label, "url": str(item["url"])}
    data = str(item.get("data", label))
    if len(data) > MAX_CUSTOM_ID:
        raise SendError(Reason("button_data_too_long", count=MAX_CUSTOM_ID), permanent=True, mark="button_too_long")
    return {"type": _BUTTON, "style": _PRIMARY, "label": label, "custom_id": data}
