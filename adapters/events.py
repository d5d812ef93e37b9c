"""Values that adapters and the product exchange. All are frozen and depend on no Django app."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from adapters.parts import Attachment as Attachment
from adapters.parts import Passage as Passage
from adapters.parts import attachments_of, plain
from clawdbot.reasons import Why


class Headers(Mapping[str, str]):
    """HTTP headers with case-insensitive look-up. Iteration yields lower-case names."""

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
        return f"Headers({sorted(self._values)})"  # names only, because values hold signatures and tokens


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """An HTTP request as received.

    Attributes:
        method: Upper-case HTTP method.
        query: Decoded query parameters, one value each.
        headers: Any mapping; wrapped for case-insensitive look-up.
        body: Raw bytes, over which signatures are checked.
    """

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.headers, Headers):
            object.__setattr__(self, "headers", Headers(self.headers))


MIGRATED = "migrated"  # `Event.change`: the chat has a new id


class EventKind(StrEnum):
    """Kind of an event. An `ignored` event is genuine but needs no action; it is still stored and counted."""

    MESSAGE = "message"
    COMMAND = "command"
    EDIT = "edit"
    DELETE = "delete"
    ACTION = "action"
    REACTION = "reaction"
    STATUS = "status"
    MEMBER = "member"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened on a platform.

    Ids are strings. Absent values are None, "" or ().

    Attributes:
        kind: Kind of the event. A command typed as text is a `message` with `command` set.
        dedupe_key: Identical for every delivery of one event, different for different events of one channel.
        twin_key: Set when the platform reports one thing as two events with different dedupe keys (a mention in
            Slack): identical for both, so that the second one is dropped.
        user_id: The user who caused the event; None where the platform does not say (a channel post).
        chat_id: The chat to answer in; None where there is no chat (a button under an inline message).
        chat_type: "private", "group" or "channel". "" where the platform does not say (a button in Feishu); the
            stored type of the chat then applies.
        message_id: The platform's id of the message the event is about.
        text: Text of the message, without mentions of the bot.
        command: Command name in lower case, without the bot's name and without slash. Slack's slash commands keep the
            slash, because it is part of their registered name.
        args: Arguments of the command: text, or a mapping where the platform has named options.
        reply_to: Id of the message that this one answers.
        thread_id: Topic or thread in the chat; pass it back in the answer.
        attachments: Parts of the message that are not text.
        mentions_bot: The message mentions the bot or answers one of its messages.
        data: Payload of a pressed button (a mapping where the platform's buttons carry objects), or the changed value
            (the new chat id of a migration).
        emoji: Emoji of a reaction; "" when the reaction was removed.
        target_message_id: The message a reaction, edit or deletion is about.
        user_name: Display name of the user.
        alt_user_id: A second id of the same user (a phone number, a sender channel).
        reply_token: One-time handle for answering (a callback query, a reply token).
        reply_url: One-time address for answering. It comes from a payload, so check the host before use.
        change: For `member` and `ignored`: what changed, such as "joined", "left", "blocked", "migrated".
        status: For `status`: "sent", "delivered", "read", "failed"; for `member`: the new status.
        forwarded: Another person wrote the text. It is no command, and `forwards` may name the author.
        forwards: Messages of other people that this one passes on. With `forwarded`, `text` holds their words.
        quote: The message that this one answers, where the platform sends its content; else `reply_to` names it.
        unreadable: Of an `ignored` message that a person wrote: the kind of its content, which the adapter cannot read.
            "" where nobody expects an answer.
        new_ids: For `member`: ids that the platform has replaced, the new one by the old one. They are the chat's if
            `change` is "migrated", else the user's.
        album: The platform's id of an album, where it sends the files of one message as several; "" for other messages.
        album_place: Place of this part in its album; parts are put in the order of their places.
        album_size: Number of parts of the album; 0 when the platform does not say.
        raw: The parsed payload. It may hold personal data, so never log it.
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
    forwards: tuple[Passage, ...] = ()
    quote: Passage | None = None
    unreadable: str = ""
    new_ids: Mapping[str, str] = field(default_factory=dict)
    album: str = ""
    album_place: int = 0
    album_size: int = 0
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def to_dict(self, *, with_raw: bool = True) -> dict[str, Any]:
        """Returns a JSON-serialisable mapping for `from_dict`, without values at their default."""
        out: dict[str, Any] = {"kind": self.kind.value, "dedupe_key": self.dedupe_key}
        for name, default in _DEFAULTS.items():
            value = getattr(self, name)
            if value != default and (with_raw or name != "raw"):
                out[name] = plain(value)
        return out

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Event:
        """Rebuilds an event from `to_dict`. Ignores keys of a later version."""
        known = {name: item for name, item in value.items() if name in _DEFAULTS}
        known["attachments"] = attachments_of(value)
        known["forwards"] = tuple(map(Passage.from_dict, value.get("forwards", ())))
        known["quote"] = Passage.from_dict(value["quote"]) if value.get("quote") else None
        return cls(kind=EventKind(value["kind"]), dedupe_key=value["dedupe_key"], **known)


_DEFAULTS: dict[str, Any] = {
    f.name: ({} if f.name in ("raw", "new_ids") else f.default)
    for f in fields(Event)
    if f.name not in ("kind", "dedupe_key")
}


@dataclass(frozen=True, slots=True)
class HttpReply:
    """The HTTP response to a webhook request.

    Attributes:
        status: HTTP status.
        body: Exact bytes, because platforms compare challenges byte by byte.
        content_type: Content-Type header.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Received:
    """A verified and parsed webhook request.

    Attributes:
        events: Events in the platform's order; empty for challenges and pings.
        reply: The response, which is sent only after the events are stored.
    """

    events: tuple[Event, ...] = ()
    reply: HttpReply = field(default_factory=HttpReply)


@dataclass(frozen=True, slots=True)
class Polled:
    """The result of one long poll.

    Attributes:
        events: Events in order.
        next_offset: Pass it to the next `poll` once the events are stored; it confirms them to the platform.
    """

    events: tuple[Event, ...] = ()
    next_offset: int | None = None


@dataclass(frozen=True, slots=True)
class OutgoingFile:
    """A file to send.

    Attributes:
        kind: "image", "voice", "audio", "video" or "file".
        name: File name with extension.
        content_type: Content type, detected from the bytes.
        size: Bytes.
        read: Returns the bytes; raises SendError when they are not available now.
        url: Public https address of the file, valid for some days; "" when the product has no public address.
        preview_url: The same for the preview image of a video or of a large image.
        duration_s: Length of a recording in seconds; 0 when unknown.
        in_words: Text to send where the file cannot be sent; includes the address if there is one.
        dispensable: Nothing replaces the file where it cannot be sent: its words are in the text.
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
    dispensable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """One message to send, short enough for the platform (see `Adapter.split`).

    Attributes:
        chat_id: The chat to send to.
        user_id: The user it answers; some platforms address users, not chats.
        text: Neutral markdown, a CommonMark subset that every adapter renders for its platform. The caption of a file.
        file: The file to send, if any; pass such a message to `adapters.sending.send`.
        reply_to: Id of the message that this one visibly answers.
        thread_id: Topic or thread in the chat.
        reply_token: `Event.reply_token`, where the platform gives one.
        reply_url: `Event.reply_url`, where the platform gives one.
        idempotency_key: Identical for every attempt to send the same message; used where the platform supports it.
        part: 0 for the first message of an answer, 1, 2, ... for its continuations.
        growing: The message is a draft reply: the answer is still being generated, and `edit` sends the rest. Only
            for adapters with `supports_edit`. The last `edit` carries the whole answer and is not growing.
        data: Extras. "buttons" works on every platform: rows of {"text", "data" or "url"}. "says" is what the person
            says by pressing, for a platform that shows it; "listed": the text names the button, so that it need not be
            written out where it does not fit. Other keys are specific to a platform.
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
    """The platform accepted the message.

    Attributes:
        message_id: The platform's id of the sent message; "" when it gives none.
        data: Facts to store, such as {"migrated_to": new chat id}.
    """

    message_id: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Media:
    """A downloaded file.

    Attributes:
        body: Bytes of the file.
        content_type: Content type, detected from the bytes and not taken from the sender or a header.
        name: File name; "" when unknown.
    """

    body: bytes = field(repr=False)
    content_type: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The account's identity on the platform.

    Attributes:
        id: The bot's own id.
        name: Display name.
        username: Name or number by which people reach the bot; "" when it has none.
    """

    id: str
    name: str = ""
    username: str = ""


@dataclass(frozen=True, slots=True)
class WebhookInfo:
    """The webhook as registered on the platform.

    Attributes:
        url: Registered address; "" when there is none.
        pending: Number of updates that wait for delivery.
        last_error: Last error that the platform reports; "" when there is none.
        last_error_at: Epoch seconds of the last error; None when there is none.
    """

    url: str = ""
    pending: int = 0
    last_error: Why = ""
    last_error_at: float | None = None
