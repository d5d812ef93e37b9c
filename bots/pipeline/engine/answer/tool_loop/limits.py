"""When a loop of tool calls has to end."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

ROUNDS = 8
CALLS = 16
WALL_S = 60.0
TOKENS = 200_000  # of all prompts and answers of a loop together
WINDOWS = 4  # the same, in context windows: a loop with a small model ends earlier
SAME = 3  # the same call with the same result
ERRORS = 4  # in a row, over any tools
LAST_ANSWER_S = 20.0  # for the answer without tools, when the time is over


@dataclass(slots=True)
class Budget:
    """What a loop has used.

    Attributes:
        rounds: Most rounds.
        cost: Most cost, in the currency of the prices; None: no limit.
        window: Tokens of the smallest context window that was asked, or that the bot may use; 0: not known.
    """

    rounds: int = ROUNDS
    cost: Decimal | None = None
    window: int = 0
    started: float = field(default_factory=time.monotonic)
    used_rounds: int = 0
    used_calls: int = 0
    tokens: int = 0
    spent: Decimal = Decimal(0)
    latest: tuple[int, Decimal] = (0, Decimal(0))
    errors: int = 0
    _seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _repeats: bool = False

    @property
    def left_s(self) -> float:
        """Seconds until the wall time is over."""
        return max(0.0, self.started + WALL_S - time.monotonic())

    @property
    def calls_left(self) -> int:
        return CALLS - self.used_calls

    @property
    def most_tokens(self) -> int:
        return min(TOKENS, WINDOWS * self.window) if self.window else TOKENS

    def note_window(self, tokens: int) -> None:
        """Takes the context window of a model that is asked."""
        self.window = min(self.window or tokens, tokens)

    def note_answer(self, tokens: int, cost: Decimal) -> None:
        self.tokens += tokens
        self.spent += cost
        self.latest = (tokens, cost)

    def note_call(self, tool: str, arguments_hash: str, result: str, *, ok: bool) -> None:
        self.used_calls += 1
        self.errors = 0 if ok else self.errors + 1
        self._seen[tool, arguments_hash, result] += 1
        self._repeats = self._repeats or self._seen[tool, arguments_hash, result] >= SAME

    def reason_to_stop(self) -> str:
        """Returns why no further call is made; "" while calls may go on.

        A round goes on only if it and the last answer, each about as long as the latest answer, stay within the limits
        of tokens and cost.
        """
        reasons = (
            ("rounds", self.used_rounds >= self.rounds),
            ("calls", self.used_calls >= CALLS),
            ("time", self.left_s <= 0),
            ("tokens", self.tokens + 2 * self.latest[0] > self.most_tokens),
            ("cost", self.cost is not None and self.spent + 2 * self.latest[1] > self.cost),
            ("repetition", self._repeats),
            ("errors", self.errors >= ERRORS),
        )
        return next((name for name, reached in reasons if reached), "")
