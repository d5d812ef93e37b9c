"""Errors of the retention."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError


class RetentionError(ClawdbotError):
    """The days are wrong, or the run cannot begin. Nothing was changed."""

    permanent = True
