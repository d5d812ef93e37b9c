"""Builds the context of a call for a turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.crypto import salted_hmac

from bots.pipeline.engine.ports.dialog import Conversing
from bots.pipeline.engine.ports.journaled import Once
from bots.pipeline.engine.ports.knowledge import Documents
from bots.pipeline.engine.ports.memory import PersonMemory
from bots.pipeline.engine.ports.schedules import PersonSchedules
from bots.pipeline.engine.ports.staging import Staging
from bots.pipeline.engine.ports.state import PersonState
from bots.pipeline.engine.turn import Turn
from clawdbot.redaction import redact
from clawdbot.skills.context import Context, Services
from clawdbot.storable_text import storable

_LONGEST_PROGRESS = 200


def build(
    turn: Turn,
    values: Mapping[str, Any] | None = None,
    *,
    key: str,
    skill_id: int = 0,
    timeout_s: float = 10.0,
    journaled: bool = False,
) -> Context:
    """Returns the context of one call. Reads nothing: each service reads when it is used.

    Args:
        turn: The turn. What the call stages joins it when the call succeeds.
        values: Further values, laid over those of the turn.
        key: Idempotency key of the call; see `key_of`.
        skill_id: The skill, whose state the context has; 0 for another tool.
        timeout_s: Time limit of the call, in seconds.
        journaled: Write a call with effects down, so that a repeated turn does not make it again; for a caller without
            a journal of its own.
    """
    staging = Staging(turn)
    services = Services(
        memory=PersonMemory(turn, staging),
        knowledge=Documents(),
        schedules=PersonSchedules(turn, staging),
        dialog=Conversing(turn, staging),
        state=PersonState(turn, skill_id, staging) if skill_id else {},
        progress=lambda text: show_progress(turn, text),
        idempotency_key=key,
        stopped=turn.cancelled,
        deadline_s=timeout_s,
        commit=staging.commit,
        once=Once(turn) if journaled else None,
    )
    return Context({**_values_of(turn), "parameters": {}, **(values or {})}, services)


def key_of(turn: Turn, place: str) -> str:
    """Returns an idempotency key: the same in every repetition of the turn, different for every other place or event.

    Args:
        turn: The turn.
        place: Where in the turn, e.g. "skill:7" or the number and name of a tool call.
    """
    return salted_hmac("bots.calls", f"{turn.inbound_id}:{place}", algorithm="sha256").hexdigest()[:40]


def show_progress(turn: Turn, text: str) -> None:
    """Shows a short text: in the place of the answer where it is streamed, else as a message when it takes long."""
    said = progress_text(text)
    if said and turn.on_token is not None:
        turn.on_restart()
        turn.on_token(said)
    if said:
        turn.on_progress(said)


def progress_text(text: object) -> str:
    """Returns what a skill says of its progress as one short line, without secrets."""
    return " ".join(redact(storable(str(text))).split())[:_LONGEST_PROGRESS]


def _values_of(turn: Turn) -> dict[str, Any]:
    return {
        "text": turn.text,
        "language": turn.language,
        "now": turn.now,
        "time_zone": str(turn.zone),
        "time_zone_known": bool(turn.person.time_zone),  # else it is the zone of the installation
        "bot": turn.bot.slug,
        "person": turn.person.key,
        "conversation_id": turn.conversation.pk,
        "event_id": turn.inbound_id,
    }
