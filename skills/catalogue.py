"""Lists the skills of each bot. Reads the rows of all bots at most once every two seconds."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from clawdbot.address_values import addresses_in, laid_over
from clawdbot.cached_value import CachedValue
from skills import registry, secrets
from skills.models import DEFAULT_THRESHOLD, ERROR_LENGTH, BotSkill, Skill, SkillHealth
from skills.patterns import MOST
from skills.triggers import TriggerTable

MOST_EXAMPLES = 50

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A skill with the settings of one bot."""

    bot_id: int
    skill_id: int
    module: str
    name: str
    description: str
    triggers: tuple[str, ...]
    timeout_s: float
    config: Mapping[str, Any] = field(default_factory=dict, repr=False)
    public_only: bool = False
    patterns: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    threshold: float = DEFAULT_THRESHOLD
    by_tools_only: bool = False
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    failing: bool = False
    help: Mapping[str, str] = field(default_factory=dict)

    def help_in(self, language: str) -> str:
        """Returns what people read of it, in "en" or "zh-hans"."""
        return self.help.get(language.split("-", 1)[0]) or self.help.get("en") or self.description or self.name


@dataclass(frozen=True, slots=True)
class _BotSkills:
    entries: tuple[Entry, ...]
    table: TriggerTable[Entry]
    patterns: tuple[tuple[str, Entry], ...]
    exampled: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    skills: tuple[tuple[Skill, registry.Described], ...]
    by_bot: Mapping[int, Mapping[int, BotSkill]]
    failing: Mapping[tuple[int, int], bool] = field(default_factory=dict)
    made: dict[int, _BotSkills] = field(default_factory=dict)


def entries(bot_id: int) -> tuple[Entry, ...]:
    """Returns the skills of a bot in the order of their names."""
    return _of_bot(bot_id).entries


def table(bot_id: int) -> TriggerTable[Entry]:
    """Returns the trigger words of a bot."""
    return _of_bot(bot_id).table


def patterns_of(bot_id: int) -> tuple[tuple[str, Entry], ...]:
    """Returns the patterns of a bot's skills."""
    return _of_bot(bot_id).patterns


def with_examples(bot_id: int) -> tuple[Entry, ...]:
    """Returns the skills of a bot that have example sentences."""
    return _of_bot(bot_id).exampled


def clear_cache() -> None:
    """Makes the next call read the rows again."""
    rows.clear()


@contextmanager
def trying(names: Iterable[str]) -> Iterator[None]:
    """Gives every bot exactly these skills in this thread, switched on or not. For comparisons.

    Raises:
        LookupError: There is no skill of such a name.
    """
    wanted = set(names)
    found = list(Skill.objects.filter(name__in=wanted).order_by("name", "id"))
    if missing := wanted - {one.name for one in found}:
        raise LookupError(", ".join(sorted(missing)))
    overrides: dict[int, dict[int, BotSkill]] = {}
    for override in BotSkill.objects.filter(skill__name__in=wanted):
        override.enabled = True
        overrides.setdefault(override.bot_id, {})[override.skill_id] = override
    for one in found:
        one.all_bots = True
    skills = tuple((one, _described(one)) for one in found)
    token = _tried.set(_Snapshot(skills, overrides))
    try:
        yield
    finally:
        _tried.reset(token)


def is_trying() -> bool:
    """Returns whether this thread has the skills of `trying`."""
    return _tried.get() is not None


def _of_bot(bot_id: int) -> _BotSkills:
    snapshot = _tried.get() or rows.get()
    found = snapshot.made.get(bot_id)
    if found is None:
        overrides = snapshot.by_bot.get(bot_id, {})
        made = tuple(
            _entry(bot_id, skill, described, overrides.get(skill.pk), failing=(bot_id, skill.pk) in snapshot.failing)
            for skill, described in snapshot.skills
            if _has(skill, overrides.get(skill.pk)) and not snapshot.failing.get((bot_id, skill.pk))
        )
        table = TriggerTable((word, entry) for entry in made for word in entry.triggers)
        patterns = tuple((pattern, entry) for entry in made for pattern in entry.patterns)
        exampled = tuple(entry for entry in made if entry.examples)
        found = snapshot.made[bot_id] = _BotSkills(made, table, patterns, exampled)
    return found


def _has(skill: Skill, override: BotSkill | None) -> bool:
    return override.enabled if override is not None else skill.all_bots


def _entry(
    bot_id: int, skill: Skill, described: registry.Described, override: BotSkill | None, *, failing: bool
) -> Entry:
    def words(name: str) -> tuple[str, ...]:
        own = getattr(override, name) if override is not None else ()
        return tuple(map(str, own or getattr(skill, name) or getattr(described, name)))

    threshold = override.threshold if override is not None and override.threshold is not None else skill.threshold
    config, public_only = dict(skill.config), skill.public_only
    if override is not None:
        config = laid_over(skill.config, override.config)
        public_only = override.public_only if addresses_in(override.config) else skill.public_only
    return Entry(
        bot_id=bot_id,
        skill_id=skill.pk,
        module=skill.module,
        name=skill.name,
        description=described.description,
        triggers=words("triggers"),
        timeout_s=skill.timeout_s or described.timeout_s,
        config=config,
        public_only=public_only and bool(addresses_in(config)),
        patterns=words("patterns")[:MOST],
        examples=words("examples")[:MOST_EXAMPLES],
        help=described.help,
        threshold=DEFAULT_THRESHOLD if threshold is None else threshold,
        by_tools_only=skill.by_tools_only or (override is not None and override.by_tools_only),
        secrets={
            **secrets.unseal(skill.secrets_encrypted, skill.module, config),
            **(secrets.unseal(override.secrets_encrypted, skill.module, config) if override is not None else {}),
        },
        failing=failing,
    )


def _read() -> _Snapshot:
    skills = tuple((skill, _described(skill)) for skill in Skill.objects.filter(enabled=True).order_by("name", "id"))
    by_bot: dict[int, dict[int, BotSkill]] = {}
    if skills:
        for override in BotSkill.objects.filter(skill__enabled=True):
            by_bot.setdefault(override.bot_id, {})[override.skill_id] = override
    failing = {}
    if skills:
        rows = SkillHealth.objects.values_list("bot_id", "skill_id", "stopped_at")
        failing = {(bot, skill): stopped is not None for bot, skill, stopped in rows}
    return _Snapshot(skills, by_bot, failing)


def _described(skill: Skill) -> registry.Described:
    """Describes the skill's class. If it cannot load, the row's triggers stay, so the person gets an error reply."""
    problem = registry.follow(skill.module, skill.updated_at)
    try:
        described = registry.describe(skill.module)
    except registry.SkillUnavailable as error:
        problem = str(error)[:ERROR_LENGTH]
        described = registry.Described(skill.name, "", (), 10.0)
    if problem != skill.load_error:
        if problem:
            logger.warning("skill %s", problem)
        Skill.objects.filter(pk=skill.pk).update(load_error=problem)
    return described


rows = CachedValue(_read, 2.0)
_tried: ContextVar[_Snapshot | None] = ContextVar("tried", default=None)
