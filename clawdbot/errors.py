"""Base classes of all errors that the product raises on purpose."""

from __future__ import annotations

from typing import Any, TypeVar

from clawdbot.reasons import Reason, Why

LONGEST_NAMED_WAIT_S = 86_400.0

_E = TypeVar("_E", bound="ClawdbotError")


class ClawdbotError(Exception):
    """An error that tells whether a retry can help.

    Its text is in English, for logs. Texts for people are made from its reason (`clawdbot.reasons.why`).

    Attributes:
        permanent: True when the same call can never succeed, so callers must not retry it.
        retry_after: Seconds to wait before the next try, a day at most, if the other side named a time, else None.
            A time that is no wait (0, less, not a number) is None too: otherwise the caller would retry at once, again
            and again.
    """

    permanent: bool = False
    retry_after: float | None = None

    def __init__(self, message: Why = "", *, permanent: bool | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        if permanent is not None:
            self.permanent = permanent
        if retry_after is not None and retry_after > 0:
            self.retry_after = min(retry_after, LONGEST_NAMED_WAIT_S)

    @property
    def reason(self) -> Reason | None:
        """Code and parameters of the failure; None when the error was raised with a plain text."""
        first = self.args[0] if self.args else None
        return first if isinstance(first, Reason) else None

    # Celery and multiprocessing pickle errors. BaseException would call cls(*args), which fails for every subclass
    # with a required keyword; rebuilding from state does not.
    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(ClawdbotError):
    """The operator must configure something before the call can work."""

    permanent = True
