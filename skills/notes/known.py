"""KnownSkill tells what the bot knows of the person, or of one topic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot.skills import BaseSkill, Context, NotMeant, Parameter
from clawdbot.skills.effects import READS_ONLY
from skills.notes import reading
from skills.notes.lines import lines
from skills.said import is_command

_SHOWN = 12


class KnownSkill(BaseSkill):
    """Answers 你知道我什么 and "what do you remember about my sister" with the memories themselves."""

    name = "known"
    description = "Lists what is remembered of the person, or of one topic the person told about, with dates."
    help: ClassVar[dict[str, str]] = {"en": "Tells what I know of you, or of a topic", "zh": "告诉你我记得什么"}
    triggers = ("你知道我什么", "你记得我什么", "what do you know about me")
    patterns = reading.KNOWN_PATTERNS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("topic", required=False, default="", description="Words of the topic; empty for everything"),
    )
    effects = READS_ONLY

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        topic = rest if is_command(trigger) else reading.asked_about(text)
        if topic is None:
            raise NotMeant
        return {"topic": topic}

    def execute(self, context: Context) -> str:
        topic = str(context.parameters.get("topic") or "").strip()[:100]
        if topic:
            nearest = context.memory.search(topic, _SHOWN)
            found = context.memory.about(topic, _SHOWN * 2) or [
                one for one in nearest if reading.names(topic, one.text)
            ]
            title = _("What I remember about “%(query)s”:") % {"query": topic}
        else:
            found = context.memory.facts(_SHOWN * 2) or context.memory.search(context.text, _SHOWN)
            title = _("What I know of you:")
        if not found:
            if topic:  # what is only nearest is about somebody else: a brother is no sister
                return _("You have told me nothing about “%(topic)s”.") % {"topic": topic}
            return _("I don't remember anything of you yet.")
        shown = lines(context, found, _SHOWN)
        return "\n".join([title, *shown, "", _("/memory shows more, /forget TOPIC deletes what is about it.")])
