"""A platform in miniature: signs and delivers webhooks as the vendor does, and takes what the bot sends.

With it a channel is tried without an account. Plain Python like the adapters; the HTTP server around it is
`bots.runtime.simulation`.
"""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from adapters.events import HttpReply, WebhookRequest
from clawdbot.clock import Clock, system_clock


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
    """

    chat_id: str
    text: str = ""
    message_id: str = ""
    edited: bool = False
    sign: str = ""


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
        # Ids go on from the clock, so that those of another run are not met again.
        self._numbers = itertools.count(int(clock()) % 100_000_000 * 10)

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
