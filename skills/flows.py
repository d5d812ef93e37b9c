"""The flows of each bot that operators write in the admin. Reads the rows of all bots at most every two seconds."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from clawdbot.cached_value import CachedValue
from clawdbot.crypto import CryptoError
from clawdbot.flows import Flow, FlowError
from skills.models import FlowDefinition

logger = logging.getLogger(__name__)


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


@dataclass(frozen=True, slots=True)
class _Snapshot:
    of_all: tuple[FlowEntry, ...] = ()
    of_bots: Mapping[int, tuple[FlowEntry, ...]] = field(default_factory=dict)


def of_bot(bot_id: int) -> tuple[FlowEntry, ...]:
    """Returns the enabled flows of a bot, those of all bots last."""
    snapshot = _rows.get()
    return (*snapshot.of_bots.get(bot_id, ()), *snapshot.of_all)


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    _rows.clear()


def _read() -> _Snapshot:
    rows = list(FlowDefinition.objects.filter(enabled=True).order_by("name", "id"))
    if not rows:
        return _Snapshot()
    made = {row.pk: entry for row in rows if (entry := _entry(row)) is not None}
    of_bots: dict[int, tuple[FlowEntry, ...]] = {}
    links = FlowDefinition.bots.through.objects.filter(flowdefinition__enabled=True, flowdefinition__all_bots=False)
    for bot_id, flow_id in links.order_by("flowdefinition__name").values_list("bot_id", "flowdefinition_id"):
        if flow_id in made:
            of_bots[bot_id] = (*of_bots.get(bot_id, ()), made[flow_id])
    return _Snapshot(tuple(made[row.pk] for row in rows if row.all_bots and row.pk in made), of_bots)


def _entry(row: FlowDefinition) -> FlowEntry | None:
    """Returns the flow of a row; None when it cannot be used, so that one wrong row does not stop the others."""
    try:
        return FlowEntry(row.pk, row.flow(), tuple(map(str, row.triggers)), row.public_only, row.secret)
    except (FlowError, CryptoError) as error:
        logger.warning("flow %s cannot be used: %s", row.pk, error)
        return None


_rows = CachedValue(_read, 2.0)
