"""Gives memory consolidation a model with a token budget (`memory.consolidation.llm_port`) and records its usage."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Sum
from django.utils import timezone

from bots.limits.rules import Owners
from bots.llm import ChatMessage, Completion, NoModelAvailable, PromptRefused, available, complete
from bots.llm.token_estimate import of_messages
from bots.models import TurnUsage
from memory.consolidation.llm_port import BadAnswer, ModelUnavailable, Spent, TextRefused
from memory.types import Scope

REPLY_TOKENS = 1500
DAY = timedelta(hours=24)


def writer_for(bot_id: int, purpose: str = TurnUsage.Purpose.MEMORY) -> BudgetedWriter | None:
    """Returns the writer for one run over this bot; None without a provider or without budget.

    Args:
        bot_id: The bot.
        purpose: What its usage is recorded as; a value of `TurnUsage.Purpose`.
    """
    memory = settings.CLAWDBOT.memory
    left = min(memory.optimize_tokens_per_run, memory.optimize_tokens_per_day - used_lately(bot_id))
    return BudgetedWriter(left, purpose) if left > 0 and available(allow_demo=False) else None


def used_lately(bot_id: int) -> int:
    """Returns the tokens that consolidation and summaries of this bot used in the last 24 hours."""
    rows = TurnUsage.objects.for_bot(bot_id).filter(
        purpose__in=(TurnUsage.Purpose.MEMORY, TurnUsage.Purpose.SUMMARY), created_at__gte=timezone.now() - DAY
    )
    return int(rows.aggregate(n=Sum(F("prompt_tokens") + F("completion_tokens")))["n"] or 0)


class BudgetedWriter:
    """Asks the configured providers, never the embedded model, until the budget (in tokens) is used up."""

    def __init__(self, budget: int, purpose: str = TurnUsage.Purpose.MEMORY) -> None:
        self.spent = Spent()
        self._budget, self._purpose = budget, purpose

    def json(self, scope: Scope, instructions: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
        """See `memory.consolidation.llm_port.Writer`."""
        messages: list[ChatMessage] = [
            {"role": "system", "content": f"{instructions}\nSchema: {json.dumps(schema, separators=(',', ':'))}"},
            {"role": "user", "content": text},
        ]
        if self.spent.prompt + self.spent.completion + of_messages(messages) + REPLY_TOKENS > self._budget:
            raise ModelUnavailable("the budget of tokens is spent")
        try:
            completion = complete(
                messages,
                max_tokens=REPLY_TOKENS,
                temperature=0.0,
                allow_demo=False,
                counts_failures=False,
                schema=schema,
                owners=Owners(scope.bot_id, scope.person_id),
            )
        except PromptRefused as error:
            raise TextRefused(str(error)) from error
        except NoModelAvailable as error:
            raise ModelUnavailable(str(error)) from error
        self.spent.prompt += completion.prompt_tokens
        self.spent.completion += completion.completion_tokens
        _note(scope, completion, self._purpose)
        return _object(completion.text)


def as_json(value: Any) -> str:
    """Returns data for a prompt: in one line, so that nothing in it looks like a part of the prompt."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _note(scope: Scope, completion: Completion, purpose: str) -> None:
    """Writes the usage at once, outside the run's transactions, so it counts even if the run fails."""
    TurnUsage.objects.create(
        bot_id=scope.bot_id,
        person_id=scope.person_id,
        purpose=purpose,
        total_ms=completion.total_ms,
        **completion.usage(),
    )


def _object(answer: str) -> dict[str, Any]:
    """Returns the object in an answer; mends signs that a model without a grammar writes wrong."""
    begin = answer.find("{")
    if begin < 0:
        raise BadAnswer("no JSON object")
    if "}" not in answer[begin:]:  # it was cut off, and what it says may be half a sentence
        raise BadAnswer("the JSON object has no end")
    try:
        # models wrap the object in prose and fences
        found = json.loads(answer[begin : answer.rindex("}") + 1])
    except (ValueError, RecursionError):
        found = _mended(answer[begin:])
    if not isinstance(found, dict):
        raise BadAnswer("not a JSON object")
    return found


def _mended(written: str) -> Any:
    from json_repair import repair_json

    try:
        return repair_json(written, return_objects=True)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"not JSON: {type(error).__name__}") from None
