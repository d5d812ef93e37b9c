"""Says how things stand: the command /status."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.llm import routing
from bots.models import Conversation, Message, prompt_parts
from bots.models.prompt_parts import PromptParts
from bots.pipeline.engine.turn import Reply, Turn
from memory.store import MemoryStore

LOOKED_AT = 30  # latest messages, among which the last answer of a model is searched


def report(turn: Turn, argument: str) -> Reply:
    """Answers /status."""
    remembered = MemoryStore(turn.bot.pk).long_term_memory.rows(turn.scope.person_id).count()
    lines = [
        _("Model: %(model)s") % {"model": _model(turn.bot.pk)},
        _("Remembered about you: %(count)s entries") % {"count": remembered},
        _("Conversation since: %(since)s")
        % {"since": date_format(turn.conversation.started_at.astimezone(turn.zone), "DATETIME_FORMAT")},
        _("State: %(state)s") % {"state": Conversation.State(turn.conversation.state).label},
    ]
    if (held := _last_prompt(turn)) is not None:
        lines += _held(held)
    return Reply("\n".join([f"**{turn.bot.name}**", *(f"- {line}" for line in lines)]))


def _model(bot_id: int) -> str:
    target = routing.first(bot_id, allow_demo=settings.CLAWDBOT.model_server.words_answers)
    if target is None:
        return _("none connected, I answer from what I remember")
    return _("a small demonstration model") if target.is_demo else target.model


def _last_prompt(turn: Turn) -> PromptParts | None:
    latest = Message.objects.filter(conversation=turn.conversation, role=Message.Role.ASSISTANT)
    answers = latest.order_by("-id").only("id", "meta")[:LOOKED_AT]
    return next((held for answer in answers if (held := prompt_parts.of(answer)) is not None), None)


def _held(held: PromptParts) -> Iterator[str]:
    """Yields what the last answer was made from."""
    parts = [ngettext("%(n)s earlier message", "%(n)s earlier messages", held.turns) % {"n": held.turns}] * bool(
        held.turns
    )
    if held.notes:
        parts.append(ngettext("%(n)s memory", "%(n)s memories", len(held.notes)) % {"n": len(held.notes)})
    if "summary" in held.tokens:
        parts.append(_("a summary of what was said before"))
    if "files" in held.tokens:
        parts.append(_("files"))
    if not parts:
        parts.append(_("your message alone"))
    yield _("For my last answer I looked at: %(parts)s") % {"parts": _(", ").join(parts)}
    if held.window:
        yield _("That was %(percent)s %% of what I can read at once (%(tokens)s of %(window)s tokens)") % {
            "percent": held.percent,
            "tokens": held.total,
            "window": held.window,
        }
