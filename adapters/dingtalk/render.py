"""Renders neutral markdown as DingTalk's markdown, and buttons as an action card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from adapters.markdown import parse, plain_text
from adapters.markdown_dialect import Dialect, unfenced
from adapters.mentions import linked

_MARKUP = re.compile(r"[*_`\[#>~|]|^\s*(?:[+-]|\d+[.)])\s", re.MULTILINE)
_DIALECT = Dialect({"strong": "**", "emphasis": "*"}, fenced=True, escape=unfenced)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")  # invisible, and six bytes each in JSON
_TITLE = 20
MAX_BUTTONS = 5
_SEND = "dtmd://dingtalkclient/sendMessage?content="


def has_markup(text: str) -> bool:
    """Returns whether the text has marks that markdown would show differently."""
    return bool(_MARKUP.search(text))


def to_markdown(text: str) -> str:
    """Renders a text; never empty. DingTalk ignores a single line break, so lines end with two spaces."""
    out = ""
    source = _CONTROL.sub(" ", text)
    for block in parse(source):
        rendered = (
            "\n---\n" if block.kind == "rule" else _DIALECT.block(block)
        )  # directly below text it would make a heading
        ending = "\n" if block.kind in ("code", "table", "blank", "heading", "rule") else "  \n"
        out += rendered + ending
    return out.rstrip() or source


def title(text: str) -> str:
    """Returns the title for notifications and the list of chats: the first words."""
    return next((line.strip()[:_TITLE] for line in plain_text(text).split("\n") if line.strip()), "…")


def buttons_of(rows: Any) -> list[tuple[str, str]]:
    """Returns (label, address) of each button. A button with data sends it as a message from the person who presses."""
    return [(str(item.get("text", "")), _address(item)) for row in rows or () for item in row]


def _address(item: Mapping[str, Any]) -> str:
    return str(item.get("url") or _SEND + quote(_said(item), safe=""))


def _said(item: Mapping[str, Any]) -> str:
    # everybody in the chat reads it
    return str(item.get("says") or item.get("data", item.get("text", "")))


def with_choices(text: str, buttons: Iterable[tuple[str, str]]) -> str:
    """Renders a text with its buttons as links, where no action card fits."""
    # Links are added after rendering, which would escape DingTalk's own addresses.
    return "\n".join((to_markdown(text), "", *(f"- [{label}]({address})" for label, address in buttons))).rstrip()


def session_body(
    text: str, buttons: list[tuple[str, str]], at: str | None, people: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Returns the body for a reply address or a group robot.

    Args:
        text: Neutral markdown.
        buttons: From `buttons_of`.
        at: Staff id of the person to mention.
        people: Staff ids by name of people whom the text may mention.
    """

    def named(rendered: str) -> str:
        return linked(rendered, people or {}, lambda person, _name: f"@{person}")

    lead = f"@{at} " if at else ""
    told = [*([at] if at else []), *(person for name, person in (people or {}).items() if f"@{name}" in text)]
    mention = {"at": {"atUserIds": list(dict.fromkeys(told))}} if told else {}
    if buttons:
        card = {
            "title": title(text),
            "text": lead + named(to_markdown(text)),
            "btnOrientation": "0",
            "btns": [{"title": label, "actionURL": address} for label, address in buttons],
        }
        return {"msgtype": "actionCard", "actionCard": card}
    if has_markup(text):
        return {
            "msgtype": "markdown",
            "markdown": {"title": title(text), "text": lead + named(to_markdown(text))},
            **mention,
        }
    return {"msgtype": "text", "text": {"content": lead + named(text)}, **mention}


def robot_message(text: str, buttons: list[tuple[str, str]]) -> tuple[str, dict[str, str]]:
    """Returns (msgKey, msgParam) for the API of application robots."""
    if len(buttons) > MAX_BUTTONS:
        return "sampleMarkdown", {"title": title(text), "text": with_choices(text, buttons)}
    if not buttons and not has_markup(text):
        return "sampleText", {"content": _CONTROL.sub(" ", text)}
    param = {"title": title(text), "text": to_markdown(text)}
    if not buttons:
        return "sampleMarkdown", param
    if len(buttons) == 1:
        return "sampleActionCard", param | {"singleTitle": buttons[0][0], "singleURL": buttons[0][1]}
    for number, (label, address) in enumerate(buttons, start=1):
        param |= {f"actionTitle{number}": label, f"actionURL{number}": address}
    return f"sampleActionCard{len(buttons)}", param
