"""Builds the web-chat frames of stored messages. The protocol is in docs/web-chat.md."""

from __future__ import annotations

from typing import Any

from bots.channels import presses
from bots.channels.web.html import render_markdown
from bots.files import signed_urls
from bots.files.sent import Part, parts_of
from bots.models import Message
from clawdbot.skills.buttons import is_listed, numbered


def message_frame(message: Message) -> dict[str, Any]:
    """Returns the frame of a complete message; an operator's message has an empty client_id.

    `ends_conversation` is set when the conversation is closed (/new): the page then starts an empty one.
    """
    ends = message.conversation.closed_at is not None
    return {"type": "message", **history_entry(message)} | ({"ends_conversation": True} if ends else {})


def history_entry(message: Message) -> dict[str, Any]:
    """Returns a message as the page shows it. Only messages of the bot and of operators are markdown."""
    entry: dict[str, Any] = {
        "id": message.pk,
        "role": message.role,
        "text": _text(message),
        "client_id": message.client_id,
        "created_at": message.occurred_at.isoformat(),
    }
    if message.role != Message.Role.USER:
        entry["html"] = render_markdown(entry["text"])
        if message.attachments:
            entry["parts"] = [_part(part) for part in parts_of(message)]
        if buttons := _buttons(message):
            entry["buttons"] = buttons
    return entry


def _text(message: Message) -> str:
    """Returns the text with its buttons as a numbered list, unless it lists them itself.

    The person may type the number. A page without buttons shows this list; ours takes it away again.
    """
    labels = [str(button["text"]) for button in _buttons(message)]
    listed = not labels or is_listed(labels, message.text)
    return message.text if listed else f"{message.text}\n\n{numbered(labels)}"


def _buttons(message: Message) -> list[dict[str, Any]]:
    """Returns the buttons. "press" is sent back with the text; a button with "says" stands for a message."""
    labels = message.meta.get(Message.BUTTONS, ())
    found = [{"text": label, "press": presses.name(message.pk, number)} for number, label in enumerate(labels, 1)]
    return found + [{"text": one["text"], "says": one["data"]} for one in message.meta.get(Message.ACTIONS, ())]


def _part(part: Part) -> dict[str, Any]:
    """Returns {"html"} for a text; {"file"}, with {"html"} for its caption, for a file."""
    shown: dict[str, Any] = {"html": render_markdown(part.text)} if part.text else {}
    if part.file is not None:
        facts = {name: part.file[name] for name in ("type", "name", "mime", "size")}
        shown["file"] = facts | {"url": signed_urls.path(int(part.file["id"]), part.file["name"])}
    return shown
