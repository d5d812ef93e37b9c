"""Lets the demonstration model word one quoted message in English: "Your sister lives in Chengdu."

Off unless the operator switches it on (`model_server.words_answers`): of 30 measured quotes 11 passed the check, the
others were dropped; six of these said something else. The quote itself is always right.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings

from bots.llm import candidates, complete, embedded_discovery
from bots.llm.errors import ModelError
from bots.llm.types import Completion
from bots.models import Bot
from bots.pipeline.engine.answer import small_model_prompt
from bots.pipeline.engine.answer.grounded import checker
from bots.pipeline.engine.answer.grounded.plain_text import HAN

LONGEST_TOKENS = 60
WITHIN_S = 10.0


def possible(line: str, question: str) -> bool:
    """Tells whether the model may be asked: it is switched on, runs, and both texts are English."""
    if not settings.CLAWDBOT.model_server.words_answers or HAN.search(line + question):
        return False
    target = embedded_discovery.target()
    return target is not None and target.is_demo


def worded(bot: Bot, question: str, line: str, cancelled: Callable[[], bool]) -> Completion | None:
    """Returns the checked answer of the model; None when it gives none or says anything else than the line.

    Args:
        bot: The bot.
        question: What the person asks.
        line: The one message of the person that answers it.
        cancelled: Whether the person asked to stop.
    """
    try:
        with candidates.only(embedded_discovery.target()):  # no other model answered, or a limit forbids to ask it
            found = complete(
                small_model_prompt.question(line, question),
                bot=bot,
                cancelled=cancelled,
                allow_demo=False,  # it is the only one already
                max_tokens=LONGEST_TOKENS,
                within_s=WITHIN_S,
            )
    except ModelError:
        return None
    return found if found.is_demo and not found.cut and checker.holds(found.text, question, line) else None
