"""Shows a streamed answer whose text comes in several pieces, with calls of tools between them."""

from __future__ import annotations

from bots.pipeline.engine.ports.context import progress_text
from bots.pipeline.engine.turn import Turn

_BETWEEN = "\n\n"


class Shown:
    """What the person sees of the answer while it is made. Without a stream it only keeps the text."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._kept: list[str] = []
        self._current = ""
        self._dirty = False  # something else stands where the answer belongs

    @property
    def on_token(self) -> bool:
        return self._turn.on_token is not None

    @property
    def text(self) -> str:
        """All text so far."""
        return _BETWEEN.join(filter(None, (*self._kept, self._current.strip())))

    def piece(self, text: str) -> None:
        """Takes a piece of the model's answer."""
        if self._dirty:
            self.restart(self._current)
        if not self._current and self._kept:
            self._emit(_BETWEEN)
        self._current += text
        self._emit(text)

    def restart(self, current: str = "") -> None:
        """Discards what the model wrote since the last calls; all before stays."""
        self._turn.on_restart()
        self._dirty = False
        self._current = current
        if before := _BETWEEN.join(self._kept):
            self._emit(before)
            if current:
                self._emit(_BETWEEN)
        if current:
            self._emit(current)

    def keep(self, text: str) -> None:
        """Ends the text of one answer of the model."""
        self._current = ""
        if text.strip():
            self._kept.append(text.strip())

    def say(self, text: str) -> None:
        """Adds a text that no model wrote, such as a question for a yes."""
        if self.on_token:
            self.piece(text)
        self.keep(text)

    def progress(self, text: str) -> None:
        """Shows a short text in place of the answer until more of it comes."""
        said = progress_text(text)
        if said and self.on_token:
            self._turn.on_restart()
            self._emit(said)
            self._dirty = True
        if said:
            self._turn.on_progress(said)

    def _emit(self, text: str) -> None:
        if self._turn.on_token is not None:
            self._turn.on_token(text)
