"""Errors of the adapters. Each carries an HTTP status or a retry decision, and can be pickled."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from typing import Any

from clawdbot.errors import ClawdbotError, ConfigurationError
from clawdbot.reasons import Reason, Why

WHOLE = "account"
"""The key of a reason about the account as a whole."""


class AdapterError(ClawdbotError):
    """A webhook request is refused.

    Attributes:
        status: HTTP status of the response.
    """

    status: int = 400

    def __init__(self, message: Why = "", *, status: int | None = None) -> None:
        super().__init__(message, permanent=True)
        if status is not None:
            self.status = status


class SignatureRejected(AdapterError):
    """The request is not verified to come from the platform. Its body was not parsed."""

    status = 401


class MalformedPayload(AdapterError):
    """The request is genuine, but its body does not match the platform's documentation."""

    status = 400


class SendError(ClawdbotError):
    """A message or API call was not accepted.

    Attributes:
        permanent: True when the same call will never succeed.
        retry_after: Seconds to wait, as the platform asks; None when it does not.
        mark: Short reason in snake_case for logs, metrics and decisions, such as "flood" or "user_blocked".
        data: Facts for the caller to act on, such as {"migrated_to": "-100..."}.
        maybe_sent: True when the request was sent but got no response, so the platform may have acted on it.
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
    """The values of an account do not match the platform's schema.

    Attributes:
        reasons: Why each key is wrong; never contains a value.
        problems: The reasons in English.
    """

    def __init__(self, message: Why = "", *, problems: Mapping[str, Why] | None = None) -> None:
        self.reasons: dict[str, Why] = dict(problems or {})
        self.problems = {key: str(why) for key, why in self.reasons.items()}
        super().__init__(message or _joined(self.reasons))


def _joined(problems: Mapping[str, Why]) -> Why:
    each = [why if key == WHOLE else Reason("account_problem", key=key, why=why) for key, why in problems.items()]
    return reduce(lambda first, second: Reason("and", first=first, second=second), each) if each else ""


class UnknownPlatform(ConfigurationError):
    """No adapter has this name in the registry."""


class NotSupported(ConfigurationError):
    """The platform does not support the call."""


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
