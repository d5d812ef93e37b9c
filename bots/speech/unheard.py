"""What was heard in a recording, and why one will never be heard."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from bots.llm.errors import ModelError


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said, and what it took: seconds of sound, milliseconds of time, and the cost."""

    text: str
    seconds: float
    language: str
    provider: str
    model: str
    ms: int
    cost: Decimal


class Unheard(StrEnum):
    """The codes of `ReceivedFile.unheard`."""

    TOO_LONG = "too_long"
    NOTHING = "nothing"  # it is empty, silent or only noise
    FORMAT = "format"
    REFUSED = "refused"


class NotHeard(ModelError):
    """This recording cannot be heard; others can. `paid`: an endpoint listened to it and charges for that."""

    permanent = True

    def __init__(self, code: Unheard, paid: Heard | None = None) -> None:
        super().__init__(code.value)
        self.code, self.paid = code, paid
