"""Renews the bot tokens of apps with token rotation. A token lasts twelve hours, and a refresh token works once."""

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
    """Encrypted store of the account's values, shared by all processes of the product."""

    def renew(self, change: Change) -> Mapping[str, Any]:
        """Applies `change` to the stored values and returns all of them. One caller at a time, across processes."""


def expired(response: HttpResponse) -> bool:
    """Returns whether the call may succeed with a fresh token."""
    return response.body[:1] == b"{" and as_text(object_of(response.body), "error") == EXPIRED


def change(used: str, exchange: Callable[[str], Mapping[str, Any]]) -> Change:
    """Replaces the token `used` with a fresh one, unless another process has already done so.

    Args:
        used: The expired token.
        exchange: Exchanges the refresh token at Slack; returns the answer of oauth.v2.access.
    """

    def apply(stored: Mapping[str, Any]) -> Mapping[str, Any]:
        if stored.get("bot_token") != used:
            return {}
        answer = exchange(str(stored.get("refresh_token", "")))
        return {"bot_token": as_text(answer, "access_token"), "refresh_token": as_text(answer, "refresh_token")}

    return apply
