"""Asks the configured models in turn and returns the first answer (`complete`)."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cachetools import LRUCache

from bots.limits.account import Account, Full, Price, Purse
from bots.limits.payments import Payments
from bots.limits.rules import Owners
from bots.llm import candidates, client, figures, health, routing, token_estimate, token_usage
from bots.llm.circuit_breaker import breaker
from bots.llm.errors import (
    Cancelled,
    EmptyAnswer,
    LimitReached,
    NoModelAvailable,
    NothingSaid,
    PromptRefused,
    ProviderError,
    RequestRefused,
)
from bots.llm.replies import Reply
from bots.llm.request_body import Options
from bots.llm.types import Completion, MessageBuilder, Messages, Target, ToolSpec
from clawdbot import computing
from clawdbot.backoff import Backoff
from clawdbot.reasons import Reason, Why, why

if TYPE_CHECKING:
    from bots.models.bot import Bot

ATTEMPTS = 2
BACKOFF = Backoff(tries=ATTEMPTS, first_s=0.4, longest_s=0.4, jitter=0.75)
# Used without a bot; a new bot has the same defaults.
DEFAULT_MAX_TOKENS = 512
DEFAULT_TEMPERATURE = 0.3
LONGEST_WAIT_S = 2.0
# A second try with less time than that cannot succeed.
LEAST_TIME_S = 0.1
# So small a model adds nothing useful after that.
DEMO_MAX_TOKENS = 160
LEAST_WINDOW = 256
CHARACTERS_A_TOKEN = 3  # of an answer that broke off
# Endpoints count more tokens of a prompt than we estimate: other tokenizers, and the marks of their chat templates. So
# much more is reserved, because calls under way at the same time may together pass a limit by the difference.
RESERVED_SHARE, RESERVED_TOKENS = 1.3, 64
# Context windows that refusals named, where they are smaller than configured.
_windows: LRUCache[tuple[str, str], int] = LRUCache(256)

logger = logging.getLogger(__name__)


def complete(
    messages: Messages | MessageBuilder,
    *,
    bot: Bot | None = None,
    on_token: Callable[[str], None] | None = None,
    on_restart: Callable[[], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    max_tokens: int | None = None,
    temperature: float | None = None,
    timeout: float | None = None,
    allow_demo: bool | Callable[[], bool] = True,
    counts_failures: bool = True,
    tools: Sequence[ToolSpec] = (),
    within_s: float | None = None,
    schema: Mapping[str, Any] | None = None,
    has_image: bool = False,
    owners: Owners | None = None,
    payments: Payments | None = None,
) -> Completion:
    """Asks the configured models in priority order, the embedded model last, until one answers.

    Args:
        messages: The prompt, or a function that builds the prompt for a target: for its context window, or in the
            short form for the demonstration model (`target.is_demo`).
        bot: Source of the default temperature and reply length, and of the models to ask.
        on_token: Called in this thread with each piece of the stream. Without it the endpoint sends the whole answer
            at once, which costs far less CPU.
        on_restart: Called when a model fails after `on_token` received pieces: discard them, a new answer follows.
        cancelled: Checked before each try, after each piece and twice a second while nothing comes.
        max_tokens: Longest reply, in tokens.
        temperature: 0 to 2. The demonstration model always gets 0 and at most 160 tokens.
        timeout: Seconds for the whole answer of one model, with its second try. Default: the time-out of the provider.
        allow_demo: Whether the embedded model, which speaks English only, may answer. A function is called only when no
            other model answered, so an expensive rule rarely runs.
        counts_failures: Whether a failure counts for the circuit. Background work must not close models to people, for
            instance with a long wait that the endpoint asks of it.
        within_s: Seconds for the whole answer of one model, when that is less than its time-out.
        schema: JSON schema of the answer, an object; an endpoint that takes none is asked without it. With it no tools.
        has_image: The message has an image, so models that see come first.
        tools: Tools that the model may call; a model that takes none is asked without them.
        owners: Whose limits hold. A model for which a limit has no room is passed over, so a cheaper one may answer.
        payments: What the call owes is added to these, for the caller to settle; None: it is settled at once.

    Returns:
        The answer with its tokens (estimated where the endpoint reports none), milliseconds and cost.

    Raises:
        PromptRefused: A model refused the prompt for its content, and no other model answered.
        NoModelAvailable: No model is configured, or all failed; `retry_after` is the shortest pause of an open circuit.
            It is permanent when none is configured.
        NothingSaid: All that failed is that the answers were empty.
        LimitReached: A limit had no room for one of the models, and no other one answered.
        Cancelled: `cancelled()` returned True; the error holds the text so far.
    """
    run = _Run(messages, on_token, on_restart, cancelled)
    run.counts_failures, run.tools, run.account = counts_failures, tuple(tools), Account(owners, payments)
    run.max_tokens = max_tokens or (bot.max_reply_tokens if bot else DEFAULT_MAX_TOKENS)
    run.temperature = temperature if temperature is not None else (bot.temperature if bot else DEFAULT_TEMPERATURE)
    waits: list[float] = []
    any_target = False
    run.schema = schema
    models = routing.of_turn(bot.pk if bot else None, run.prompt_tokens, has_image=has_image)
    for target in candidates.in_order(allow_demo, models):
        any_target = True
        if target.is_demo and run.refused is not None:
            break  # so small a model answers no question that a better one refused
        if refusal := breaker.refusal(target):
            waits.append(refusal.wait_s)
        elif completion := run.paid(target, min(timeout or target.timeout_s, within_s or math.inf)):
            return completion
    if run.refused is not None:
        run.withdraw()
        raise PromptRefused(run.refused)
    if run.over_limit:
        raise LimitReached(Reason("limit_reached"))
    if not any_target:
        raise NoModelAvailable(Reason("no_model"), permanent=True)
    if run.empty and not run.failed and not waits:
        raise NothingSaid(Reason("answer_empty"))
    failure = NoModelAvailable(Reason("no_model_answered"), retry_after=min(waits, default=None))
    failure.latest = run.latest
    raise failure


def clear_cache() -> None:
    """Forgets the context windows that endpoints named."""
    _windows.clear()


class _Run:
    """One call of `complete` over all models."""

    def __init__(
        self,
        messages: Messages | MessageBuilder,
        on_token: Callable[[str], None] | None,
        on_restart: Callable[[], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.messages, self.cancelled, self.on_restart = messages, cancelled, on_restart
        self._sink = on_token
        self.on_token = self._handed_out if on_token else None
        self.max_tokens, self.temperature = DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE
        self.started = time.perf_counter()
        self.dirty = False
        # Reasons, because an error holds the frames that it passed, and with them this object and open connections.
        self.refused: Why | None = None
        self.latest: Why = ""  # why the latest model did not answer
        self.empty = self.failed = False
        self.counts_failures = True
        self.tools: tuple[ToolSpec, ...] = ()
        self.schema: Mapping[str, Any] | None = None
        self.account = Account(None)
        self.over_limit = False
        self._built: tuple[Target, int, Messages] | None = None
        self.broken_off = 0  # characters of the answer of this model that came to no end

    def prompt_tokens(self, target: Target) -> int:
        """Returns the tokens of the prompt for this model."""
        return token_estimate.of_messages(self._prompt(target)[0])

    def _handed_out(self, piece: str) -> None:
        self.dirty = True
        self.broken_off += len(piece)
        if self._sink is not None:
            self._sink(piece)

    def paid(self, target: Target, timeout_s: float) -> Completion | None:
        """Returns the answer of this model, or None. Its limits pay for the answer, also for one that broke off."""
        purse, self.broken_off = self._reserve(target, timeout_s), 0
        if purse is None:
            return None
        try:
            completion = self.ask(target, timeout_s)
            if completion is not None:
                purse.pay(completion.prompt_tokens + completion.completion_tokens, completion.cost)
            elif self.broken_off:
                self._pay_broken(target, purse, self.broken_off)
        except Cancelled as stopped:
            if stopped.text or self.broken_off:
                self._pay_broken(target, purse, max(len(stopped.text), self.broken_off))
            raise
        finally:
            purse.give_back()
        return completion

    def _reserve(self, target: Target, timeout_s: float) -> Purse | None:
        """Reserves what the call may use; None when a limit has no room. The embedded model costs nothing."""

        def estimate() -> tuple[int, int]:
            messages, longest = self._prompt(target)
            return math.ceil(self._prompt_tokens(messages) * RESERVED_SHARE) + RESERVED_TOKENS, longest

        account = Account(None) if target.is_demo else self.account
        try:
            return account.reserve(Price(target.input_price, target.output_price), estimate, timeout_s)
        except Full as full:
            logger.info("model %s is not asked: the limit of the %s is reached", target.name, full.rule.kind)
            self.over_limit = True
            return None

    def _prompt_tokens(self, messages: Messages) -> int:
        tools = sum(token_estimate.estimate(json.dumps(one.to_dict(), ensure_ascii=False)) for one in self.tools)
        return token_estimate.of_messages(messages) + tools

    def _pay_broken(self, target: Target, purse: Purse, characters: int) -> None:
        """Pays for an answer that the person stopped or that broke off: what had come is all that is known of it."""
        messages, _longest = self._prompt(target)
        tokens = self._prompt_tokens(messages), -(-characters // CHARACTERS_A_TOKEN)
        cost = Price(target.input_price, target.output_price).of(*tokens)
        purse.pay(sum(tokens), cost)
        if not target.is_demo:
            self.account.note_broken(target.name, target.model, tokens, cost)

    def ask(self, target: Target, timeout_s: float) -> Completion | None:
        """Returns the answer of this model, or None. Tries twice when a retry can help."""
        messages, max_tokens = self._prompt(target)
        temperature = 0.0 if target.is_demo else self.temperature
        deadline = time.monotonic() + timeout_s
        for attempt in range(1, ATTEMPTS + 1):
            self._begin()
            left_s = max(deadline - time.monotonic(), LEAST_TIME_S)
            tools = self.tools if client.takes_tools(target) else ()
            options = Options(
                max_tokens, temperature, left_s, self.on_token, self.cancelled, self.withdraw, tools, self.schema
            )
            began = time.perf_counter()
            try:
                with computing.waiting():
                    reply = client.ask(target, messages, options)
                if not reply.text.strip() and not reply.calls:
                    raise EmptyAnswer(Reason("answer_empty"), permanent=target.is_demo)
            except ProviderError as error:
                figures.note_failure(target, why(error), began, refused=isinstance(error, RequestRefused))
                if attempt < ATTEMPTS and self._learns_window(target, error):
                    messages, max_tokens = self._prompt(target)
                    continue
                if not self._worth_repeating(target, error, attempt, deadline):
                    return None
            else:
                breaker.succeeded(target)
                health.note_ok(target.key)
                return self._completion(target, messages, reply, began)
        return None

    def _prompt(self, target: Target) -> tuple[Messages, int]:
        """Returns prompt and longest reply for the context window of the model."""
        window = min(target.context_tokens, _windows.get((target.endpoint, target.model), target.context_tokens))
        longest = min(self.max_tokens, DEMO_MAX_TOKENS) if target.is_demo else min(self.max_tokens, window // 2)
        return self._messages(target, window), max(longest, 1)

    def _messages(self, target: Target, window: int) -> Messages:
        """Returns the prompt, which the reservation and the call both need; it is built once."""
        if not callable(self.messages):
            return self.messages
        if self._built is None or self._built[:2] != (target, window):
            sized = target if window == target.context_tokens else replace(target, context_tokens=window)
            self._built = (target, window, self.messages(sized))
        return self._built[2]

    def _learns_window(self, target: Target, error: ProviderError) -> bool:
        """Notes the context window that a refusal names. Returns whether a shorter prompt can be made for it."""
        window = error.window if isinstance(error, RequestRefused) else None
        key = (target.endpoint, target.model)
        if window is None or not LEAST_WINDOW <= window < _windows.get(key, target.context_tokens):
            return False
        # What it refused was within our estimate, so its tokens are smaller than estimated.
        _windows[key] = max(window * 3 // 4, LEAST_WINDOW)
        logger.warning("model %s: its context window has %d tokens", target.name, window)
        return callable(self.messages)

    def _begin(self) -> None:
        if self.cancelled is not None and self.cancelled():
            raise Cancelled
        self.withdraw()

    def withdraw(self) -> None:
        """Tells the caller to discard the pieces that a failed model sent."""
        if self.dirty:
            self.dirty = False
            if self.on_restart is not None:
                self.on_restart()

    def _worth_repeating(self, target: Target, error: ProviderError, attempt: int, deadline: float) -> bool:
        logger.warning("model %s: %s", target.name, error)
        wait_s = BACKOFF.next_delay_s(attempt, error)
        has_time = deadline - time.monotonic() > (wait_s or 0.0) + LEAST_TIME_S
        if wait_s is not None and has_time and (error.retry_after or 0.0) <= LONGEST_WAIT_S:
            with computing.waiting():
                time.sleep(min(wait_s, LONGEST_WAIT_S))
            return True
        self.latest = why(error)
        if isinstance(error, RequestRefused):
            self.refused = why(error)
            breaker.succeeded(target)  # the endpoint, the key and the model work
        elif isinstance(error, EmptyAnswer):
            self.empty = True
        else:
            self.failed = True
            if self.counts_failures:
                breaker.failed(target, why(error), permanent=error.permanent, retry_after=error.retry_after)
        health.note_error(target.key, why(error), self._pause_s(target))
        return False

    @staticmethod
    def _pause_s(target: Target) -> float:
        """Returns the seconds for which the failure has opened the circuit."""
        wait_s = breaker.wait_s(target)
        if wait_s > 0:
            figures.note_open_circuit(target)
        return wait_s

    def _completion(self, target: Target, messages: Messages, reply: Reply, began: float) -> Completion:
        now = time.perf_counter()
        prompt, answer = reply.usage.prompt, reply.usage.completion
        estimated = not prompt or answer is None
        if not prompt:  # some servers report 0 for whatever they were sent, and limits would never be reached
            prompt = token_estimate.of_messages(messages)
        if answer is None:
            answer = token_estimate.estimate(reply.text + "".join(call.arguments for call in reply.calls))
        figures.note_answer(target, reply, began, prompt=prompt, completion=answer)
        first = reply.first_token_at or now
        return Completion(
            text=reply.text.strip(),
            provider=target.name,
            model=reply.model or target.model,
            prompt_tokens=prompt,
            completion_tokens=answer,
            first_token_ms=round((first - self.started) * 1000),
            total_ms=round((now - self.started) * 1000),
            cost=token_usage.cost(target, prompt, answer, reply.usage.cached, reply.usage.written),
            is_demo=target.is_demo,
            estimated=estimated,
            cut=reply.finish if reply.finish in ("length", "content_filter") else "",
            calls=reply.calls,
            cached_tokens=reply.usage.cached,
            thoughts={**reply.thoughts, "of": (target.endpoint, target.model)} if reply.thoughts else None,
        )
