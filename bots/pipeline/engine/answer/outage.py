"""What a person gets when language models are configured and none of them answers."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from bots.models import Bot, Message
from bots.pipeline.engine.turn import Reply
from clawdbot.reasons import Why


def sentence(bot: Bot, language: str) -> str:
    """Returns the bot's outage sentence in "zh-hans" or "en"; without one of its own, the default in that language."""
    own = bot.outage_text_zh if language.startswith("zh") else bot.outage_text
    return own.strip() or _(
        "I cannot reach my language model at the moment. I have kept your message: please write “retry” in a few "
        "minutes, and I will answer it."
    )


def reply(bot: Bot, language: str, reason: Why, *, retried: bool = False, **more: Any) -> Reply:
    """Returns the outage sentence as a reply that leaves the message unanswered.

    Args:
        bot: The bot.
        language: The language of the turn, which must be active.
        reason: Why no model answered, for the operator.
        retried: The person asked to repeat older messages; these are the unanswered ones.
        more: More values of the reply.
    """
    meta = {Message.FAILED: True, Message.OUTAGE: True, Message.ASIDE: True}
    return Reply(
        sentence(bot, language),
        remember=True,
        remember_question=not retried,
        remember_answer=False,
        failure="" if retried else reason,
        meta=meta,
        **more,
    )
