"""Modes of an account, for platforms with several kinds of accounts.

No key is required in every mode, but the keys of one mode must be complete.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.errors import WHOLE
from adapters.guide import Text, text
from clawdbot.reasons import Reason


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of account of a platform.

    Attributes:
        name: Name of the mode. The English text has an article, because it follows "required for".
        keys: Required keys.
        without: Keys of other modes. An account that has one of them is not meant for this mode.
    """

    name: Text
    keys: tuple[str, ...]
    without: tuple[str, ...] = ()

    def missing(self, given: Collection[str]) -> tuple[str, ...]:
        """Returns the keys of this mode that have no value."""
        return tuple(key for key in self.keys if key not in given)


def why_incomplete(modes: Sequence[Mode], given: Collection[str], labels: Mapping[str, Text]) -> dict[str, Reason]:
    """Returns why an account works in no mode.

    Args:
        modes: All modes of the platform; with no modes the account is complete.
        given: Keys that have a value.
        labels: Labels of the keys in forms.

    Returns:
        Reasons by key: of the mode that is partly filled in, else one reason that lists the modes. {} when a mode is
        complete.
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
