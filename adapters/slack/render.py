"""Renders neutral markdown as Slack's mrkdwn, and neutral buttons as Block Kit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from adapters import markup_star
from adapters.mentions import linked
from adapters.slack.text import escape
from adapters.splitter import split_text

MAX_SECTION = 3000
MAX_BLOCKS = 50
MAX_ROW = 25
MAX_LABEL = 75
MAX_VALUE = 2000


def _link(label: str, href: str) -> str:
    target = escape(href).replace("|", "%7C").replace(" ", "%20")
    if not href.startswith(("http://", "https://", "mailto:", "tel:")):
        return f"{label} ({target})"
    return f"<{target}|{label}>" if label.strip() and label != target else f"<{target}>"


_STYLE = markup_star.Style(escape, _link, loosen=True)


def to_mrkdwn(text: str) -> str:
    """Renders a text. Escapes `&`, `<` and `>`, so no text can ping a channel."""
    return markup_star.render(text, _STYLE)


def with_mentions(rendered: str, people: Mapping[str, str]) -> str:
    """Writes the mentions of these people (ids by name) into a rendered text."""
    return linked(rendered, people, lambda person, _name: f"<@{person}>", escape)


def blocks(text: str, rows: Any) -> list[dict[str, Any]]:
    """Returns the text as sections of at most 3000 characters, then the rows of buttons; [] without buttons."""
    if not rows:
        return []
    found: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": part}} for part in _sections(text)
    ]
    for number, row in enumerate(rows):
        elements = [_button(item, f"{number}.{place}") for place, item in enumerate(row[:MAX_ROW])]
        found.append({"type": "actions", "elements": elements})
    return found[:MAX_BLOCKS]


def _sections(text: str, room: int = MAX_SECTION // 2) -> Iterator[str]:
    for piece in split_text(text, room):
        rendered = to_mrkdwn(piece)
        if len(rendered) <= MAX_SECTION:
            yield rendered
        else:  # when nearly every character is escaped
            yield from _sections(piece, MAX_SECTION // 8)


def _button(item: Mapping[str, Any], action_id: str) -> dict[str, Any]:
    label = str(item.get("text", ""))[:MAX_LABEL]
    button: dict[str, Any] = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": label or "…", "emoji": True},
    }
    if item.get("url"):
        return button | {"url": str(item["url"])}
    return button | {"value": str(item.get("data", item.get("text", "")))[:MAX_VALUE]}
