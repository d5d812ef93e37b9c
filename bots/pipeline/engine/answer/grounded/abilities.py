"""Answers questions about the bot itself: what it can do, who it is, what it remembers. Only what is really enabled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from bots.pipeline.engine.answer.grounded import abilities_patterns
from bots.pipeline.engine.answer.grounded.plain_text import HAN, plain, question
from skills import catalogue

# A request that works for each built-in skill; its translation is a Chinese request that works.
_EXAMPLES = {
    "skills.weather.WeatherSkill": gettext_noop("weather in Paris tomorrow"),
    "skills.calculator.CalculatorSkill": gettext_noop("what is 15% of 80"),
    "skills.units.UnitsSkill": gettext_noop("10 km in miles"),
    "skills.notes.RememberSkill": gettext_noop("remember that I am allergic to peanuts"),
    "skills.notes.KnownSkill": gettext_noop("what do you know about me"),
    "skills.webpage.WebPageSkill": gettext_noop("summarize https://example.org"),
    "skills.person.PersonSkill": gettext_noop("talk to a human"),
    "skills.reminders.RemindersSkill": gettext_noop("remind me in 20 minutes to call Anna"),
    "skills.date_time.DateTimeSkill": gettext_noop("what time is it in Tokyo"),
}


@dataclass(frozen=True, slots=True)
class Bot:
    """What an answer about the bot needs. language: "zh-hans" or "en". staff: The person is of the team."""

    id: int
    name: str
    language: str
    staff: bool = False


def kind(text: str) -> str:
    """Returns what a message asks about the bot itself; "" for another message."""
    for words in dict.fromkeys((question(text), plain(text))):
        compact = re.sub(r"(?<=[\u4e00-\u9fff])\s+|\s+(?=[\u4e00-\u9fff])", "", words)
        compact = re.sub(r"(?:呢|呀|啊|哦|嘛|啦)$", "", compact) if HAN.search(compact) else compact
        if found := next((name for name, pattern in abilities_patterns.KINDS if pattern.fullmatch(compact)), ""):
            return found
    return ""


def lines(found: str, bot: Bot) -> list[str]:
    """Returns the answers to a question about the bot, in the active language."""
    match found:
        case "can":
            return [overview(bot)]
        case "who":
            return [
                _("I am %(name)s, a chat bot. I remember what you tell me; “What can you do?” shows the rest.")
                % {"name": bot.name},
                _("My name is %(name)s. I am a chat bot with a memory.") % {"name": bot.name},
            ]
        case "human":
            return [
                _("I am a program, not a human. My name is %(name)s.") % {"name": bot.name},
                _("No human: I am %(name)s, a program.") % {"name": bot.name},
            ]
        case "maker":
            return [
                _("I am a program that the team behind this chat runs. I know nothing more about my making."),
                _("The team behind this chat set me up. Of my making I know nothing more."),
            ]
        case "model":
            if bot.staff:
                return [_("No language model is connected. I answer from memory, commands and skills.")]
            return [_("I am a simple program: I answer from what you told me, with my commands and skills.")]
        case "person":
            return [
                _("I am a program: I have no age, no home, no family and no feelings."),
                _("A program has no life of its own. I would rather remember something about you."),
            ]
        case "memory":
            return [
                _(
                    "I remember what you tell me, also in the next conversation. /memory shows it, /forget deletes it, "
                    "and "
                    "it belongs to you alone."
                )
            ]
    return [_("I understand English and Chinese.")]


def overview(bot: Bot) -> str:
    """Returns what the bot can do: memory, and each enabled skill with a request that works."""
    skills = list(_skills(bot))
    lines = [
        _("I remember what you tell me, and answer questions about it: “My name is Tom”, then “What is my name?”.")
    ]
    if skills:
        lines += ["", _("I can also do this:"), *skills]
    lines += ["", _("/help shows the commands.")]
    return "\n".join(lines)


def _skills(bot: Bot) -> list[str]:
    lines = []
    for entry in catalogue.entries(bot.id):
        if entry.failing or entry.module == "skills.notes.ForgetSkill":
            continue
        told = entry.help_in(bot.language).rstrip(".。")
        example = (
            _(_EXAMPLES[entry.module])
            if entry.module in _EXAMPLES
            else next(iter((*entry.examples, *entry.triggers)), "")
        )
        lines.append(_("- %(skill)s: “%(example)s”") % {"skill": told, "example": example} if example else f"- {told}")
    return lines
