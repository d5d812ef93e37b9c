"""The values that cross the border between a platform and the product. All frozen, all without behaviour of an app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from clawdbot.reasons import Why


class Headers(Mapping[str, str]):
    """HTTP headers with case-insensitive look-up; iteration gives lower-case names."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = {str(name).lower(): value for name, value in (values or {}).items()}

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({sorted(self._values)})"  # names only: values hold signatures and tokens


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request as it arrived.

    Attributes:
        method: Upper-case HTTP method.
        query: Decoded query parameters, one value each.
        headers: Any mapping; it is wrapped for case-insensitive look-up.
        body: The raw bytes. Signatures are checked over exactly these.
    """

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))


class EventKind(StrEnum):
    """What happened. `ignored` is genuine but nothing to act on; it is still stored and counted."""

    MESSAGE = "message"
    COMMAND = "command"
    EDIT = "edit"
    DELETE = "delete"
    ACTION = "action"
    REACTION = "reaction"
    STATUS = "status"
    MEMBER = "member"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Attachment:
    """Something that came with a message and is not text.

    Attributes:
        type: "image", "voice", "audio", "video", "file", "sticker", "location", "contact" or another short word.
        id: The platform's handle for download; "" when there is none.
        url: Direct address, where the platform gives one. It comes from a payload: fetch it with `public_only`.
        mime: Content type as the platform says it.
        name: File name, or the name of a place or contact.
        size: Bytes, None when unknown.
        duration: Seconds, None when unknown.
        latitude: Degrees, for a location.
        longitude: Degrees, for a location.
        transcript: What the platform's own speech recognition heard.
    """

    type: str
    id: str = ""
    url: str | None = None
    mime: str | None = None
    name: str | None = None
    size: int | None = None
    duration: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    transcript: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened on a platform.

    Ids are strings. Absent values are None, "" or ().

    Attributes:
        kind: See `EventKind`. A command typed as text is a `message` with `command` set.
        dedupe_key: Same for every delivery of the same event, different for different events of one channel.
        twin_key: Set when the platform tells one thing as two events with keys of their own (a mention in Slack):
            the same for both, so that the second one is dropped.
        user_id: Who did it; None where the platform does not say (a channel post).
        chat_id: Where to answer; None where there is no chat (a button under an inline message).
        chat_type: "private", "group" or "channel"; "" where the platform does not say (a button in Feishu): then what
            is known about the chat counts.
        message_id: The platform's id of the message this is about.
        text: What was said, without the leading mention of the bot.
        command: Command name in lower case, without bot name; without slash too, save for Slack's slash commands,
            whose registered name begins with it.
        args: What followed the command: text, or a mapping where the platform has named options.
        reply_to: Id of the message this answers.
        thread_id: Topic or thread inside the chat; pass it back when answering.
        attachments: Things other than text.
        mentions_bot: The bot was named or one of its messages was answered.
        data: Payload of a pressed button (a mapping where the platform's buttons carry objects), or what changed (the
            new chat id of a migration).
        emoji: Reaction; "" when it was taken away.
        target_message_id: The message a reaction, edit or deletion is about.
        user_name: Display name.
        alt_user_id: A second id of the same person (a phone number, a sender channel).
        reply_token: One-time handle for answering (a callback query, a reply token).
        reply_url: One-time address for answering. It comes from a payload: check the host before use.
        change: For `member` and `ignored`: what changed, such as "joined", "left", "blocked", "migrated".
        status: For `status`: "sent", "delivered", "read", "failed"; for `member`: the new status.
        forwarded: The text is someone else's.
        raw: The parsed payload. May hold personal data: never log it.
    """

    kind: EventKind
    dedupe_key: str
    twin_key: str = ""
    user_id: str | None = None
    chat_id: str | None = None
    chat_type: str = "private"
    message_id: str | None = None
    text: str = ""
    command: str = ""
    args: str | Mapping[str, Any] = ""
    reply_to: str | None = None
    thread_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    mentions_bot: bool = False
    data: str | Mapping[str, Any] | None = None
    emoji: str = ""
    target_message_id: str | None = None
    user_name: str = ""
    alt_user_id: str | None = None
    reply_token: str | None = None
    reply_url: str | None = None
    change: str = ""
    status: str = ""
    forwarded: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_dict(self, *, with_raw: bool = True) -> dict[str, Any]:
        """A JSON-able mapping that `from_dict` reads back; values at their default are left out."""
        out: dict[str, Any] = {"kind": self.kind.value, "dedupe_key": self.dedupe_key}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value != default and (with_raw or name != "raw"):
                out[name] = dict(value) if isinstance(value, Mapping) else value
        if self.attachments:
            out["attachments"] = [
                {f.name: v for f in fields(a) if (v := getattr(a, f.name)) is not None} for a in self.attachments
            ]
        return out

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Event:
        """Rebuilds an event stored with `to_dict`; keys of a later version are ignored."""
        known = {name: item for name, item in value.items() if name in _DEFAULTS}
        known["attachments"] = tuple(
            Attachment(**{k: v for k, v in item.items() if k in _ATTACHMENT_FIELDS})
            for item in value.get("attachments", ())
        )
        return cls(kind=EventKind(value["kind"]), dedupe_key=value["dedupe_key"], **known)


_DEFAULTS: dict[str, Any] = {
    f.name: ({} if f.name == "raw" else f.default) for f in fields(Event) if f.name not in ("kind", "dedupe_key")
}
_ATTACHMENT_FIELDS = frozenset(f.name for f in fields(Attachment))


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What the platform must get back on the webhook request.

    Attributes:
        status: HTTP status.
        body: Exact bytes; challenges are compared byte by byte.
        content_type: Content-Type header.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Received:
    """A verified and parsed webhook request.

    Attributes:
        events: What happened, in the platform's order; empty for challenges and pings.
        reply: Sent only after the events are stored.
    """

    events: tuple[Event, ...] = ()
    reply: HttpReply = field(default_factory=HttpReply)


@dataclass(frozen=True, slots=True)
class Polled:
    """One answer of long polling.

    Attributes:
        events: What happened, in order.
        next_offset: Pass it to the next `poll`, once the events are stored; it confirms them to the platform.
    """

    events: tuple[Event, ...] = ()
    next_offset: int | None = None


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to send.

    Attributes:
        kind: "image", "voice", "audio", "video" or "file".
        name: File name with ending.
        content_type: Judged by the bytes.
        size: Bytes.
        read: Gives the bytes; raises SendError when they cannot be had now.
        url: Public https address of the file, good for some days; "" when the product has no public address.
        preview_url: The same for a small picture that stands for a film, or for a large picture.
        duration_s: Length of a recording in seconds, 0 when unknown.
        in_words: What to say in its place where it cannot be sent, with the address if there is one.
    """

    kind: str
    name: str
    content_type: str
    size: int
    read: Callable[[], bytes] = field(repr=False)
    url: str = field(default="", repr=False)
    preview_url: str = field(default="", repr=False)
    duration_s: float = 0.0
    in_words: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to send, short enough for the platform (see `Adapter.split`).

    Attributes:
        chat_id: Where to.
        user_id: Who it answers; some platforms address people, not chats.
        text: Neutral markdown: a CommonMark subset that every adapter renders in its own way. The caption of a file.
        file: What it consists of, if not of text; hand such a message to `adapters.sending.send`.
        reply_to: Id of the message to answer visibly.
        thread_id: Topic or thread.
        reply_token: From the event, where the platform gave one.
        reply_url: From the event, where the platform gave one.
        idempotency_key: Same for every try of the same message; used where the platform takes one.
        part: 0 for the first message of an answer, 1, 2, ... for what did not fit into it.
        growing: The answer is still being written: this is its beginning, and `edit` will bring the rest. Only where
            the adapter `supports_edit`; the last `edit` is the whole answer and not growing.
        data: Extras. Neutral: "buttons", rows of {"text", "data" or "url"}. Else platform specific.
    """

    chat_id: str = ""
    user_id: str | None = None
    text: str = field(default="", repr=False)
    file: OutgoingFile | None = None
    reply_to: str | None = None
    thread_id: str | None = None
    reply_token: str | None = None
    reply_url: str | None = None
    idempotency_key: str = ""
    part: int = 0
    growing: bool = False
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class SendReceipt:
    """The platform took the message.

    Attributes:
        message_id: The platform's id of the sent message; "" when it gives none.
        data: Facts to remember, such as {"migrated_to": new chat id}.
    """

    message_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    """A downloaded file.

    Attributes:
        body: Its bytes.
        content_type: Judged by the bytes, not by what a sender or a header claims.
        name: File name; "" when unknown.
    """

    body: bytes = field(repr=False)
    content_type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """Who the platform says the account is.

    Attributes:
        id: The bot's own id.
        name: Display name.
        username: Name or number by which people reach it; "" when it has none.
    """

    id: str
    name: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """What the platform knows about the webhook.

    Attributes:
        url: Registered address; "" when none.
        pending: Updates waiting for delivery.
        last_error: The platform's last complaint; "" when none.
        last_error_at: Epoch seconds of it, None when none.
    """

    url: str = ""
    pending: int = 0
    last_error: Why = ""
    last_error_at: float | None = None
