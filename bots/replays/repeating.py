"""Answers one turn again and measures it. Nothing is written but the cost of the calls."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bots.llm import candidates
from bots.llm.errors import NoModelAvailable
from bots.llm.types import Target
from bots.models import Bot, Message, TurnUsage
from bots.pipeline import engine
from bots.replays.guard import no_writes
from clawdbot.reasons import Reason, Why, raised, why
from skills import catalogue

TOTAL_S = 120.0


class Stopped(Exception):
    """The run is to stop; the turn has no answer."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed against the bot as it is.

    Attributes:
        instructions: Other instructions; None leaves those of the bot.
        target: The only model; None leaves the providers as they are.
        skills: The only skills, by name; None leaves those of the bot.
        deadline_s: Seconds for one answer.
        live_readers: Tools that only read may be called.
    """

    instructions: str | None = None
    target: Target | None = None
    skills: tuple[str, ...] | None = None
    deadline_s: float = TOTAL_S
    live_readers: bool = False

    def applied(self, bot: Bot) -> Bot:
        """Returns the bot with the change; never save it."""
        if self.instructions is not None:
            bot.instructions = self.instructions
        return bot

    @contextmanager
    def active(self) -> Iterator[None]:
        """Makes this thread use the model and the skills of the change."""
        with candidates.only(self.target):
            if self.skills is None:
                yield
                return
            with catalogue.trying(self.skills):
                yield


@dataclass(frozen=True, slots=True)
class Answer:
    """What a repetition gave. `figures`: provider, model, tokens, milliseconds, cost, tools."""

    text: str
    figures: dict[str, Any] = field(default_factory=dict)
    error: Why = ""
    silent: bool = False
    by_act: bool = False


def answer(turn: engine.Turn, change: Change, stop: Callable[[], bool] = bool) -> Answer:
    """Answers the turn with the change. Whatever goes wrong is an answer with an error.

    Args:
        turn: A turn with `past`.
        change: What is changed.
        stop: Whether the run is to stop; asked about twice a second.

    Raises:
        Stopped: `stop` returned True meanwhile.
    """
    started, ends = time.perf_counter(), time.monotonic() + change.deadline_s
    turn.cancelled = lambda: stop() or time.monotonic() >= ends
    turn.may_wait = lambda: True  # a failure is raised instead of told to a person
    try:
        with change.active(), no_writes():
            reply = engine.respond(turn)
    except NoModelAvailable as error:
        return Answer("", _figures(turn, None, started), error.latest or why(error))
    except Exception as error:  # a turn that cannot be answered is a row with its error, and the run goes on
        return Answer("", _figures(turn, None, started), raised(error))
    if reply.completion is not None:
        _store_usage(turn.bot, reply, started)
    figures = _figures(turn, reply, started)
    if reply.meta.get("stopped"):
        if stop():
            raise Stopped
        return Answer(reply.text, figures, Reason("answer_too_late", seconds=round(change.deadline_s)))
    if Message.FAILED in reply.meta or Message.REFUSED in reply.meta:
        return Answer("", figures, reply.failure or reply.text)
    return Answer(reply.text, figures, silent=reply.silent, by_act=reply.act is not None)


def figures_of(answered: Message | None, tools: list[str], cost: str) -> dict[str, Any]:
    """Returns the figures of a stored answer."""
    meta = answered.meta if answered is not None else {}
    skill = str(meta.get("skill") or "")
    return {
        "provider": str(meta.get("provider") or ""),
        "model": str(meta.get("model") or ""),
        "prompt": int(meta.get("prompt_tokens") or 0),
        "completion": int(meta.get("completion_tokens") or 0),
        "ms": round(meta.get("model_ms") or 0),
        "cost": cost,
        "tools": tools or ([skill] if skill else []),
    }


def _figures(turn: engine.Turn, reply: engine.Reply | None, started: float) -> dict[str, Any]:
    made = reply.completion if reply is not None else None
    calls = turn.past.calls if turn.past is not None else []
    meta = reply.meta if reply is not None else {}
    tools = [str(one["tool"]) for one in calls]
    if not tools and meta.get("skill"):
        tools = [str(meta["skill"])]
    return {
        "provider": made.provider if made else str(meta.get("provider") or ""),
        "model": made.model if made else "",
        "prompt": made.prompt_tokens if made else 0,
        "completion": made.completion_tokens if made else 0,
        "ms": made.total_ms if made else round((time.perf_counter() - started) * 1000),
        "cost": str(made.cost) if made else "0",
        "tools": tools,
        "calls": calls[:50],
    }


def _store_usage(bot: Bot, reply: engine.Reply, started: float) -> None:
    """Counts tokens and cost as those of a replay, of no person."""
    if reply.completion is None:
        return
    TurnUsage.objects.create(
        bot_id=bot.pk,
        person=None,
        purpose=TurnUsage.Purpose.REPLAY,
        recall_ms=round(reply.recall_ms),
        total_ms=round((time.perf_counter() - started) * 1000),
        **reply.completion.usage(),
    )
