"""Accounts of which a platform has several kinds: no key is required by all of them, but one kind must be complete."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.errors import WHOLE
from adapters.guide import Text, text
from clawdbot.reasons import Reason


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of account.

    Attributes:
        name: What it is, with its article in English: it stands behind "required for".
        keys: What it needs.
        without: Keys of other kinds, which leave no doubt that this one is not meant.
    """

    name: Text
    keys: tuple[str, ...]
    without: tuple[str, ...] = ()

    def missing(self, given: Collection[str]) -> tuple[str, ...]:
        """Which of its keys have no value."""
        return tuple(key for key in self.keys if key not in given)


def lacking(modes: Sequence[Mode], given: Collection[str], labels: Mapping[str, Text]) -> dict[str, Reason]:
    """What keeps an account from working in any mode.

    Args:
        modes: All of them; none: nothing is lacking.
        given: The keys that have a value.
        labels: What forms call the keys.

    Returns:
        Reasons by key: of the mode that is begun, else one sentence with the choice; {} when a mode is complete.
    """
    meant = [mode for mode in modes if not any(key in given for key in mode.without)]
    if not modes or any(not mode.missing(given) for mode in meant):
        return {}
    begun = [mode for mode in meant if any(key in given for key in mode.keys)]
    if not begun:
        return {WHOLE: _choice(modes, labels)}
    nearest = min(begun, key=lambda mode: len(mode.missing(given)))
    return dict.fromkeys(nearest.missing(given), Reason("required_for", kind=nearest.name))


def _choice(modes: Iterable[Mode], labels: Mapping[str, Text]) -> Reason:
    named = [(mode.name, [labels[key] for key in mode.keys]) for mode in modes]
    en = "; ".join(f"for {name['en']}: {', '.join(label['en'] for label in needs)}" for name, needs in named)
    zh = "；".join(f"{name['zh']}：{'、'.join(label['zh'] for label in needs)}" for name, needs in named)
    return Reason("no_kind_complete", kinds=text(en, zh))
