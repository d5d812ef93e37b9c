"""Set-up guides: steps in the vendor's console, effects of the admin's buttons, and how to fix errors.

Texts are bilingual. In them *…* marks a label on the vendor's screen and `…` a value to type or copy. An https address
becomes a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Text = Mapping[str, str]
"""{"en": ..., "zh": ...}"""


def text(en: str, zh: str) -> Text:
    """Returns a text in both languages."""
    return {"en": en, "zh": zh}


@dataclass(frozen=True, slots=True)
class Variant:
    """Another kind of account for the same form."""

    title: Text
    steps: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """The help that the admin's form shows beside the fields of one platform.

    Attributes:
        steps: Steps in the vendor's console before the form is saved.
        connect: Steps after the channel is saved and its address is known.
        variants: Other kinds of account, each with its own steps.
        verifies: What "Verify" asks the platform; it changes nothing there.
        registers: What "Set webhook" does on the platform; None when the address is pasted by hand.
        mends: How to fix a failed call, by the mark of its error.
        fills: Account keys that "Verify" fills in when they are empty, each with its attribute of `BotIdentity`.
    """

    steps: tuple[Text, ...] = ()
    connect: tuple[Text, ...] = ()
    variants: tuple[Variant, ...] = ()
    verifies: Text = field(default_factory=dict)
    registers: Text | None = None
    mends: Mapping[str, Text] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
