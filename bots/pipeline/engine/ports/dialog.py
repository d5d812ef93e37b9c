"""`context.dialog`: begins a flow, and hands the conversation over to a person of the team."""

from __future__ import annotations

import zoneinfo
from collections.abc import Mapping
from functools import partial
from typing import Any

from bots.models import Conversation, Person
from bots.pipeline.engine.ports.staging import Staging
from bots.pipeline.engine.turn import Reply, Turn
from clawdbot.skills.context import ServiceUnavailable
from clawdbot.storable_text import storable

_LONGEST_REASON = 300


class Conversing:
    """The conversation of one turn."""

    def __init__(self, turn: Turn, staging: Staging) -> None:
        self._turn, self._staging = turn, staging

    def hand_over(self, reason: str) -> None:
        """Stages the hand-over; the team reads the reason with the conversation."""
        self._staging.at_commit(partial(hand_over, self._turn, reason))

    def use_time_zone(self, zone: str) -> None:
        """Stages the person's own time zone."""
        self._staging.at_commit(partial(_use_time_zone, self._turn, zoneinfo.ZoneInfo(zone).key))

    def begin_flow(self, key: str, values: Mapping[str, Any]) -> Reply:
        """Begins a flow in this turn, at once: its question is the answer. Its frames are written with the turn."""
        if self._turn.begin_flow is None:
            raise ServiceUnavailable("flows begin in a turn with a model")
        return self._turn.begin_flow(key, values)


def _use_time_zone(turn: Turn, name: str) -> None:
    Person.objects.filter(pk=turn.person.pk).update(time_zone=name)


def hand_over(turn: Turn, reason: str) -> None:
    """Hands the conversation to the team in this turn. Does nothing when the team answers already."""
    if turn.conversation.state == Conversation.State.HUMAN:
        return
    turn.move("hand_over")
    turn.conversation.state_data = {"handed_over": storable(reason).strip()[:_LONGEST_REASON]}
