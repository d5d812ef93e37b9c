"""Errors of operations."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from clawdbot.errors import ClawdbotError


class OperationError(ClawdbotError):
    """An operation was refused. The text is shown to the user and never contains a secret."""

    permanent = True


def refusal(error: ValidationError) -> OperationError:
    """Converts a model's validation error to one line: `field: reason; field: reason`."""
    by_field: dict[str, Any] = getattr(error, "message_dict", {"": error.messages})
    parts = []
    for field, texts in by_field.items():
        text = " ".join(str(one) for one in texts)
        parts.append(text if field in ("", "__all__") else f"{field}: {text}")
    return OperationError("; ".join(parts))
