"""RememberSkill keeps what the person asks to remember."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot.skills import BaseSkill, Context, Effect, NotMeant, Parameter, SkillError
from skills.notes import reading
from skills.said import is_command, said

_LONGEST_SHOWN = 200


class RememberSkill(BaseSkill):
    """Stores "记住我对花生过敏" or "remember that I live in Lisbon" as a memory that retention does not delete."""

    name = "remember"
    description = (
        "Keeps one fact about the person for good, when the person asks to remember it. Give it as a whole sentence"
        " in the person's words."
    )
    help: ClassVar[dict[str, str]] = {"en": "Remembers what you ask me to", "zh": "记住你要我记的事"}
    triggers = ("记住", "记一下", "remember", "note down", "keep in mind")
    patterns = reading.REMEMBER_PATTERNS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "text",
            prompt={"en": "What shall I remember?", "zh": "要我记住什么？"},
            description="The fact as a whole sentence, in the person's words",
        ),
    )
    effects = frozenset({Effect.WRITES})
    idempotent = True

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        words = said(text, rest, trigger)
        if what := reading.to_remember(words) or (rest if is_command(trigger) else ""):
            return {"text": what}
        raise NotMeant

    def execute(self, context: Context) -> str:
        what = str(context.parameters["text"]).strip()
        if not what:
            raise SkillError(_("There is nothing to remember in that."))
        if len(what) > reading.LONGEST:
            raise SkillError(_("That is too long to remember as one thing. Please say it in fewer words."))
        context.memory.remember(what)
        shown = what if len(what) <= _LONGEST_SHOWN else f"{what[: _LONGEST_SHOWN - 1]}…"
        return _("I will remember: “%(text)s”.") % {"text": shown}
