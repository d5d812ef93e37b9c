"""Frames that show stored messages to the sockets of the web chat. The protocol: docs/web-chat.md."""

from __future__ import annotations

from typing import Any

from bots.channels.web.html import render_markdown
from bots.files import signed_urls
from bots.files.sent import Part, parts_of
from bots.models import Message


def message_frame(message: Message) -> dict[str, Any]:
    """The frame that closes a turn; for a message of an operator it has no client_id.

    `ends_conversation`: it was the last one (/new), the page begins an empty one.
    """
    ends = message.conversation.closed_at is not None
    return {"type": "message", **history_entry(message)} | ({"ends_conversation": True} if ends else {})


def history_entry(message: Message) -> dict[str, Any]:
    """A message as the page shows it. Only what the bot or an operator said is markdown."""
    entry: dict[str, Any] = {
        "id": message.pk,
        "role": message.role,
        "text": message.text,
        "client_id": message.client_id,
        "created_at": message.occurred_at.isoformat(),
    }
    if message.role != Message.Role.USER:
        entry["html"] = render_markdown(message.text)
        if message.attachments:
            entry["parts"] = [_part(part) for part in parts_of(message)]
    return entry


def _part(part: Part) -> dict[str, Any]:
    """{"html"}, or {"file", "html"} for a file with its caption."""
    shown: dict[str, Any] = {"html": render_markdown(part.text)} if part.text else {}
    if part.file is not None:
        told = {name: part.file[name] for name in ("type", "name", "mime", "size")}
        shown["file"] = told | {"url": signed_urls.path(int(part.file["id"]), part.file["name"])}
    return shown
