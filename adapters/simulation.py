"""Base of the platform simulators, which sign and deliver webhooks like the vendor and accept the bot's API calls.

They allow a channel to be tried without an account. They are plain Python like the adapters; `bots.runtime.simulation`
is the HTTP server around them.
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
    """A file shown in the chat.

    Attributes:
        name: File name that the person sees.
        content_type: Content type that the bot declares.
        size: Bytes; None where the platform would fetch the file from `url`.
        url: Address of the file.
    """

    name: str
    content_type: str = ""
    size: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One request from the bot to the platform's API.

    Attributes:
        method: Upper-case HTTP method.
        path: Path without the query.
        query: Decoded query parameters, one value each.
        headers: Headers as sent.
        body: Raw bytes.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def form(self) -> tuple[dict[str, str], dict[str, ShownFile]]:
        """Returns fields and files of a form upload, by name; both are empty when the body is no form."""
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
        """Returns the body as JSON; {} when it is no JSON."""
        try:
            return json.loads(self.body or b"{}")
        except ValueError:
            return {}


@dataclass(frozen=True, slots=True)
class Shown:
    """The effect of an API call that the person sees.

    Attributes:
        chat_id: The chat.
        text: Text in the platform's markup.
        message_id: Id of the message, for edits.
        edited: True when the text replaces that of the message with this id.
        sign: An indicator such as "typing" instead of a message.
        file: The file, if one was sent; `text` is its caption.
    """

    chat_id: str
    text: str = ""
    message_id: str = ""
    edited: bool = False
    sign: str = ""
    file: ShownFile | None = None


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """The API's response and what appears in the chat."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    shown: tuple[Shown, ...] = ()


def json_answer(value: Any, *shown: Shown, status: int = 200) -> ApiAnswer:
    """Returns a response with a JSON body."""
    return ApiAnswer(status, json.dumps(value, ensure_ascii=False).encode(), shown=shown)


class Simulator(ABC):
    """Simulates a platform with one person in one private chat.

    Attributes:
        platform: Name in the registry.
        redelivery_s: Pauses in seconds after which the vendor redelivers a webhook that was not accepted.
    """

    platform: ClassVar[str]
    redelivery_s: ClassVar[tuple[float, ...]] = (1.0, 60.0, 300.0)

    def __init__(self, clock: Clock = system_clock) -> None:
        self.clock = clock
        self._kept: dict[str, ShownFile] = {}
        # Ids start from the clock, so that no run repeats those of an earlier one.
        self._numbers = itertools.count(int(clock()) % 100_000_000 * 10)

    def keep(self, call: ApiCall) -> str:
        """Stores an uploaded file. Returns the id by which a message sends it."""
        handle = f"file-{self.number()}"
        self._kept[handle] = next(iter(call.form()[1].values()), ShownFile("?"))
        return handle

    def kept(self, handle: object) -> ShownFile | None:
        """Returns the upload with this id; None for an unknown one."""
        return self._kept.get(str(handle))

    def number(self) -> int:
        """Returns a number that it has not returned before."""
        return next(self._numbers)

    @abstractmethod
    def account(self, base_url: str) -> dict[str, Any]:
        """Returns the account for the channel; `base_url` is the address of this simulator."""

    @abstractmethod
    def message(self, text: str) -> WebhookRequest:
        """Returns the webhook of a new message from the person, signed like the vendor's. Each call is a new message.

        `again` returns its redelivery.
        """

    def again(self, request: WebhookRequest) -> WebhookRequest:
        """Returns the redelivery of a webhook. Platforms that sign each delivery anew override it."""
        return request

    @abstractmethod
    def answer(self, call: ApiCall) -> ApiAnswer:
        """Answers an API call of the bot."""

    def passive(self, reply: HttpReply) -> tuple[Shown, ...]:
        """Returns what the bot shows by its response to the webhook itself, on platforms that allow that."""
        return ()
