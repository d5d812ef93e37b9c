"""Errors of backups."""

from __future__ import annotations

from bots.operations.errors import OperationError


class BackupError(OperationError):
    """A backup cannot be made, read or restored. Its reason says what to do; nothing was changed."""


class ArchiveUnusable(BackupError):
    """The file is no archive of this product, is damaged, or belongs to a newer version."""
