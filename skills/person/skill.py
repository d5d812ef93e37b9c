"""PersonSkill hands the conversation over to the team when the person asks for a human."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from clawdbot.skills import BaseSkill, Context, Effect, NotMeant, Parameter
from skills.person import reading
from skills.said import is_command


class PersonSkill(BaseSkill):
    """Answers "talk to a human" and 转人工: the team answers this conversation from then on."""

    name = "person"
    description = (
        "Hands the conversation over to a person of the team. Use it when the person asks for a human, or when you"
        " cannot help."
    )
    help: ClassVar[dict[str, str]] = {"en": "Brings in a person of the team", "zh": "转给人工客服"}
    triggers = ("转人工", "人工客服", "人工", "真人", "human", "real person", "live agent", "representative")
    patterns = reading.PATTERNS
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("reason", required=False, default="", description="Why, in one sentence for the team"),
    )
    effects = frozenset({Effect.WRITES})
    idempotent = True

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        if not is_command(trigger) and not reading.asks(text):
            raise NotMeant
        return {}

    def execute(self, context: Context) -> str:
        context.dialog.hand_over(str(context.parameters.get("reason") or "").strip() or context.text)
        return _(
            "I passed this on to the team: a person answers you here, and I stay silent. If nobody is there at the"
            " moment, your messages wait for them. After 24 hours without an answer I answer again."
            " /new brings me back at once."
        )
