"""A platform in miniature: signs and delivers webhooks as the vendor does, and takes what the bot sends.

With it a channel is tried without an account. Plain Python like the adapters; the HTTP server around it is
`bots.runtime.simulation`.
"""

from __future__ import annotations

import itertools
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from adapters.events import HttpReply, WebhookRequest
from clawdbot.clock import Clock, system_clock

_PARAMETER = re.compile(r'\b(name|filename)="([^"]*)"')
_TYPE = re.compile(rb"content-type:\s*([^\s;]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShownFile:
    """A file in the chat.

    Attributes:
        name: As the person sees it.
        content_type: As the bot says it.
        size: Bytes; None where the platform would fetch it from an address.
        url: That address.
    """

    name: str
    content_type: str = ""
    size: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request of the bot to the platform's API.

    Attributes:
        method: Upper-case.
        path: Without query.
        query: Decoded, one value each.
        headers: As sent.
        body: Raw bytes.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def form(self) -> tuple[dict[str, str], dict[str, ShownFile]]:
        """Fields and files of a form upload, by name; empty ones when the body is none."""
        kind = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        fields: dict[str, str] = {}
        files: dict[str, ShownFile] = {}
        if not kind.startswith("multipart/form-data"):
            return fields, files
        boundary = kind.partition("boundary=")[2].strip('"').encode()
        for part in self.body.split(b"--" + boundary)[1:-1]:
            head, _, content = part.removeprefix(b"\r\n").removesuffix(b"\r\n").partition(b"\r\n\r\n")
            told = dict(_PARAMETER.findall(head.decode("utf-8", "replace")))
            if "filename" in told:
                mime = _TYPE.search(head)
                files[told.get("name", "")] = ShownFile(
                    told["filename"], mime[1].decode() if mime else "", len(content)
                )
            else:
                fields[told.get("name", "")] = content.decode("utf-8", "replace")
        return fields, files

    def json(self) -> Any:
        """The body as JSON; {} when it is none."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the person sees of a call.

    Attributes:
        chat_id: Where.
        text: As the platform would show it, markup included.
        message_id: Of the message, for edits.
        edited: It replaces the message with this id.
        sign: Not a message but a sign such as "typing".
        file: What was sent; `text` is its caption.
    """

    chat_id: str
    text: str = ""
    message_id: str = ""
    edited: bool = False
    sign: str = ""
    file: ShownFile | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What the API says, and what appears in the chat."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    shown: tuple[Shown, ...] = ()


def json_answer(value: Any, *shown: Shown, status: int = 200) -> ApiAnswer:
    """An answer with a JSON body."""
    return ApiAnswer(status, json.dumps(value, ensure_ascii=False).encode(), shown=shown)


class Simulator(ABC):
    """One platform with one person in one private chat.

    Attributes:
        platform: Name in the registry.
        redelivery_s: Pauses, in seconds, after which the vendor delivers again what was not taken.
    """

    platform: ClassVar[str]
    redelivery_s: ClassVar[tuple[float, ...]] = (1.0, 60.0, 300.0)

    def __init__(self, clock: Clock = system_clock) -> None:
        self.clock = clock
        self._kept: dict[str, ShownFile] = {}
        # Ids go on from the clock, so that those of another run are not met again.
        self._numbers = itertools.count(int(clock()) % 100_000_000 * 10)

    def keep(self, call: ApiCall) -> str:
        """Takes an uploaded file in; returns a handle by which a message may send it."""
        handle = f"file-{self.number()}"
        self._kept[handle] = next(iter(call.form()[1].values()), ShownFile("?"))
        return handle

    def kept(self, handle: object) -> ShownFile | None:
        """What was uploaded under this handle; None for an unknown one."""
        return self._kept.get(str(handle))

    def number(self) -> int:
        """A number that was not given before."""
        return next(self._numbers)

    @abstractmethod
    def account(self, base_url: str) -> dict[str, Any]:
        """The account to configure for the channel; `base_url` is where this platform is served."""

    @abstractmethod
    def message(self, text: str) -> WebhookRequest:
        """A new message of the person, signed as the vendor signs it. Each call is another message.

        To deliver it again, send the same request again, or what `again` makes of it.
        """

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """The redelivery of a webhook; platforms that sign each delivery anew override it."""
        return request

    @abstractmethod
    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answers a call of the bot."""

    def passive(self, reply: HttpReply) -> tuple[Shown, ...]:
        """What the bot said in its answer to the webhook itself, on platforms that allow that."""
        return ()
