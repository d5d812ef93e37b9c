"""Errors of the model layer: one root; `permanent` and `retry_after` say what a caller may do. All of them pickle."""

from __future__ import annotations

from typing import Any


class ModelError(Exception):
    """Root. `permanent`: trying again unchanged is useless. `retry_after`: seconds to wait, when known."""

    def __init__(self, message: str, *, permanent: bool = False, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy())


class ProviderError(ModelError):
    """One provider did not answer. The text names the class of the failure and never holds a prompt or a key."""


class NoModelAvailable(ModelError):
    """No provider is configured, or none of them answered; the built-in responder takes over."""


class Cancelled(ModelError):
    """The caller asked to stop; `text` is what had come so far."""

    def __init__(self, text: str = "") -> None:
        super().__init__("cancelled", permanent=True)
        self.text = text


def _rebuild(kind: type[ModelError], args: tuple[Any, ...], state: dict[str, Any]) -> ModelError:
    error = kind.__new__(kind)
    error.args = args
    error.__dict__.update(state)
    return error
