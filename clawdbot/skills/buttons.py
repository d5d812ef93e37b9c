"""Buttons under an answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST = 8
LONGEST = 40  # characters of one label; the smallest limit of the platforms that cut no label is 20 wide characters


@dataclass(frozen=True, slots=True)
class Buttons:
    """Choices under an answer, as one part of it. Pressing one says its text, as if the person had typed it.

    A platform without buttons shows a numbered list; the person may then type the number.
    """

    labels: tuple[str, ...]

    def __init__(self, *labels: str) -> None:
        object.__setattr__(self, "labels", tuple(label.strip()[:LONGEST] for label in labels if label.strip())[:MOST])

    @property
    def rows(self) -> list[list[dict[str, str]]]:
        """The buttons as adapters take them, two in a row while they are short."""
        wide = 1 if any(len(label) > 14 for label in self.labels) else 2
        made = [{"text": label, "data": label} for label in self.labels]
        return [made[start : start + wide] for start in range(0, len(made), wide)]


def numbered(labels: Iterable[str]) -> str:
    """Returns the labels as a numbered list, for platforms without buttons."""
    return "\n".join(f"{number}. {label}" for number, label in enumerate(labels, 1))
