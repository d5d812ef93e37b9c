"""How an account is set up in the vendor's console: steps, what the buttons do, and how errors are mended.

Texts are bilingual. In them *…* is what stands on the vendor's screen, `…` what is typed or copied, and an https
address becomes a link.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Text = Mapping[str, str]
"""{"en": ..., "zh": ...}"""


def text(en: str, zh: str) -> Text:
    """A text in both languages."""
    return {"en": en, "zh": zh}


@dataclass(frozen=True, slots=True)
class Variant:
    """Another kind of account that the same form takes."""

    title: Text
    steps: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Guide:
    """What the admin's form tells beside the fields of one platform.

    Attributes:
        steps: In the vendor's console, until the form is filled in.
        connect: What is left to do once the channel is saved and its address is known.
        variants: Other kinds of account, each with its own steps.
        verifies: What "Verify" asks the platform; it changes nothing there.
        registers: What "Set webhook" does there; None when the address is pasted by hand.
        mends: What to do, by the mark of a failed call.
        fills: Keys of the account that "Verify" fills in when they are empty, each with the attribute of `BotIdentity`.
    """

    steps: tuple[Text, ...] = ()
    connect: tuple[Text, ...] = ()
    variants: tuple[Variant, ...] = ()
    verifies: Text = field(default_factory=dict)
    registers: Text | None = None
    mends: Mapping[str, Text] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
