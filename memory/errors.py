"""Errors of the memory app. All pickle, and all say whether trying again can help."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError


class MemoryFailure(ClawdbotError):
    """Root of every error the memory app raises on purpose."""

    permanent = True


class EmbedderUnavailable(MemoryFailure):
    """No vector can be made now; recall goes on with its lexical arm and the rows are embedded later."""

    permanent = False


class EmbedderMismatch(EmbedderUnavailable):
    """The settings and the embedder do not fit together; the message says what to change. Waiting does not help."""

    permanent = True


class EmbedderResting(EmbedderUnavailable):
    """It failed a moment ago and is left alone for a while; the message is that of the failure."""


class RerankerUnavailable(MemoryFailure):
    """No cross-encoder is set, or it does not load; recall keeps its own order."""


class BadLine(MemoryFailure):
    """A line of an import or query file that is not what it should be; the message says why."""


class UnknownScope(MemoryFailure):
    """There is no such bot, or no such person of that bot."""


class RunInProgress(MemoryFailure):
    """Another process consolidates this bot's memory."""

    permanent = False


class WorkEnded(MemoryFailure):
    """The memory an import or a consolidation was at work on has been erased, or moved to another person."""


class LeaseLost(MemoryFailure):
    """This process was taken for dead and its run goes on elsewhere."""
