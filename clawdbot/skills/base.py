"""The base class of skills."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, ClassVar

from clawdbot.errors import ClawdbotError
from clawdbot.files import Answer
from clawdbot.skills.buttons import Buttons
from clawdbot.skills.effects import Effect, Effects
from clawdbot.skills.parameter import Parameter

__all__ = ["AskPerson", "BaseSkill", "NotMeant", "Parameter", "SkillError"]


class SkillError(ClawdbotError):
    """A skill cannot answer.

    Raise it with a sentence for the person; any other exception is shown as a general apology.
    """


class AskPerson(SkillError):
    """`execute` raises it to ask for a parameter in its own words; the answer comes with the next call.

    The model gets the question as the result of its call.

    Attributes:
        name: The parameter that the answer fills.
        buttons: Texts of the buttons under the question; a pressed one is the answer. A question that lists its choices
            itself ends with one line for each button: "1. ...", "2. ...".
        keep: Further plain values that the next call gets among its parameters.
    """

    def __init__(self, name: str, question: str, *, buttons: Sequence[str] = (), **keep: str) -> None:
        super().__init__(question)
        self.name, self.buttons, self.keep = name, Buttons(*buttons).labels, keep


class NotMeant(ClawdbotError):
    """`parse` raises it for a message that does not ask for the skill. The model answers it."""


class BaseSkill(ABC):
    """Base class of skills. Every call creates a new instance, so attributes set on `self` are not shared.

    Attributes:
        name: Short unique name, as shown in the admin.
        description: One sentence in English on what the skill does and when to use it; the model reads it.
        help: What people read of it in /help, by language: `{"en": ..., "zh": ...}`; empty: the description.
        triggers: Words that start the skill when the configuration names none.
        patterns: Regular expressions that start the skill; a named group is the text of a parameter.
        examples: Sentences that start the skill when a message means the same.
        parameters: The values it needs; empty when `execute` or an inner class `Parameters` declares them.
        secrets: Names of the secrets that it needs. The operator enters them; `context.secrets` has them.
        timeout_s: Time limit of a call, in seconds.
        effects: What a call does to the world.
        outside_words: Whether its answers hold words of strangers, such as a page or a mail. When a model has read
            them, its further calls that change something need the person's yes.
        as_tool: Whether the model may call it; None: when it declares parameters.
        confirm: Whether the person must say yes to `preview` before each call.
        idempotent: Whether a second call with the same `context.idempotency_key` has no second effect. A call that a
            crash cut short is repeated only then.
    """

    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    help: ClassVar[Mapping[str, str]] = {}
    triggers: ClassVar[tuple[str, ...]] = ()
    patterns: ClassVar[tuple[str, ...]] = ()
    examples: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    secrets: ClassVar[tuple[str, ...]] = ()
    timeout_s: ClassVar[float] = 10.0
    effects: ClassVar[Effects] = frozenset({Effect.WRITES})
    confirm: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False
    as_tool: ClassVar[bool | None] = None
    outside_words: ClassVar[bool] = False

    @classmethod
    def only_reads(cls, parameters: Mapping[str, Any]) -> bool:
        """Returns whether a call with these values changes nothing, though `effects` of the skill say that it may.

        Such a call needs no yes after a model has read words of strangers.
        """
        return False

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        """Reads parameters from the message that called the skill. Overriding it is optional.

        Args:
            text: The whole message.
            rest: The message without the trigger word and polite phrases.
            trigger: The trigger word in the message, or the command such as "/forecast"; "" for a pattern.
            language: For instance "en" or "zh-hans".

        Returns:
            Values by parameter name; the bot asks for missing required ones. None (the default) lets the runner find
            them: a choice that the message names, or the rest of the message for the only parameter without choices.

        Raises:
            NotMeant: The message does not ask for the skill, so the model answers it.
        """
        return None

    def preview(self, context: dict[str, Any]) -> str:
        """Returns what a call would do, in the person's language; shown before a call that needs a yes.

        It must have no effect. "" shows the parameters.
        """
        return ""

    @abstractmethod
    def execute(self, context: Any, *args: Any, **kwargs: Any) -> Answer | Awaitable[Answer]:
        """Answers one request. It may be `async`.

        Args:
            context: A `Context`; `context["parameters"]` holds the declared parameters by name, already checked.
            args: Declared parameters, when `execute` itself declares them.
            kwargs: Likewise.

        Returns:
            The answer: text in the neutral markdown subset, a `File`, or a list of both in the order to send.

        Raises:
            SkillError: The skill cannot answer; the message is a sentence for the person.
        """
