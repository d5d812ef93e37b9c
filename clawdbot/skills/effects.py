"""What a call of a skill or tool does to the world. Decides order, confirmation and approval."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """One kind of effect. A tool has a set of them; a set of READS alone means that calls may run side by side.

    Attributes:
        READS: Looks something up and changes nothing.
        WRITES: Changes something that can be changed back.
        DESTRUCTIVE: Deletes or overwrites something for good.
        OUTSIDE: Reaches somebody or something beyond this bot and this person: mail, orders, unknown servers.
    """

    READS = "reads"
    WRITES = "writes"
    DESTRUCTIVE = "destructive"
    OUTSIDE = "outside"


Effects = frozenset[Effect]
READS_ONLY: Effects = frozenset({Effect.READS})
UNKNOWN: Effects = frozenset({Effect.DESTRUCTIVE, Effect.OUTSIDE})
"""Effects of a tool that nobody here has classified, whatever its server says of it."""
ASKS_FIRST: Effects = frozenset({Effect.DESTRUCTIVE, Effect.OUTSIDE})
"""Effects that need a yes before each call, unless the operator of the bot has allowed the tool without."""


def needs_approval(effects: Effects) -> bool:
    """Returns whether a call with these effects needs a yes by default."""
    return not effects.isdisjoint(ASKS_FIRST)
