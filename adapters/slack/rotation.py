"""Bot tokens of apps with token rotation: after twelve hours exchanged with a refresh token, which is used once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from adapters.http_responses import object_of
from adapters.payload import as_text
from clawdbot.http import HttpResponse

EXPIRED = "token_expired"
Change = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@runtime_checkable
class Vault(Protocol):
    """Where the account's values are kept, encrypted, for all processes of the product."""

    def renew(self, change: Change) -> Mapping[str, Any]:
        """Stores what `change` makes of the stored values and returns them all; one caller at a time, everywhere."""


def expired(response: HttpResponse) -> bool:
    """True when the call may succeed with a fresh token."""
    return response.body[:1] == b"{" and as_text(object_of(response.body), "error") == EXPIRED


def change(used: str, exchange: Callable[[str], Mapping[str, Any]]) -> Change:
    """Puts a fresh token in the place of `used`, unless somebody else has done so already.

    Args:
        used: The token that Slack calls expired.
        exchange: Asks Slack with the refresh token; returns the answer of oauth.v2.access.
    """

    def apply(stored: Mapping[str, Any]) -> Mapping[str, Any]:
        if stored.get("bot_token") != used:
            return {}
        answer = exchange(str(stored.get("refresh_token", "")))
        return {"bot_token": as_text(answer, "access_token"), "refresh_token": as_text(answer, "refresh_token")}

    return apply
