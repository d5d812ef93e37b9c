"""Asks the model, makes the calls it wants, and asks again, until it answers or a limit is reached."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from django.utils.translation import gettext as _

from bots import llm, metrics
from bots.llm import tool_calls
from bots.llm.errors import Cancelled, LimitReached, NoModelAvailable, NothingSaid, PromptRefused
from bots.llm.types import Completion, Messages, Target, ToolSpec
from bots.pipeline.engine.answer.tool_loop import limits, offering, restoring, rounds, telling
from bots.pipeline.engine.answer.tool_loop.calling import Caller, Question
from bots.pipeline.engine.answer.tool_loop.limits import Budget
from bots.pipeline.engine.answer.tool_loop.rounds import Made, Round, Rounds
from bots.pipeline.engine.answer.tool_loop.streaming import Shown
from bots.pipeline.engine.turn import Turn
from clawdbot.files import File
from memory.types import Vector
from skills import journal, tool_health
from skills.tools import Granted

logger = logging.getLogger(__name__)

# Builds the prompt for a model, without what the loop adds, and leaves that many tokens free.
Build = Callable[[Target, int], Messages]


class Ask(Protocol):
    """Asks the models, as `bots.llm.complete` does with the settings of the turn."""

    def __call__(
        self,
        messages: Callable[[Target], Messages],
        *,
        tools: Sequence[ToolSpec],
        on_token: Callable[[str], None] | None,
        on_restart: Callable[[], None],
        within_s: float | None,
    ) -> Completion: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for a yes, in place of an answer."""

    question: Question
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a loop ended.

    Attributes:
        text: All that the person reads.
        completion: Text, tokens, time and cost of all answers of the model; None when it was not asked.
        calls: Number of calls.
        parts: Texts and files for the person, when a tool gave the whole answer.
        files: What else tools gave the person, behind the text.
        stopped: Why no further call was allowed; "" when the model came to its end by itself.
        asked: The call that waits for a yes; its question ends `text`.
        own: The product wrote the answer, because the model gave none.
    """

    text: str
    completion: Completion | None
    calls: int
    parts: tuple[str | File, ...] = ()
    files: tuple[File, ...] = ()
    stopped: str = ""
    asked: Asked | None = None
    own: bool = False


def run(turn: Turn, tools: Sequence[Granted], build: Build, ask: Ask, *, vector: Vector | None = None) -> Outcome:
    """Answers a turn with tools.

    Args:
        turn: The turn.
        tools: The tools that this person may use.
        build: Builds the prompt of the turn.
        ask: Asks the models.
        vector: Embedding of the question, which chooses among many tools.

    Raises:
        Cancelled: The person asked to stop; the error holds all text so far.
        NoModelAvailable: No model answers. What was called stays in the journal: a retried turn goes on from there.
    """
    return _Loop(turn, tools, build, ask, vector).run()


class _Loop:
    def __init__(self, turn: Turn, tools: Sequence[Granted], build: Build, ask: Ask, vector: Vector | None) -> None:
        self._turn, self._build, self._ask = turn, build, ask
        self._begun_by = turn.goes_on or turn.inbound_id
        self._budget = Budget(rounds=min(turn.bot.tool_rounds, limits.ROUNDS), cost=turn.bot.tool_cost)
        self._shown = Shown(turn)
        self._caller = Caller(turn, tools, self._begun_by, self._budget, self._shown)
        self._rounds = Rounds()
        self._number = restoring.FIRST
        self._completion: Completion | None = None
        self._specs, self._tool_tokens = offering.offered(offering.nearest(tools, turn.whole_text, vector))

    def run(self) -> Outcome:
        try:
            return self._run()
        except Cancelled as stopped:
            if stopped.text:
                self._shown.keep(stopped.text)
            raise Cancelled(self._shown.text) from None
        finally:
            self._tell_failures()

    def _run(self) -> Outcome:
        if self._may_have_begun():
            self._number = restoring.restore(self._begun_by, self._caller, self._rounds, self._budget)
        if self._rounds.all:
            self._settle()
            if self._turn.goes_on is None and (ended := self._ended()) is not None:
                return ended  # a call had given the whole answer before the turn was repeated
        if not self._specs and self._rounds.all:  # the tool that a yes was asked for was taken away
            return self._last_answer("no tools")
        while not (reason := self._budget.reason_to_stop()):
            if (ended := self._round()) is not None:
                return ended
        return self._last_answer(reason)

    def _may_have_begun(self) -> bool:
        """Returns whether the journal may hold calls of this loop. An ordinary turn pays no query."""
        turn = self._turn
        if turn.past is not None:
            return False
        return not turn.is_first_try or turn.goes_on is not None or bool(turn.made_calls)

    def _round(self) -> Outcome | None:
        """Asks the model once and makes the calls that it wants. Returns the outcome when the answer is whole."""
        self._take_more()
        try:
            completion = self._next(self._specs, rounds.NOTE, self._budget.left_s if self._rounds.all else None)
        except Cancelled:
            if not self._take_more():
                raise
            self._shown.restart()
            return None
        except NoModelAvailable as error:
            return self._without_model(error)
        made = self._make(completion) if completion.calls else ()
        self._shown.keep(completion.text)
        if not completion.calls:
            return self._outcome()
        self._rounds.all.append(Round(completion.text, made, thoughts=completion.thoughts))
        self._number, self._budget.used_rounds = self._number + 1, self._budget.used_rounds + 1
        self._settle()
        return self._ended()

    def _without_model(self, error: NoModelAvailable) -> Outcome:
        """Returns the answer when the model gave none; raises `error` when the turn can wait or nothing was called."""
        if isinstance(error, NothingSaid) and self._specs:  # with tools some models say nothing, without them they do
            return self._last_answer("silence")
        called = bool(self._rounds.all) and not isinstance(error, (NothingSaid, PromptRefused))
        if not called or (not isinstance(error, LimitReached) and self._turn.may_wait()):
            raise error
        return self._own_answer("no model")

    def _make(self, completion: Completion) -> tuple[Made, ...]:
        self._turn.calling = True
        try:
            return self._caller.make(self._number, completion.calls)
        finally:
            self._turn.calling = False

    def _take_more(self) -> bool:
        """Adds what the person wrote meanwhile behind the last results. Before the first call the turn restarts."""
        if not self._rounds.all or not (said := self._turn.take_more()):
            return False
        last = self._rounds.all[-1]
        self._rounds.all[-1] = replace(last, said="\n".join(filter(None, (last.said, said))))
        return True

    def _ended(self) -> Outcome | None:
        """Returns the outcome when the calls themselves end the turn: with a question, or with the whole answer."""
        if (question := self._caller.question) is not None:
            text = telling.question(question)
            self._shown.say(text)
            return replace(self._outcome(), asked=Asked(question, text))
        if (direct := self._caller.direct) is not None:
            text = direct.text if not direct.parts else ""
            self._shown.say(text)
            return replace(self._outcome(), parts=direct.parts)
        return None

    def _last_answer(self, reason: str) -> Outcome:
        """Lets the model answer without tools; if it gives no answer, the product does."""
        try:
            completion = self._next((), rounds.ANSWER_NOW, limits.LAST_ANSWER_S)
        except NoModelAvailable:
            if not self._rounds.all:
                raise
            completion = None
        names = list(self._caller.tools)
        if completion is None or completion.calls or tool_calls.in_text(completion.text, names)[1]:
            return self._own_answer(reason)
        self._shown.keep(completion.text)
        return self._stopped(reason)

    def _own_answer(self, reason: str) -> Outcome:
        """Answers from the results, because no model does."""
        self._shown.restart()
        self._shown.say(telling.from_results(self._rounds.results))
        return replace(self._stopped(reason), own=True)

    def _stopped(self, reason: str) -> Outcome:
        logger.info("tool calls of inbound %s end: %s", self._turn.inbound_id, reason)
        if self._turn.past is None:
            metrics.tool_stop(reason)
        return replace(self._outcome(), stopped=reason)

    def _next(self, specs: Sequence[ToolSpec], note: str, within_s: float | None) -> Completion:
        """Asks the model once, with all rounds so far."""
        self._check_stop()

        def messages(target: Target) -> Messages:
            self._budget.note_window(min(target.context_tokens, self._turn.bot.context_tokens or target.context_tokens))
            room = target.context_tokens // 2
            taken = self._rounds.tokens(room) + (self._tool_tokens if specs and llm.takes_tools(target) else 0)
            base = self._build(target, taken)
            if target.is_demo or (not specs and not self._rounds.all):
                return base
            noted = rounds.with_note(base, rounds.NOTE)
            found = [*noted, *self._rounds.messages(room)]
            return found if specs else [*found, {"role": "user", "content": note}]

        completion = self._ask(
            messages,
            tools=specs,
            on_token=self._shown.piece if self._shown.on_token else None,
            on_restart=self._shown.restart,
            within_s=within_s,
        )
        self._budget.note_answer(completion.prompt_tokens + completion.completion_tokens, completion.cost)
        self._completion = completion if self._completion is None else _sum(self._completion, completion)
        return completion

    def _outcome(self) -> Outcome:
        completion = self._completion
        if completion is not None:
            completion = replace(completion, text=self._shown.text, calls=())
        return Outcome(self._shown.text, completion, self._budget.used_calls, files=self._rounds.files)

    def _settle(self) -> None:
        """Lets the transaction that closes the turn drop what only a repeated turn needs; once."""
        if self._settle_write not in self._turn.staged:
            self._turn.staged.append(self._settle_write)

    def _settle_write(self) -> None:
        journal.settle(self._begun_by)

    def _tell_failures(self) -> None:
        if self._turn.past is not None:
            return
        for tool in tool_health.failing(self._turn.bot.pk):
            last = next((made.result.text for made in self._rounds.results if made.tool == tool), "")
            tool_health.pause(self._turn.bot.pk, tool, last or _("no answer in time"))

    def _check_stop(self) -> None:
        if self._rounds.all and self._turn.cancelled():
            raise Cancelled


def _sum(first: Completion, second: Completion) -> Completion:
    return replace(
        second,
        prompt_tokens=first.prompt_tokens + second.prompt_tokens,
        last_prompt_tokens=second.prompt_tokens,
        completion_tokens=first.completion_tokens + second.completion_tokens,
        first_token_ms=first.first_token_ms,
        total_ms=first.total_ms + second.total_ms,
        cost=first.cost + second.cost,
        estimated=first.estimated or second.estimated,
    )
