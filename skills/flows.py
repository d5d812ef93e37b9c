"""The flows of a bot that operators write in the admin."""

from __future__ import annotations

from dataclasses import dataclass, field

from clawdbot.flows import Flow


@dataclass(frozen=True, slots=True)
class FlowEntry:
    """A flow of a bot.

    Attributes:
        flow_id: Id of its row.
        triggers: Words that start it.
        public_only: Its webhooks may reach public addresses only.
        secret: Signs what its webhooks get; "" when there is none.
    """

    flow_id: int
    definition: Flow
    triggers: tuple[str, ...]
    public_only: bool = True
    secret: str = field(default="", repr=False)


def of_bot(bot_id: int) -> tuple[FlowEntry, ...]:
    """Returns the enabled flows of a bot."""
    return ()
