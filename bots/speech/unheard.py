"""Why a recording will never be heard."""

from __future__ import annotations

from enum import StrEnum

from bots.llm.errors import ModelError


class Unheard(StrEnum):
    """The codes of `ReceivedFile.unheard`."""

    TOO_LONG = "too_long"
    NOTHING = "nothing"  # it is empty, silent or only noise
    FORMAT = "format"
    REFUSED = "refused"


class NotHeard(ModelError):
    """This recording cannot be heard; others can."""

    permanent = True

    def __init__(self, code: Unheard) -> None:
        super().__init__(code.value)
        self.code = code
