"""Errors of the model layer. `permanent` and `retry_after` (seconds) tell whether to retry. All can be pickled."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Why


class ModelError(ClawdbotError):
    """Root of this package's errors."""


class ProviderError(ModelError):
    """One provider did not answer. The text names the kind of failure and never holds a prompt or a key."""


class RequestRefused(ProviderError):
    """The endpoint works, but refuses this request for its own content: forbidden words, too long, wrong roles.

    Attributes:
        window: Context window in tokens that the endpoint names in its refusal; None when it names none.
    """

    permanent = True
    window: int | None = None


class WrongAddress(ProviderError):
    """The server has no chat completions at this address. Another form of the address may have them."""

    permanent = True


class EmptyAnswer(ProviderError):
    """The endpoint works, but the answer is empty. Another prompt may succeed."""


class NoModelAvailable(ModelError):
    """No provider is configured, or none of them answered. When it is permanent, waiting for them is of no use.

    Attributes:
        latest: Why the model that was asked last did not answer; "" when none was asked.
    """

    latest: Why = ""


class NothingSaid(NoModelAvailable):
    """The models work, but their answers are empty. A prompt without tools may succeed."""

    permanent = True


class PromptRefused(NoModelAvailable):
    """A model refused the prompt for its content, and no other model answered. Another prompt may succeed."""

    permanent = True


class LimitReached(NoModelAvailable):
    """A limit of tokens or money has no room for this call with any model. Waiting a moment is of no use."""

    permanent = True


class Cancelled(ModelError):
    """The caller asked to stop.

    Attributes:
        text: What the model had written so far.
    """

    permanent = True

    def __init__(self, text: str = "") -> None:
        super().__init__("cancelled")
        self.text = text
