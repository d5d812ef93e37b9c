"""The base class of skills and their parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clawdbot.chinese import simplified
from clawdbot.errors import ClawdbotError
from clawdbot.files import Answer
from clawdbot.skills.effects import Effect, Effects

__all__ = ["BaseSkill", "NotMeant", "Parameter", "SkillError"]


class SkillError(ClawdbotError):
    """A skill cannot answer.

    Raise it with a sentence for the person; any other exception is shown as a general apology.
    """


class NotMeant(ClawdbotError):
    """`parse` raises it for a message that does not ask for the skill. The model answers it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a skill needs before it can run. The bot asks for it when the message does not contain it.

    Attributes:
        name: Key in `context["parameters"]`.
        prompt: The question to ask, by language: `{"en": ..., "zh": ...}`.
        required: Whether the skill may run without it.
        choices: The only values allowed; empty means any.
        validator: Converts the text to the value, or raises ValueError with a reason for the person. The reason of a
            type such as `int` is not shown.
        default: Value of an optional parameter that is not given.
    """

    name: str
    prompt: Mapping[str, str] = field(default_factory=dict)
    required: bool = True
    choices: tuple[str, ...] = ()
    validator: Callable[[str], Any] | None = None
    default: Any = None

    def question(self, language: str = "en") -> str:
        """Returns the prompt in `language` ("zh-hans" matches "zh"), else in English, else one built from the name."""
        short = language.split("-", 1)[0].lower()
        return self.prompt.get(short) or self.prompt.get("en") or f"{self.name}?"

    def check(self, text: str) -> Any:
        """Converts the person's text to the value.

        Raises:
            ValueError: The text does not fit; the message is a reason for the person.
        """
        given = text.strip()
        if self.choices:
            for choice in self.choices:
                if simplified(choice).casefold() == simplified(given).casefold():
                    given = choice
                    break
            else:
                raise ValueError(" / ".join(self.choices))
        if self.validator is None:
            return given
        try:
            return self.validator(given)
        except ValueError:
            if isinstance(self.validator, type):  # messages of `int` and other types are about Python, not for people
                raise ValueError from None
            raise


class BaseSkill(ABC):
    """Base class of skills. Every call creates a new instance, so attributes set on `self` are not shared.

    Attributes:
        name: Short unique name, as shown in the admin.
        description: One sentence on what the skill does; shown in /help.
        triggers: Words that start the skill when the configuration names none.
        parameters: The values it needs.
        timeout_s: Time limit of a call, in seconds.
        effects: What a call does to the world.
        confirm: Whether the person must say yes to `preview` before each call.
        idempotent: Whether a second call with the same `context.idempotency_key` has no second effect. A call that a
            crash cut short is repeated only then.
    """

    name: ClassVar[str] = ""
    description: ClassVar[str] = ""
    triggers: ClassVar[tuple[str, ...]] = ()
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    timeout_s: ClassVar[float] = 10.0
    effects: ClassVar[Effects] = frozenset({Effect.WRITES})
    confirm: ClassVar[bool] = False
    idempotent: ClassVar[bool] = False

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        """Reads parameters from the message that called the skill. Overriding it is optional.

        Args:
            text: The whole message.
            rest: The message without the trigger word and polite phrases.
            trigger: The trigger word in the message.
            language: For instance "en" or "zh-hans".

        Returns:
            Values by parameter name; the bot asks for missing required ones. None (the default) lets the runner find
            them: a choice that the message names, or the rest of the message for the only parameter without choices.

        Raises:
            NotMeant: The message does not ask for the skill, so the model answers it.
        """
        return None

    @abstractmethod
    def execute(self, context: dict[str, Any]) -> Answer:
        """Answers one request.

        Args:
            context: `context["parameters"]` holds the declared parameters by name, already checked.
                The runner may add more keys, such as "text" (the whole message) and "language".

        Returns:
            The answer: text in the neutral markdown subset, a `File`, or a list of both in the order to send.

        Raises:
            SkillError: The skill cannot answer; the message is a sentence for the person.
        """
