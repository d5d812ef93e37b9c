"""Reads the other messages in a DingTalk message: the one it quotes, and the chat record it forwards.

The content of a quoted message stands at another place for each type, and a mobile client may send its id only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.chat_records import records, text_of
from adapters.dingtalk.parts import Json, files_of, rich
from adapters.events import Passage
from adapters.parts import as_lines
from adapters.payload import as_id, as_object, as_text

_RECORD = "chatRecord"
_CARDS = frozenset({"interactiveCard", "actionCard", "card"})
_MAX_DEPTH = 16


def forwarded(content: Json, kind: str) -> tuple[Passage, ...]:
    """Returns the messages of a chat record, else its summary as one passage; () for other messages."""
    if kind != _RECORD:
        return ()
    body = as_object(content, "content") or as_object(content, _RECORD)
    found = records(body)
    summary = Passage(as_text(body, "summary") or as_text(body, "title"))
    return found or ((summary,) if summary.has_content else ())


def quoted(content: Json) -> Passage | None:
    """Returns the quoted message; without content when DingTalk sends only its id; None when nothing is quoted."""
    quote = _quote_in(content)
    key = as_id(content, "originalProcessQueryKey")  # of a message that the robot sent through the API
    if not quote:
        return Passage(by_bot=True, message_id=key) if key else None
    kind = as_text(quote, "msgType") or as_text(quote, "msgtype")
    sender = as_id(quote, "senderId")
    return Passage(
        text=_text(quote, kind).strip(),
        author=as_text(quote, "senderNick"),
        author_id=as_id(quote, "senderStaffId") or sender or "",
        by_bot=sender is not None and sender == as_id(content, "chatbotUserId"),
        message_id=as_id(quote, "msgId") or key or "",
        attachments=tuple(files_of(quote, kind)),
    )


def _quote_in(content: Json) -> Json:
    places = (as_object(content, "text"), as_object(content, "content"), content)
    names = ("repliedMsg", "quoteMessage")
    return next((found for place in places for name in names if (found := as_object(place, name))), {})


def _text(quote: Json, kind: str) -> str:
    body = as_object(quote, "content") or as_object(quote, kind) or as_object(quote, "text")
    if kind == "richText":
        return "".join(map(text_of, rich(quote)))
    if kind == _RECORD:
        return as_lines(records(body)) or text_of(body)
    if kind in _CARDS or "cardContent" in body:
        return "\n".join(_shown(body, 0)) or text_of(body)
    if list(files_of(quote, kind)):
        return as_text(body, "recognition")
    return text_of(body) or as_text(quote, "content") or as_text(quote, "text")


def _shown(node: Any, depth: int) -> Iterator[str]:
    """Yields the texts of a card's tree of elements."""
    if depth > _MAX_DEPTH:
        return
    if isinstance(node, list):
        for item in node:
            yield from _shown(item, depth + 1)
    elif isinstance(node, dict):
        for key in ("title", "text", "value", "markdown"):
            if as_text(node, key).strip():
                yield as_text(node, key)
        for value in node.values():
            if isinstance(value, (dict, list)):
                yield from _shown(value, depth + 1)
