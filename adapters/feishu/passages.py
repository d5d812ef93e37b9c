"""Reads the messages that the API returns: a quoted one, or those of a merged forward."""

from __future__ import annotations

from adapters.errors import SendError
from adapters.events import Passage
from adapters.feishu.content import read_content, resolve_mentions
from adapters.feishu.people import Json
from adapters.payload import as_id, as_list, as_object, as_text
from clawdbot.reasons import Reason

MAX_MESSAGES = 100
_MERGED = "merge_forward"


def passages(answer: Json, message_id: str, chat_id: str, app_id: str) -> tuple[Passage, ...]:
    """Returns the message as one passage, or the messages of a merged forward; () when it was recalled.

    Args:
        answer: The answer of the API to a request for one message.
        message_id: The requested message.
        chat_id: The chat of the conversation; a message of another chat is left out.
        app_id: The bot's application.

    Raises:
        SendError: The answer holds no message.
    """
    items = [item for item in as_list(as_object(answer, "data"), "items") if isinstance(item, dict)]
    if not items:
        raise SendError(Reason("answer_not_understood", platform="Feishu"), mark="message_not_found")
    asked = next((item for item in items if as_id(item, "message_id") == message_id), {})
    if asked.get("deleted") is True or as_id(asked, "chat_id") not in (None, chat_id):
        return ()
    inside = [item for item in items if as_id(item, "message_id") != message_id]
    wanted = inside if inside or as_text(asked, "msg_type") == _MERGED else [asked]
    found = (_passage(item, app_id) for item in wanted[:MAX_MESSAGES] if item.get("deleted") is not True)
    return tuple(passage for passage in found if passage.has_content)


def _passage(item: Json, app_id: str) -> Passage:
    sender = as_object(item, "sender")
    content = read_content(as_text(item, "msg_type"), as_text(as_object(item, "body"), "content"))
    by_app = as_text(sender, "sender_type") == "app"
    return Passage(
        text=resolve_mentions(content.text, as_list(item, "mentions"), "").text,
        author=as_text(sender, "name") or as_text(sender, "sender_name"),
        author_id=as_id(sender, "id") or "",
        by_bot=by_app and as_id(sender, "id") == app_id,
        message_id=as_id(item, "message_id") or "",
        attachments=content.attachments,
    )
