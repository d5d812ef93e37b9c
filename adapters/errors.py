"""Errors of the adapters. All carry an HTTP status or a retry decision, and all pickle."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from clawdbot.errors import ClawdbotError, ConfigurationError
from clawdbot.reasons import Reason, Why

WHOLE = "account"
"""The key of a reason that concerns an account as a whole."""


class AdapterError(ClawdbotError):
    """A webhook request cannot be taken.

    Attributes:
        status: The HTTP status to answer with.
    """

    status: int = 400

    def __init__(self, message: Why = "", *, status: int | None = None) -> None:
        super().__init__(message, permanent=True)
        if status is not None:
            self.status = status


class SignatureRejected(AdapterError):
    """The request is not proven to come from the platform; its body was not parsed."""

    status = 401


class MalformedPayload(AdapterError):
    """The request is genuine, but its body is not what the platform documents."""

    status = 400


class SendError(ClawdbotError):
    """A message or API call was not accepted.

    Attributes:
        permanent: True when the same call will never succeed.
        retry_after: Seconds the platform asked to wait, or None.
        mark: Short reason in snake_case for logs, metrics and decisions, such as "flood" or "user_blocked".
        data: Facts the caller may act on, such as {"migrated_to": "-100..."}.
        maybe_sent: True when the request left this machine and no answer came, so the platform may have acted on it.
    """

    def __init__(
        self,
        message: Why = "",
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        mark: str = "",
        data: Mapping[str, Any] | None = None,
        maybe_sent: bool = False,
    ) -> None:
        super().__init__(message or mark, permanent=permanent, retry_after=retry_after)
        self.mark = mark
        self.data: dict[str, Any] = dict(data or {})
        self.maybe_sent = maybe_sent


class AccountError(ConfigurationError):
    """An account mapping does not fit the platform's schema.

    Attributes:
        reasons: What is wrong, by key; never contains a value.
        problems: The same in English.
    """

    def __init__(self, message: Why = "", *, problems: Mapping[str, Why] | None = None) -> None:
        self.reasons: dict[str, Why] = dict(problems or {})
        self.problems = {key: str(why) for key, why in self.reasons.items()}
        super().__init__(message or _joined(self.reasons))


def _joined(problems: Mapping[str, Why]) -> Why:
    each = [why if key == WHOLE else Reason("account_problem", key=key, why=why) for key, why in problems.items()]
    return reduce(lambda first, second: Reason("and", first=first, second=second), each) if each else ""


class UnknownPlatform(ConfigurationError):
    """No adapter is registered under this name."""


class NotSupported(ConfigurationError):
    """The platform has no such call."""


__all__ = [
    "WHOLE",
    "AccountError",
    "AdapterError",
    "ConfigurationError",
    "MalformedPayload",
    "NotSupported",
    "SendError",
    "SignatureRejected",
    "UnknownPlatform",
]
