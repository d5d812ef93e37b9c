"""Errors of the memory app. All can be pickled; `permanent` tells whether a retry is useless."""

from __future__ import annotations

from clawdbot.errors import ClawdbotError


class MemoryFailure(ClawdbotError):
    """Base class of the errors that the memory app raises."""

    permanent = True


class EmbedderUnavailable(MemoryFailure):
    """The embedder cannot make vectors now. Recall stays lexical, and the rows are embedded later."""

    permanent = False


class EmbedderMismatch(EmbedderUnavailable):
    """The embedder does not match the settings; the message says what to change. A retry does not help."""

    permanent = True


class EmbedderResting(EmbedderUnavailable):
    """The circuit breaker is open after a recent failure; the message is that of the failure."""


class RerankerUnavailable(MemoryFailure):
    """No cross-encoder is configured, or it does not load. Recall keeps its own order."""


class BadLine(MemoryFailure):
    """A line of an import or query file is invalid; the message says why."""


class UnknownScope(MemoryFailure):
    """The bot does not exist, or the person does not exist in it."""


class RunInProgress(MemoryFailure):
    """Another process is consolidating this bot's memory."""

    permanent = False


class NoTrialRun(MemoryFailure):
    """The database of the memories cannot undo the work of a trial run."""


class WorkEnded(MemoryFailure):
    """The memory was erased, or moved to another person, during an import or a consolidation."""


class LeaseLost(MemoryFailure):
    """The lease of this run expired and another process has taken the run over."""
