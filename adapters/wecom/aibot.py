"""Converts the decrypted JSON callbacks of a smart robot (智能机器人) to events, and builds its stream replies."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from adapters.chat_records import records, text_of
from adapters.commands import INVISIBLE, parse_command
from adapters.errors import MalformedPayload
from adapters.events import Attachment, Event, EventKind, Passage
from adapters.mentions import command_alone, without
from adapters.parts import as_lines
from adapters.payload import as_id, as_list, as_object, as_text
from clawdbot.reasons import Reason

Json = Mapping[str, Any]

STREAM_LIFE_S = 330.0  # WeCom polls for six minutes; the rest is a margin for a late answer
_KEY = re.compile(r"[A-Za-z0-9+/]{43}")
_MENTION = re.compile(rf"[\s{INVISIBLE}]*@\S+\s*")
_RECORDS = frozenset({"chatrecord", "chat_record", "merged_msg", "forward"})
_FEEDBACK = {"1": "\N{THUMBS UP SIGN}", "2": "\N{THUMBS DOWN SIGN}", "3": ""}


def stream_asked_for(content: Json) -> str:
    """Returns the id of the stream that WeCom polls; "" when the callback is something else."""
    return as_text(as_object(content, "stream"), "id") if as_text(content, "msgtype") == "stream" else ""


def stream_id(message_id: str, now: float) -> str:
    """Returns the id of a new stream. It contains the start time, because `receive` keeps no state."""
    return f"{int(now)}-{hashlib.sha256(message_id.encode('utf-8')).hexdigest()[:24]}"


def stream_alive(stream: str, now: float) -> bool:
    """Returns whether WeCom still polls the stream."""
    begun = stream.partition("-")[0]
    return begun.isascii() and begun.isdigit() and len(begun) < 13 and now - int(begun) < STREAM_LIFE_S


def stream_reply(stream: str, content: str, finished: bool) -> dict[str, Any]:
    """Returns the passive reply that begins, continues or ends a stream."""
    return {"msgtype": "stream", "stream": {"id": stream, "finish": finished, "content": content}}


def event_of(content: Json, bot_name: str) -> Event:
    """Reads one callback that is no poll of a stream.

    Raises:
        MalformedPayload: The type, the id or the sender is missing.
    """
    kind = as_text(content, "msgtype")
    message_id = as_id(content, "msgid")
    user = as_id(as_object(content, "from"), "userid")
    chat = as_id(content, "chatid") or user
    created = as_id(content, "create_time")
    if not kind or chat is None or (message_id is None and created is None):
        raise MalformedPayload(Reason("one_missing", names="msgtype, msgid"))
    base = Event(
        kind=EventKind.IGNORED,
        dedupe_key=message_id or f"{user}:{created}:{_event_name(content)}",
        user_id=user,
        chat_id=chat,
        chat_type="group" if as_text(content, "chattype") == "group" else "private",
        message_id=message_id,
        reply_url=as_text(content, "response_url") or None,
        raw=content,
    )
    return _event(base, content) if kind == "event" else _message(base, content, kind, bot_name)


def _message(base: Event, content: Json, kind: str, bot_name: str) -> Event:
    parts = tuple(_parts(content, kind))
    text = "\n".join(filter(None, _texts(content, kind))).strip()
    forwards = _forwards(content, kind)
    if not parts and not text and not forwards:
        return replace(base, change=kind, unreadable="" if kind in ("text", "stream") else kind[:64])
    group = base.chat_type == "group"
    if group:
        text = _without_mention(text, bot_name)
    command, _, args = parse_command(text)
    forwarded = bool(forwards) and not text
    # In a group the robot receives only messages that mention it.
    return replace(
        base,
        kind=EventKind.MESSAGE,
        text=text or as_lines(forwards),
        command=command,
        args=args,
        attachments=parts,
        mentions_bot=group,
        forwarded=forwarded,
        forwards=forwards,
        quote=_quote(as_object(content, "quote")),
    )


def _quote(quote: Json) -> Passage | None:
    kind = as_text(quote, "msgtype")
    if not kind:
        return None
    text = "\n".join(filter(None, _texts(quote, kind))) or as_lines(_forwards(quote, kind))
    return Passage(
        # WeCom adds types of quotes from time to time; their words are under the name of the type.
        text=(text or text_of(as_object(quote, kind))).strip(),
        author=as_text(as_object(quote, "from"), "name"),
        author_id=as_id(as_object(quote, "from"), "userid") or "",
        message_id=as_id(quote, "msgid") or "",
        attachments=tuple(_parts(quote, kind)),
    )


def _forwards(content: Json, kind: str) -> tuple[Passage, ...]:
    """Returns the messages of a merged forward, or of a mixed message that holds some."""
    if kind in _RECORDS:
        return records(as_object(content, kind))
    if kind != "mixed":
        return ()
    items = (item for item in as_list(as_object(content, "mixed"), "msg_item") if isinstance(item, dict))
    return tuple(one for item in items for one in _forwards(item, as_text(item, "msgtype")))


def _without_mention(text: str, bot_name: str) -> str:
    if bot_name:
        named = f"@{bot_name}"
        spans = [match.span() for match in re.finditer(rf"{re.escape(named)}(?!\w)", text)]
        if not spans and text.startswith(named):
            spans = [(0, len(named))]
        if spans:
            return without(text, spans).strip()
    match = _MENTION.match(text)
    return command_alone(text[match.end() :].strip()) if match else text


def _texts(content: Json, kind: str) -> Iterator[str]:
    if kind in ("text", "voice"):
        yield as_text(as_object(content, kind), "content")
    elif kind == "mixed":
        for item in as_list(as_object(content, "mixed"), "msg_item"):
            if isinstance(item, dict) and as_text(item, "msgtype") == "text":
                yield as_text(as_object(item, "text"), "content")


def _parts(content: Json, kind: str) -> Iterator[Attachment]:
    if kind in ("image", "file", "video"):
        body = as_object(content, kind)
        # Over the long connection each file has its own key.
        key = as_text(body, "aeskey").rstrip("=")
        url, name = as_text(body, "url") or None, as_text(body, "filename") or None
        yield Attachment(kind, key if _KEY.fullmatch(key) else "", url=url, name=name)
    elif kind == "voice":
        yield Attachment("voice", transcript=as_text(as_object(content, "voice"), "content") or None)
    elif kind == "mixed":
        for item in as_list(as_object(content, "mixed"), "msg_item"):
            if isinstance(item, dict) and as_text(item, "msgtype") != "text":
                yield from _parts(item, as_text(item, "msgtype"))


def _event_name(content: Json) -> str:
    return as_text(as_object(content, "event"), "eventtype")


def _event(base: Event, content: Json) -> Event:
    name = _event_name(content)
    details = as_object(as_object(content, "event"), name)
    if name == "enter_chat":
        return replace(base, kind=EventKind.MEMBER, change="enter")
    if name == "template_card_event":
        data, task = as_text(details, "event_key"), as_text(details, "task_id")
        return replace(base, kind=EventKind.ACTION, data=data, message_id=task or base.message_id)
    if name == "feedback_event" and str(details.get("type")) in _FEEDBACK:
        emoji = _FEEDBACK[str(details["type"])]
        return replace(base, kind=EventKind.REACTION, emoji=emoji, target_message_id=as_id(details, "id"))
    return replace(base, change=name)
