"""Buttons under an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

MOST = 10  # as many as the list of WhatsApp has
LONGEST = 40  # characters of one label; the smallest limit of the platforms that cut no label is 20 wide characters


@dataclass(frozen=True, slots=True)
class Buttons:
    """Choices under an answer, as one part of it. Pressing one says its text, as if the person had typed it.

    A platform without buttons shows a numbered list; the person may then type the number.
    """

    labels: tuple[str, ...]

    def __init__(self, *labels: str) -> None:
        object.__setattr__(self, "labels", tuple(label.strip()[:LONGEST] for label in labels if label.strip())[:MOST])

    def rows(self, data: Callable[[int], str], *, listed: bool = False) -> list[list[dict[str, Any]]]:
        """Returns the buttons as adapters take them, two in a row while they are short.

        Args:
            data: Returns the payload of the button with a number, from 1.
            listed: The text above lists the labels already, with their numbers.
        """
        wide = 1 if any(len(label) > 14 for label in self.labels) else 2
        made = [
            {"text": label, "data": data(number), "says": label} | ({"listed": True} if listed else {})
            for number, label in enumerate(self.labels, 1)
        ]
        return [made[start : start + wide] for start in range(0, len(made), wide)]


def is_listed(labels: Sequence[str], text: str) -> bool:
    """Returns whether a text lists the buttons: by their words, or in as many numbered lines at its end.

    The lines may say more than a label has room for: "1. tomorrow (Tuesday, 1 December) at 9" above "tomorrow 9".
    """
    if not labels or f"1. {labels[0]}" in text:
        return bool(labels)
    last = text.rstrip().splitlines()[-len(labels) :]
    return len(last) == len(labels) and all(line.startswith(f"{at}. ") for at, line in enumerate(last, 1))


def numbered(labels: Iterable[str]) -> str:
    """Returns the labels as a numbered list, for platforms without buttons."""
    return "\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))
