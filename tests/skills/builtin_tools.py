"""A skill that calls a tool of the bot in its own context, as the tool loop does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bots.models import Bot
from clawdbot.skills import BaseSkill, Context
from skills import skill_tools


class CallsTools(BaseSkill):
    """Reads "callthem NAME argument=value"; "preview-NAME" only shows what the call would do."""

    def execute(self, context: Any) -> str:
        assert isinstance(context, Context)
        name, _space, given = str(context.parameters["text"]).partition(" ")
        key, _equals, value = given.partition("=")
        # The call of this skill takes what is staged into the turn, once.
        inner = Context(context, replace(context.services, commit=lambda: None))
        bot_id = Bot.objects.get(slug=context["bot"]).pk
        tools = {one.name: one for one in skill_tools.of_bot(bot_id, context.language)}
        tool = tools[name.removeprefix("preview-")]
        if name.startswith("preview-"):
            return tool.preview({key: value}, inner)
        return tool.call({key: value}, inner).text
