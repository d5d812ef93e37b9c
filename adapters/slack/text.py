"""Converts Slack's mrkdwn to readable text: escapes, links and mentions."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.mentions import without
from adapters.payload import as_text

_REFERENCE = re.compile(r"<([^<>|\s][^<>|]*)(?:\|([^<>]*))?>")
REFERENCE = re.compile(r"<@(?P<user>[A-Z0-9]+)>|<#(?P<chat>[A-Z0-9]+)>|<!subteam\^(?P<role>[A-Z0-9]+)>")
"""What `plain` leaves as an id."""
_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")


def read_text(message: Mapping[str, Any], own_ids: Collection[str]) -> tuple[str, bool]:
    """Returns the text of a message without mentions of the bot, and whether it mentions the bot."""
    source = as_text(message, "text")
    spans = [match.span() for match in _MENTION.finditer(source) if match[1] in own_ids]
    return plain(without(source, spans) if spans else source), bool(spans)


def plain(source: str) -> str:
    """Returns readable text: links as markdown, channels, groups and people by name; those without a label stay ids."""
    out: list[str] = []
    at = 0
    for match in _REFERENCE.finditer(source):
        out += (_unescape(source[at : match.start()]), _reference(match[1], match[2] or "", match[0]))
        at = match.end()
    return "".join(out) + _unescape(source[at:])


def _reference(target: str, label: str, whole: str) -> str:
    label = _unescape(label)
    if target.startswith("@"):
        return f"@{label.removeprefix('@')}" if label else whole
    if target.startswith("#"):
        return f"#{label.removeprefix('#')}" if label else f"<{target}>"
    if target.startswith("!subteam^") and not label:
        return whole
    if target.startswith("!date^"):
        return label or _date(target)
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    url = _unescape(target)
    bare = url.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (url, bare) or url.endswith(f"//{label}"):
        return label or bare  # Slack made the link from typed text
    return f"[{label}]({url})"


def _date(target: str) -> str:
    seconds = target.split("^")[1]
    if not re.fullmatch("[0-9]{1,11}", seconds):
        return ""
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d %H:%M} UTC"


def _unescape(text: str) -> str:
    # Slack escapes only these three; somebody typed any other entity, such as "&nbsp;".
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escape(text: str) -> str:
    """Escapes a text for mrkdwn."""
    return html.escape(text, quote=False)
