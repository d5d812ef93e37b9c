"""`context.knowledge`: the documents of the bot. A bot has none yet, so nothing is found."""

from __future__ import annotations

from collections.abc import Sequence

from clawdbot.skills.context import Passage


class Documents:
    """The documents of one bot."""

    def search(self, query: str, limit: int = 5) -> Sequence[Passage]:
        """Returns passages that fit, best first."""
        return ()
