"""What an operator does with skills: try a sentence, switch a skill, reload its class, store its secrets."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from bots.i18n.language import language_of
from bots.models import Bot
from bots.operations import configuration_log
from bots.operations.configuration_log import Action
from bots.operations.errors import OperationError
from bots.pipeline.engine.dialog import meaning
from clawdbot import testing
from clawdbot.skills.context import Context
from clawdbot.skills.effects import ASKS_FIRST, READS_ONLY
from skills import catalogue, choosing, health, registry, runner, secrets, skill_tools
from skills.choosing import Candidate
from skills.models import BotSkill, Skill, SkillHealth

if TYPE_CHECKING:
    from bots.people.audit_log import Actor


@dataclass(frozen=True, slots=True)
class Trial:
    """What a sentence would do.

    Attributes:
        language: The language that the sentence was taken for.
        candidates: All candidates; the chosen one has a match.
        values: The parameters in the sentence, by name.
        asks: The question for a missing parameter, or for a yes; "" when the skill runs at once.
        preview: What the call would do, if the skill says it.
        effects: The effects that the skill declares.
        left_to_model: Why a model that can call the skill answers in its place: `MORE`, `TWO`, or "" for no reason.
        ran: Whether the skill ran.
        answer: Its answer; "" when it did not run.
        ok: Whether it answered.
        ms: Time of choosing and running, in milliseconds.
    """

    text: str
    language: str
    candidates: tuple[Candidate, ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    asks: str = ""
    preview: str = ""
    effects: tuple[str, ...] = ()
    left_to_model: str = ""
    ran: bool = False
    answer: str = ""
    ok: bool = True
    ms: int = 0

    @property
    def chosen(self) -> Candidate | None:
        """The candidate that would be called; None when the model would answer."""
        return next((one for one in self.candidates if one.match is not None), None)


MORE, TWO = "more", "two"  # the message asks for more than the skill does; it makes two requests


class Effects:
    """How far `try_text` goes."""

    NONE = "none"  # run skills that only read
    INSIDE = "inside"  # also those that write, to services that forget everything
    ALL = "all"  # also those that reach the outside world


def try_text(bot: Bot, text: str, language: str = "", *, effects: str = Effects.NONE) -> Trial:
    """Chooses a skill for a sentence as a turn does, and runs it as far as `effects` allows. Writes no row.

    The services of the skill are those of `clawdbot.testing`: nothing is remembered, scheduled or handed over.

    Args:
        bot: The bot.
        text: The sentence.
        language: "en" or "zh-hans"; "": that of the sentence.
        effects: A value of `Effects`.
    """
    started = time.perf_counter()
    spoken = language or language_of(text, "en")
    found = choosing.candidates(bot.pk, text, spoken, meaning.similar, by_tools_only=bot.skills_by_tools_only)
    tried = Trial(text, spoken, tuple(found))
    if (chosen := tried.chosen) is not None and chosen.match is not None:
        tried = _of_match(tried, chosen.match, effects)
    return replace(tried, ms=round((time.perf_counter() - started) * 1000))


def _of_match(tried: Trial, match: choosing.Match, effects: str) -> Trial:
    context = Context(
        {
            "text": tried.text,
            "language": tried.language,
            "now": timezone.now(),
            "time_zone": timezone.get_default_timezone_name(),
            "bot": "",
            "person": "",
            "conversation_id": None,
            "event_id": 0,
        },
        testing.Doubles().services(),
    )
    declared = skill_tools.effects_of_entry(match.entry)
    two = choosing.asks_for_two(match.bot_id, tried.text, tried.language)
    tried = replace(tried, left_to_model=MORE if choosing.asks_more(match) else TWO if two else "")
    planned = runner.plan(match, context)
    tried = replace(
        tried,
        values={name: value for name, value in planned.values.items() if name != "message" and value not in (None, "")},
        asks=planned.question,
        preview=planned.preview,
        effects=tuple(sorted(declared)),
    )
    harmless = declared == READS_ONLY or (effects == Effects.INSIDE and declared.isdisjoint(ASKS_FIRST))
    if planned.question or not (harmless or effects == Effects.ALL):
        return tried
    result = runner.run(match, context)
    if result.needs is not None:
        return replace(tried, asks=result.needs.question)
    return replace(tried, ran=True, answer=result.text, ok=result.ok)


def switch(bot: Bot | None, name: str, actor: Actor, *, on: bool) -> Skill:
    """Enables or disables a skill, for all bots or for one. Ends a switch-off after failures.

    Args:
        bot: None for the skill as a whole.
        name: Name, dotted path or id of the skill.
        actor: Who does it.
        on: Whether it is enabled.

    Raises:
        OperationError: There is no such skill.
    """
    skill = find(name)
    with transaction.atomic():
        if bot is None:
            Skill.objects.filter(pk=skill.pk).update(enabled=on, updated_at=timezone.now())
            configuration_log.record(Action.CHANGED, skill, actor, ["enabled"])
        else:
            row, made = BotSkill.objects.get_or_create(bot=bot, skill=skill, defaults={"enabled": on})
            if not made:
                BotSkill.objects.filter(pk=row.pk).update(enabled=on)
            configuration_log.record(Action.ADDED if made else Action.CHANGED, row, actor, ["enabled"])
            if on:
                health.switch_on(bot.pk, skill.pk)
    catalogue.clear_cache()
    skill.refresh_from_db()
    return skill


def load_all() -> None:
    """Loads the class of each enabled skill, so that the rows tell which cannot be loaded."""
    catalogue.clear_cache()
    catalogue.entries(0)


def why_not_of(bot: Bot, skill: Skill) -> str:
    """Returns why a bot has a skill not at all, and the command that changes it; "" when it has it."""
    if any(entry.skill_id == skill.pk for entry in catalogue.entries(bot.pk)):
        skill.refresh_from_db(fields=["load_error"])
        return skill.load_error
    if SkillHealth.objects.filter(bot=bot, skill=skill).exclude(stopped_at=None).exists():
        return f"it failed too often and was switched off: manage.py skill enable {skill.pk} --bot {bot.slug}"
    where = "" if not skill.enabled else f" --bot {bot.slug}"
    return f"it is off for this bot: manage.py skill enable {skill.pk}{where}"


def find(name: str) -> Skill:
    """Returns the skill with this name, dotted path or id.

    Raises:
        OperationError: There is none, or several have the name.
    """
    rows = Skill.objects.all()
    found = list(rows.filter(module=name) or rows.filter(name__iexact=name)[:2])
    if not found and name.isdecimal():
        found = list(rows.filter(pk=int(name)))
    if not found:  # a part of its path: "weather" for skills.weather.WeatherSkill
        found = [row for row in rows if name.lower() in row.module.lower().split(".")]
    if len(found) != 1:
        known = ", ".join(rows.order_by("name").values_list("name", flat=True)[:30]) or "none"
        raise OperationError(f"there is no skill {name}; known: {known}" if not found else f"several skills: {name}")
    return found[0]


def revive(row: SkillHealth, actor: Actor) -> None:
    """Lets a skill that failed too often run again."""
    with transaction.atomic():
        configuration_log.record(Action.CHANGED, row, actor, ["stopped_at"])
        health.switch_on(row.bot_id, row.skill_id)
    catalogue.clear_cache()


def reload(skill: Skill, actor: Actor) -> str:
    """Makes all processes load the class again within two seconds. Returns why it cannot be loaded; "" if it can."""
    with transaction.atomic():
        Skill.objects.filter(pk=skill.pk).update(updated_at=timezone.now())
        configuration_log.record(Action.CHANGED, skill, actor, ["module"])
    catalogue.clear_cache()
    bot = Bot.objects.first()
    catalogue.entries(bot.pk if bot is not None else 0)
    skill.refresh_from_db()
    return skill.load_error


def secret_names(skill: Skill) -> tuple[str, ...]:
    """Returns the names of the secrets that the class asks for; none when it cannot be loaded."""
    try:
        return tuple(map(str, getattr(registry.load(skill.module), "secrets", ()) or ()))
    except registry.SkillUnavailable:
        return ()


def stored_secrets(row: Skill | BotSkill) -> frozenset[str]:
    """Returns the names of the secrets that are stored and can be used."""
    return secrets.names(row.secrets_encrypted, *_place(row))


def keep_secrets(row: Skill | BotSkill, values: Mapping[str, str], removed: frozenset[str] = frozenset()) -> None:
    """Sets secrets of a row; the caller saves it. Secrets that are not named stay.

    Secrets that were entered for another class or server are dropped.
    """
    kept = secrets.unseal(row.secrets_encrypted, *_place(row))
    merged = {name: value for name, value in {**kept, **values}.items() if name not in removed}
    row.secrets_encrypted = secrets.seal(merged, *_place(row))


def _place(row: Skill | BotSkill) -> tuple[str, Mapping[str, Any]]:
    if isinstance(row, Skill):
        return row.module, row.config
    return row.skill.module, {**row.skill.config, **row.config}
