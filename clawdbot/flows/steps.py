"""The steps of a flow, as plain values. `clawdbot.flows.definition` checks them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Text = Mapping[str, str]
"""A text by language: {"en": ..., "zh": ...}. One language is enough."""

END = "end"
"""Target of a jump that ends the flow."""

TYPES = ("text", "number", "integer", "choice", "yes_no", "date", "time", "datetime", "email", "phone")
DOES = ("skill", "webhook", "hand_over", "say")
TESTS = ("is", "is_not", "at_least", "at_most", "given", "missing")


def in_language(text: Text, language: str) -> str:
    """Returns the text in `language` ("zh-hans" matches "zh"), else in English, else in any."""
    return text.get(_short(language)) or text.get("en") or next(iter(text.values()), "")


def _short(language: str) -> str:
    return language.split("-", 1)[0].lower()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the values of a choice.

    Attributes:
        value: What is stored and passed on.
        label: What people read; empty: the value.
        words: Other words for it that people type.
    """

    value: str
    label: Text = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def shown(self, language: str) -> str:
        """Returns the label in the language, else in English, else the value."""
        return self.label.get(_short(language)) or self.label.get("en") or self.value


@dataclass(frozen=True, slots=True)
class Collect:
    """Asks for one value.

    Attributes:
        slot: Name of the value.
        type: One of `TYPES`.
        question: What the bot asks.
        label: Name of the value for people, for confirmations and corrections; empty: the slot's name.
        words: Other names of the value that people type.
        choices: The only values, with type "choice".
        required: Whether the person must answer; an optional one can be skipped.
        minimum: Least number, earliest date (ISO) or time (HH:MM); the name of another slot means its value.
        maximum: As `minimum`.
        shortest: Least number of characters of a text.
        longest: Greatest number of characters of a text.
        pattern: Regular expression that the whole text matches.
        hint: Says what fits when the pattern does not match.
        future: A date, or a date with time, lies today or later.
        depends_on: Slots after whose change this one is asked again.
        free: The answer may be any words: questions and trigger words in it are part of it.
        id: Name for jumps; empty: the slot's name.
        next: Step that follows; empty: the next in the list.
    """

    slot: str
    type: str = "text"
    question: Text = field(default_factory=dict)
    label: Text = field(default_factory=dict)
    words: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    required: bool = True
    minimum: float | str | None = None
    maximum: float | str | None = None
    shortest: int | None = None
    longest: int | None = None
    pattern: str = ""
    hint: Text = field(default_factory=dict)
    future: bool = False
    depends_on: tuple[str, ...] = ()
    free: bool = False
    id: str = ""
    next: str = ""

    def name(self, language: str) -> str:
        """Returns what people call the value."""
        return self.label.get(_short(language)) or self.label.get("en") or self.slot.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Confirm:
    """Shows all values and asks for a yes. Without one, nothing after it runs.

    Attributes:
        question: Text before the values, e.g. "I am going to book this:"; empty: a general one.
    """

    question: Text = field(default_factory=dict)
    id: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """Does something with the values.

    Attributes:
        do: One of `DOES`.
        skill: Name of a skill of the bot, with do "skill".
        parameters: Its parameters: each value is a text in which {slot} stands for a value. Empty: all slots.
        url: Address that gets the values as signed JSON, with do "webhook".
        text: What the bot says after it, or with do "say"; {slot} stands for a value. Empty: what the skill or the
            webhook answered, else a general sentence.
        reason: Why a person takes over, with do "hand_over".
        effect: Whether it changes something in the world, so that a `Confirm` must come before it.
    """

    do: str
    skill: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    text: Text = field(default_factory=dict)
    reason: str = ""
    effect: bool = True
    id: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """Says a text, in which {slot} stands for a value, and goes on."""

    text: Text
    id: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A condition on the slot of a branch, and where it leads.

    Attributes:
        test: One of `TESTS`.
        value: What the slot is compared with; unused with "given" and "missing".
        goto: Id of a later step, or "end".
    """

    test: str
    goto: str
    value: str | float | bool | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """Goes on at the first case that holds, else at the next step."""

    slot: str
    cases: tuple[Case, ...]
    id: str = ""
    next: str = ""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Hands the conversation to a person of the team, who reads the reason and the values. The flow ends."""

    reason: str = ""
    text: Text = field(default_factory=dict)
    id: str = ""
    next: str = ""


Step = Collect | Confirm | Act | Say | Branch | HandOver
