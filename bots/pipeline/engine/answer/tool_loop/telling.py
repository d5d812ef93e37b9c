"""What the product itself says about tool calls to the person."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.tool_loop.calling import Question
from bots.pipeline.engine.answer.tool_loop.rounds import Made
from clawdbot.redaction import redact_value

_LONGEST = 600  # characters of one result
_MOST = 3
_LONGEST_VALUE = 300


def question(asked: Question) -> str:
    """Returns the question for a yes: what the call would do, with its values."""
    what = asked.preview
    if not what:
        values = redact_value(dict(asked.arguments))
        lines = [f"- {name}: {_shown(value)}" for name, value in values.items()]
        what = "\n".join((_("I would like to use “%(tool)s”:") % {"tool": asked.tool.label}, *lines))
    why = _("I ask because I have read a text from outside, and this may be its wish rather than yours.")
    asks = _("Shall I do this? Type “yes” or “no”.")
    return "\n\n".join((what, why, asks) if asked.after_outside else (what, asks))


def from_results(results: Sequence[Made]) -> str:
    """Returns an answer made of what the tools gave, for a person; a kind sentence when they gave nothing."""
    told = (made for made in results if made.result.ok and made.source != "instructions")  # those are for the model
    found = {text: made.label for made in told if (text := made.result.text.strip())}
    if not found:
        return _("I could not find that out just now. Please try again later, or ask in other words.")
    lines = [f"**{label}**: {_cut(text)}" for text, label in list(found.items())[-_MOST:]]
    return "\n\n".join((_("This is what I found:"), *lines))


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()}…"
