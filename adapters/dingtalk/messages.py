"""Converts messages and pressed cards to events, the same for HTTP and Stream."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from adapters.commands import parse_command
from adapters.dingtalk import passages
from adapters.dingtalk.parts import files_of, rich
from adapters.errors import MalformedPayload
from adapters.events import Event, EventKind
from adapters.mentions import command_alone
from adapters.parts import as_lines
from adapters.payload import as_id, as_list, as_object, as_text, parse_object
from clawdbot.reasons import Reason

Json = Mapping[str, Any]

GROUP, PRIVATE = "group", "private"
UNKNOWN_CHAT_TYPE = ""
_NO_CODE = "normal"  # robot code that custom group robots send
_MENTION = re.compile(r"@[^\s\u2005]+[\s\u2005]*")


def event_of(content: Json, robot_code: str) -> Event:
    """Reads one message or pressed card.

    Args:
        content: The parsed body, or the parsed data of a Stream frame.
        robot_code: Robot code of the account.

    Raises:
        MalformedPayload: Message, chat or sender has no id.
    """
    if "outTrackId" in content:
        return _card(content)
    message_id, chat_id = as_id(content, "msgId"), as_id(content, "conversationId")
    staff_id, sender_id = as_id(content, "senderStaffId"), as_id(content, "senderId")
    user_id = staff_id or sender_id
    if not message_id or not chat_id or not user_id:
        raise MalformedPayload(Reason("one_missing", names="msgId, conversationId"))
    group = as_id(content, "conversationType") == "2"
    kind = as_text(content, "msgtype")
    base = Event(
        kind=EventKind.IGNORED,
        dedupe_key=message_id,
        user_id=user_id,
        alt_user_id=sender_id if staff_id else None,
        user_name=as_text(content, "senderNick"),
        chat_id=chat_id,
        chat_type=GROUP if group else PRIVATE,
        message_id=message_id,
        reply_url=as_text(content, "sessionWebhook") or None,
        reply_token=reply_token(group, as_id(content, "sessionWebhookExpiredTime") or "0"),
        raw=content,
    )
    other = as_id(content, "robotCode")
    if robot_code and other and other not in (robot_code, _NO_CODE):
        return replace(base, change="other_robot")
    if sender_id and sender_id == as_id(content, "chatbotUserId"):
        return replace(base, change="from_bot")
    return _message(base, content, kind, group)


def reply_token(group: bool, expires_ms: str) -> str:
    """Returns what `send` needs later: the type of the chat and the expiry of the reply address."""
    return f"{GROUP if group else PRIVATE}:{expires_ms}"


def _message(base: Event, content: Json, kind: str, group: bool) -> Event:
    parts = tuple(files_of(content, kind))
    forwards = passages.forwarded(content, kind)
    texts = list(_texts(content, kind)) or [as_lines(forwards)]
    if not parts and not "".join(texts).strip():
        silent = kind in ("", "text", "richText", "markdown")  # without any word
        return replace(base, change=kind or "empty", unreadable="" if silent else kind[:64])
    mentioned = group and _is_mentioned(content)
    if kind == "richText" and mentioned:
        texts = _without_mention(texts, alone=_is_mentioned_alone(content))
    text = command_alone("".join(texts).strip()) if mentioned else "".join(texts).strip()
    command, _, args = parse_command(text)
    quote = passages.quoted(content)
    return replace(
        base,
        kind=EventKind.MESSAGE,
        text=text,
        command=command,
        args=args,
        attachments=parts,
        mentions_bot=mentioned,
        reply_to=as_id(content, "originalMsgId") or (quote.message_id if quote else "") or None,
        forwarded=bool(forwards),
        forwards=forwards,
        quote=quote,
    )


def _is_mentioned(content: Json) -> bool:
    """Returns whether a group message mentions the robot.

    Older payloads lack the flag: the list of mentioned accounts decides. Without the list the robot is mentioned,
    because DingTalk sends it no other message.
    """
    told = content.get("isInAtList")
    if isinstance(told, bool):
        return told
    own, people = as_id(content, "chatbotUserId"), as_list(content, "atUsers")
    return not own or not people or any(isinstance(one, dict) and as_id(one, "dingtalkId") == own for one in people)


def _is_mentioned_alone(content: Json) -> bool:
    people = [as_id(one, "dingtalkId") for one in as_list(content, "atUsers") if isinstance(one, dict)]
    return len(people) == 1 and people[0] is not None and people[0] == as_id(content, "chatbotUserId")


def _without_mention(texts: list[str], *, alone: bool) -> list[str]:
    """Takes the mention off a rich text: a leading one, or any if the message mentions the robot `alone`.

    The mention is a text of its own, or the first word of one. The texts are joined afterwards, because nothing
    separates the mention from the next text.
    """
    opening = "@" if alone else ""
    first = next((n for n, text in enumerate(texts) if text.strip() and text.lstrip().startswith(opening)), None)
    if first is None or not texts[first].lstrip().startswith("@"):
        return texts
    return [*texts[:first], _MENTION.sub("", texts[first].lstrip(), count=1), *texts[first + 1 :]]


def _texts(content: Json, kind: str) -> Iterator[str]:
    body = as_object(content, "content")
    if kind == "text":
        yield as_text(as_object(content, "text"), "content")
    elif kind == "audio":
        yield as_text(body, "recognition")
    elif kind in ("markdown", "link"):
        yield as_text(as_object(content, kind), "text") or as_text(body, "text")
    elif kind == "richText":
        for item in rich(content):
            yield as_text(item, "text")


def _card(content: Json) -> Event:
    """Reads a pressed button of an interactive card. The callback has no id, so its content gives the dedupe key."""
    told = as_text(content, "content") or as_text(content, "value")  # older callbacks use "value"
    try:
        inner = parse_object(told.encode("utf-8", "replace"))
    except MalformedPayload:
        inner = {}
    private = as_object(inner, "cardPrivateData")
    actions = [one for one in as_list(private, "actionIds") if isinstance(one, str)]
    params = as_object(private, "params")
    space = as_text(content, "spaceId")
    user_id = as_id(content, "userId")
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode("utf-8", "replace")).hexdigest()[:24]
    return Event(
        kind=EventKind.ACTION if user_id else EventKind.IGNORED,
        dedupe_key=f"card:{digest}",
        user_id=user_id,
        chat_id=space or user_id,
        chat_type=UNKNOWN_CHAT_TYPE if space else PRIVATE,
        message_id=as_id(content, "outTrackId"),
        data=actions[0] if actions else dict(params),
        args=dict(params) if actions and params else "",
        raw=content,
    )
