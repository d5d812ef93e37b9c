"""Makes the calls of one round: readers side by side, all others one after the other, each at most once."""

from __future__ import annotations

import logging
import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from bots import metrics
from bots.llm.errors import Cancelled
from bots.llm.types import ToolRequest
from bots.pipeline.engine.answer.tool_loop import arguments
from bots.pipeline.engine.answer.tool_loop.limits import Budget
from bots.pipeline.engine.answer.tool_loop.rounds import Made
from bots.pipeline.engine.answer.tool_loop.streaming import Shown
from bots.pipeline.engine.ports import context as contexts
from bots.pipeline.engine.turn import Turn
from clawdbot import computing, tracing
from clawdbot.redaction import redact, redact_value
from clawdbot.skills import SkillError
from clawdbot.skills.context import Context
from clawdbot.skills.effects import READS_ONLY
from clawdbot.storable_text import storable
from skills import journal, limits, tool_health, tool_results
from skills.journal import Call
from skills.models import ToolCall
from skills.tool_types import Tool, ToolResult
from skills.tools import Granted

logger = logging.getLogger(__name__)

SIDE_BY_SIDE = 4
LEAST_S = 1.0
NOT_ALLOWED_YET = (
    "A member of the team must allow this call first, so it was not made. Tell the person that you come back to them."
)
ONE_AT_A_TIME = "Not made: another call waits for a yes of the person. Call it again after that."
MADE_ONCE = "Not made again: the same call was made just before."
TOO_MANY = "Not made: too many calls in one answer."
NO_ANSWER = "No answer: nobody said in time whether this call is allowed, so it was not made."
GONE = "Not made: this tool is not available any more."
REFUSED = "Not allowed, so the call was not made. Do not try it again."


@dataclass(frozen=True, slots=True)
class Question:
    """A call that waits for a yes of the person.

    Attributes:
        row: The row to insert together with the question.
        tool: The tool.
        arguments: As the tool gets them.
        preview: What the call would do, in the person's language; "" when the tool does not say it.
        after_outside: It is asked because the model has read words of strangers before.
    """

    row: ToolCall
    tool: Tool
    arguments: Mapping[str, Any]
    preview: str
    after_outside: bool = False


@dataclass(slots=True)
class _Planned:
    """A call of the round on its way to a result."""

    call: Call
    granted: Granted | None
    result: ToolResult | None = None
    ms: float = 0.0
    twin: _Planned | None = None  # the same call earlier in this answer, whose result it gets
    is_repetition: bool = False  # of the call before it, whose result it gets

    @property
    def reads(self) -> bool:
        return self.granted is not None and not self.granted.asked and self.granted.tool.effects == READS_ONLY


class Caller:
    """Makes calls for one turn.

    Attributes:
        question: The first call that waits for a yes of the person.
        direct: What a tool gives the person as the whole answer.
    """

    def __init__(self, turn: Turn, tools: Sequence[Granted], begun_by: int, budget: Budget, shown: Shown) -> None:
        self.turn, self.begun_by, self._budget, self._shown = turn, begun_by, budget, shown
        self.tools = {one.tool.name: one for one in tools}
        self.question: Question | None = None
        self.direct: ToolResult | None = None
        # A result of an earlier round holds words of strangers, which may have told the model what to call.
        self._read_outside = False
        # The latest call of a skill with an effect, by tool and arguments, if it succeeded.
        self._latest: tuple[tuple[str, str], ToolResult] | None = None

    def make(self, number: int, requests: Sequence[ToolRequest]) -> tuple[Made, ...]:
        """Makes the calls of a round and returns them with their results, in the order of the requests.

        Raises:
            Cancelled: The person asked to stop; no further call is made.
        """
        planned = [self._plan(number, place, request) for place, request in enumerate(requests)]
        _find_twins(planned)
        for one in [one for one in planned if one.twin is None][max(self._budget.calls_left, 0) :]:
            one.result = one.result or ToolResult(TOO_MANY, ok=False)
        try:
            self._make(planned)
        except Cancelled:
            for one in planned:
                if one.result is None:
                    self._record(one.call, ToolResult("", ok=False), 0.0, state=ToolCall.State.CANCELLED)
            raise
        made = tuple(self._made(one) for one in planned)
        for one in planned:
            self._note_outside(one.granted)
        return made

    def _make(self, planned: Sequence[_Planned]) -> None:
        for reads, group in groupby(planned, key=lambda one: one.reads):
            waiting = [one for one in group if one.result is None and one.twin is None]
            if reads:
                for start in range(0, len(waiting), SIDE_BY_SIDE):
                    self._read(waiting[start : start + SIDE_BY_SIDE])
            else:
                for one in waiting:
                    self._stop_if_asked()
                    one.result = self._decide(one)

    def repeat(self, row: ToolCall) -> ToolResult:
        """Returns the result of a call of the journal; makes it if it is allowed and was not made yet."""
        self._note_outside(self.tools.get(row.tool))
        match row.state:
            case ToolCall.State.WAITING:
                return ToolResult(NOT_ALLOWED_YET, ok=False)
            case ToolCall.State.REFUSED:
                return ToolResult(REFUSED, ok=False)
            case ToolCall.State.EXPIRED:
                return ToolResult(NO_ANSWER, ok=False)
        if row.idempotency_key in self.turn.made_calls:  # this turn holds what the call has staged
            return self._noted(row, journal.stored(row))
        granted, given = self.tools.get(row.tool), journal.arguments_of(row)
        if granted is None or given is None:
            return self._without_tool(row)
        self._stop_if_asked()
        call = self._call(row.round, row.place, row.tool, granted, given)
        result, _ms = self._once(call, granted.tool)
        return self._noted(row, result)

    def _noted(self, row: ToolCall, result: ToolResult) -> ToolResult:
        if row.effects != " ".join(READS_ONLY):
            self._latest = ((row.tool, row.arguments_hash), result) if result.ok else None
        return result

    def _without_tool(self, row: ToolCall) -> ToolResult:
        """Returns the result of a call whose tool is no longer granted, or whose arguments are not those of the yes."""
        if row.state == ToolCall.State.ALLOWED:
            journal.drop(row.pk)
            return ToolResult(GONE, ok=False)
        return journal.cut_short(row) if row.state == ToolCall.State.STARTED else journal.stored(row)

    def _plan(self, number: int, place: int, request: ToolRequest) -> _Planned:
        granted = self.tools.get(request.name)
        if granted is None:
            names = ", ".join(self.tools)
            told = f"There is no tool “{request.name[:64]}”. The tools are: {names}."
            return self._refused(number, place, request, None, told)
        try:
            given = arguments.read(request.arguments, granted.tool.schema, cut=request.cut)
        except arguments.Unfit as unfit:
            return self._refused(number, place, request, granted, str(unfit))
        planned = _Planned(self._call(number, place, request.name, granted, given), granted)
        if (past := self.turn.past) is not None and not granted.asked:
            call = planned.call
            planned.result = past.result_of(call.key, call.tool, call.arguments_hash, call.effects)
        return planned

    def _refused(self, number: int, place: int, request: ToolRequest, granted: Granted | None, told: str) -> _Planned:
        name = storable(request.name)[:64] or "?"
        call = self._call(number, place, name, granted, {"…": request.arguments[:2000]} if request.arguments else {})
        result = ToolResult(told, ok=False)
        self._record(call, result, 0.0, state=ToolCall.State.CANCELLED)
        return _Planned(call, granted, result)

    def _call(self, number: int, place: int, name: str, granted: Granted | None, given: Mapping[str, Any]) -> Call:
        return Call(
            bot_id=self.turn.bot.pk,
            conversation_id=self.turn.conversation.pk,
            inbound_id=self.turn.inbound_id,
            begun_by=self.begun_by,
            round=number,
            place=place,
            tool=name,
            source=granted.tool.source if granted else "",
            effects=granted.tool.effects if granted else READS_ONLY,
            arguments=given,
        )

    def _decide(self, one: _Planned) -> ToolResult:
        """Makes a call that may have an effect, or lets it wait for a yes."""
        granted = one.granted
        if granted is None:  # it has a result already
            return ToolResult("", ok=False)
        if self.question is not None:
            return ToolResult(ONE_AT_A_TIME, ok=False)
        suspect = not granted.asked and self._is_suspect(one.call, granted)
        if not (granted.asked or suspect):
            if (earlier := self._made_just_before(one.call)) is not None:
                one.is_repetition = True
                return earlier
            result, one.ms = self._once(one.call, granted.tool)
            self._note_effect(one.call, result)
            return result
        row = journal.waiting(
            one.call, asked=granted.asked or journal.PERSON, person_id=self.turn.person.pk, now=self.turn.now
        )
        if granted.asked == journal.OPERATOR:
            self.turn.staged.append(partial(journal.insert, row))
            return ToolResult(NOT_ALLOWED_YET, ok=False)
        preview = self._preview(one.call, granted.tool)
        self.question = Question(row, granted.tool, one.call.arguments, preview, after_outside=suspect)
        return ToolResult(journal.UNKNOWN_RESULT.text, ok=False)

    def _note_outside(self, granted: Granted | None) -> None:
        self._read_outside = self._read_outside or (granted is not None and granted.tool.outside_words)

    def _is_suspect(self, call: Call, granted: Granted) -> bool:
        """Returns whether a stranger may be behind a call that changes something: a yes of the person tells.

        A call all of whose values the person has written is theirs. A flow asks the person by itself.
        """
        if not self._read_outside or granted.never or call.source == "flow":
            return False
        if granted.tool.only_reads(call.arguments):
            return False
        return not arguments.are_said(call.arguments, granted.tool.schema, self.turn.text)

    def _made_just_before(self, call: Call) -> ToolResult | None:
        """Returns the result of the same call of a skill with no other effect since: models repeat what is done."""
        if call.source != "skill" or self._latest is None or self._latest[0] != (call.tool, call.arguments_hash):
            return None
        return self._latest[1]

    def _note_effect(self, call: Call, result: ToolResult) -> None:
        self._latest = ((call.tool, call.arguments_hash), result) if result.ok else None

    def _preview(self, call: Call, tool: Tool) -> str:
        try:
            return redact(storable(tool.preview(call.arguments, self._context(call, tool))))
        except Exception:  # third-party code; the arguments are shown instead
            logger.warning("the preview of tool %s failed", tool.name, exc_info=True)
            return ""

    def _once(self, call: Call, tool: Tool) -> tuple[ToolResult, float]:
        started = time.perf_counter()
        run = partial(self._run, call, tool)
        with computing.waiting():
            result = journal.once(call, run, idempotent=tool.idempotent, staged=self._staged)
        self.turn.made_calls.add(call.key)
        return result, (time.perf_counter() - started) * 1000

    def _read(self, planned: list[_Planned]) -> None:
        """Makes calls that only read, at the same time."""
        self._stop_if_asked()
        before = self._staged()
        running = [self._begin(one) for one in planned]
        for one, call in zip(planned, running, strict=True):
            one.result, one.ms = self._outcome(one, call)
        staged = self._staged() > before
        for one in planned:
            if one.result is not None:
                one.result = tool_results.bounded(one.result)
                self._record(one.call, one.result, one.ms, staged=staged)
                self.turn.made_calls.add(one.call.key)

    def _begin(self, one: _Planned) -> tuple[limits.Running | None, float]:
        tool, started = self._tool(one), time.perf_counter()
        key = -zlib.crc32(f"{self.turn.bot.pk}/{tool.name}".encode())
        try:
            return limits.begin(partial(self._run, one.call, tool), key, self.turn.language), started
        except limits.TooSlow:
            return None, started

    def _outcome(self, one: _Planned, begun: tuple[limits.Running | None, float]) -> tuple[ToolResult, float]:
        running, started = begun
        tool = self._tool(one)
        limit_s = max(min(tool.timeout_s, self._budget.left_s), LEAST_S)
        result = ToolResult("The tool did not answer in time.", ok=False)
        if running is not None:
            try:
                with computing.waiting():
                    result = running.outcome(limit_s, self.turn.cancelled)
            except limits.Stopped:
                raise Cancelled from None
            except limits.TooSlow:
                self._note_health(tool.name, ok=False)
        return result, (time.perf_counter() - started) * 1000

    def _run(self, call: Call, tool: Tool) -> ToolResult:
        """Calls the tool. Whatever it raises is a result."""
        try:
            result = tool.call(call.arguments, self._context(call, tool))
        except SkillError as told:
            return ToolResult(storable(str(told)) or "The tool cannot do this.", ok=False)
        except Exception as error:  # of third-party code; the model learns what kind it was
            logger.warning("tool %s failed", tool.name, exc_info=error)
            result = ToolResult(f"The tool failed: {type(error).__name__}.", ok=False)
        self._note_health(tool.name, ok=result.ok)
        return result

    def _context(self, call: Call, tool: Tool) -> Context:
        timeout_s = max(min(tool.timeout_s, self._budget.left_s), LEAST_S)
        skill_id = tool.source_id if tool.source == "skill" else 0
        context = contexts.build(self.turn, key=call.key, skill_id=skill_id, timeout_s=timeout_s)
        context.services.progress = self._shown.progress
        return context

    def _made(self, one: _Planned) -> Made:
        if one.twin is not None:
            one.result = one.twin.result
        if one.twin is not None or one.is_repetition:
            self._record(one.call, ToolResult(MADE_ONCE, ok=False), 0.0, state=ToolCall.State.CANCELLED)
        result = one.result or ToolResult(ONE_AT_A_TIME, ok=False)
        call, tool = one.call, one.granted.tool if one.granted else None
        if one.twin is None:
            self._budget.note_call(call.tool, call.arguments_hash, result.text, ok=result.ok)
        else:
            self._budget.used_calls += 1
        if self.turn.past is None:
            metrics.tool_call(call.source or "unknown", "ok" if result.ok else "failed", one.ms / 1000)
            tracing.record("tool", one.ms / 1000, ok=result.ok, tool=call.tool, source=call.source or "unknown")
        else:
            self.turn.past.note(call.key, call.tool, redact_value(dict(call.arguments)), ok=result.ok)
        if result.direct and result.ok and self.direct is None:
            self.direct = result
        shown = redact_value(dict(call.arguments))
        return Made(call.key[:9], call.tool, tool.label if tool else call.tool, shown, result, call.source)

    def _tool(self, one: _Planned) -> Tool:
        assert one.granted is not None  # noqa: S101  only granted calls are made
        return one.granted.tool

    def _record(self, call: Call, result: ToolResult, ms: float, *, staged: bool = False, state: str = "") -> None:
        if self.turn.past is None:
            journal.record(call, result, ms, staged=staged, state=state)

    def _note_health(self, name: str, *, ok: bool) -> None:
        if self.turn.past is None:
            tool_health.note(self.turn.bot.pk, name, ok=ok)

    def _staged(self) -> int:
        """Returns the number of writes that wait for the transaction which closes the turn."""
        return len(self.turn.staged) + len(self.turn.memories) + len(self.turn.transitions)

    def _stop_if_asked(self) -> None:
        if self.turn.cancelled():
            raise Cancelled


def _find_twins(planned: Sequence[_Planned]) -> None:
    """Marks calls that an answer holds more than once: models repeat a call that they mean once.

    A server of somebody else may mean each of them: "scroll down", three times.
    """
    first: dict[tuple[str, str], _Planned] = {}
    for one in planned:
        same = first.setdefault((one.call.tool, one.call.arguments_hash), one)
        if one.result is None and same is not one and not (one.call.source == "mcp" and not one.reads):
            one.twin = same
