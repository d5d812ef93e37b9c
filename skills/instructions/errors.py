"""The error of skills that cannot be taken."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError


class InvalidSkill(ClawdbotError):
    """A folder or zip is no valid agent skill. The text is a sentence in the active language."""

    permanent = True
