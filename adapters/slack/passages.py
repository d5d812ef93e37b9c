"""Reads the messages that a Slack message shares, and messages that the Web API returns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from adapters.events import Passage
from adapters.payload import as_id, as_list, as_object, as_text
from adapters.slack.files import attachments
from adapters.slack.text import plain

Payload = Mapping[str, Any]

_MAX_DEPTH = 8
_GONE = "tombstone"
_INLINE = frozenset({"rich_text_section", "rich_text_quote", "rich_text_preformatted"})


def shared(message: Payload) -> tuple[Passage, ...]:
    """Returns the messages that a person shares with this one; link previews are left out."""
    found = (item for item in as_list(message, "attachments") if isinstance(item, dict))
    return tuple(_of_share(item) for item in found if item.get("is_share") or item.get("is_msg_unfurl"))


def _of_share(item: Payload) -> Passage:
    return Passage(
        text=plain(as_text(item, "text")) or _of_attachment(item),
        author=as_text(item, "author_name") or as_text(item, "author_subname"),
        author_id=as_id(item, "author_id") or "",
        message_id=as_id(item, "ts") or "",
        attachments=attachments(item),
    )


def whole(message: Payload, own_ids: Collection[str], own_bot: str = "") -> tuple[Passage, ...]:
    """Returns a message of the Web API; () for a deleted one.

    Args:
        message: The message.
        own_ids: User ids of the bot.
        own_bot: The bot id of the bot; "" when unknown.
    """
    if as_text(message, "subtype") == _GONE:
        return ()
    profile = as_object(message, "user_profile") or as_object(message, "bot_profile")
    user, bot_id = as_id(message, "user") or "", as_id(message, "bot_id") or ""
    name = as_text(profile, "display_name") or as_text(profile, "real_name") or as_text(profile, "name")
    passage = Passage(
        text=_words(message),
        author=name or as_text(message, "username"),
        author_id=user or bot_id,
        by_bot=user in own_ids or bool(own_bot and bot_id == own_bot),
        message_id=as_id(message, "ts") or "",
        attachments=attachments(message),
    )
    return (passage,) if passage.has_content else ()


def _words(message: Payload) -> str:
    """Returns the text; that of blocks and attachments too, where programs put all of their alert."""
    text = plain(as_text(message, "text"))
    blocks = "" if text else "\n".join(_of_blocks(as_list(message, "blocks"), 0))
    found = (item for item in as_list(message, "attachments") if isinstance(item, dict))
    return "\n".join(filter(None, (text or blocks, *map(_of_attachment, found)))).strip()


def _of_attachment(item: Payload) -> str:
    fields = (field for field in as_list(item, "fields") if isinstance(field, dict))
    lines = [plain(as_text(item, name)) for name in ("pretext", "title", "text")]
    lines += [": ".join(filter(None, (as_text(one, "title"), plain(as_text(one, "value"))))) for one in fields]
    lines += _of_blocks(as_list(item, "blocks"), 0)
    return "\n".join(filter(None, lines)) or plain(as_text(item, "fallback"))


def _of_blocks(nodes: list[Any], depth: int) -> Iterator[str]:
    """Yields the texts of Block Kit: headers, sections with their fields, contexts and rich texts."""
    for node in nodes if depth < _MAX_DEPTH else ():
        if not isinstance(node, dict):
            continue
        text = node.get("text")
        if isinstance(text, str):
            yield plain(text)
        elif isinstance(text, dict):
            yield plain(as_text(text, "text"))
        for key in ("fields", "elements"):
            parts = list(_of_blocks(as_list(node, key), depth + 1))
            inline = as_text(node, "type") in _INLINE
            yield from ("".join(parts),) if inline and parts else parts
