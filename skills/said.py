"""The words of a message that called a skill by a command."""

from __future__ import annotations


def said(text: str, rest: str, trigger: str) -> str:
    """Returns the message; without the name of the command when one called: "12*7" of "/calculator 12*7"."""
    return rest if is_command(trigger) else text


def is_command(trigger: str) -> bool:
    """Returns whether what called the skill is a command such as /calculator."""
    return trigger.startswith(("/", "／"))
