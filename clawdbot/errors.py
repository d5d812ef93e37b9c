"""The root of every error the product raises on purpose."""

from __future__ import annotations

from typing import Any, TypeVar

from clawdbot.reasons import Reason, Why

_E = TypeVar("_E", bound="ClawdbotError")


class ClawdbotError(Exception):
    """An error that knows whether trying again can help.

    Its text is in English, for logs; what people read is made of its reason (`clawdbot.reasons.why`).

    Attributes:
        permanent: True when the same call can never succeed, so nobody should retry it.
        retry_after: Seconds to wait before the next try, where the other side named a time; else None.
    """

    permanent: bool = False
    retry_after: float | None = None

    def __init__(self, message: Why = "", *, permanent: bool | None = None, retry_after: float | None = None) -> None:
        super().__init__(message)
        if permanent is not None:
            self.permanent = permanent
        if retry_after is not None:
            self.retry_after = retry_after

    @property
    def reason(self) -> Reason | None:
        """Code and parameters of what went wrong; None when it was raised with a text alone."""
        first = self.args[0] if self.args else None
        return first if isinstance(first, Reason) else None

    # Celery and multiprocessing carry errors between processes by pickle. BaseException would call
    # cls(*args), which breaks for every subclass with a required keyword; rebuilding from state does not.
    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, dict(self.__dict__))


def _rebuild(cls: type[_E], args: tuple[Any, ...], state: dict[str, Any]) -> _E:
    error = cls.__new__(cls, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class ConfigurationError(ClawdbotError):
    """Something must be set up by the operator before the call can work."""

    permanent = True
