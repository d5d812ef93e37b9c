"""The words of a message that called a skill by a command."""

from __future__ import annotations


def said(text: str, rest: str) -> str:
    """Returns the message; without the name of the command when it is one: "12*7" of "/calculator 12*7"."""
    return rest if text.lstrip().startswith(("/", "／")) else text
