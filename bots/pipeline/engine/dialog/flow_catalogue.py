"""The flows of a bot: those of its skills, in Python, and those that operators write in the admin."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from bots.pipeline.engine.dialog import leaving, meaning
from bots.pipeline.engine.turn import Turn
from clawdbot.chinese import simplified
from clawdbot.flows import Flow
from skills import catalogue, flows, registry, runner
from skills.parameters import is_sentence, rest_of
from skills.triggers import TriggerTable

LONGEST_CALL = (14, 24)  # words, Chinese characters beside the trigger words; more is a story, not a request
_NOT_WANTED = re.compile(
    r"\b(?:not|don't|do not|didn't|never|without|cancel|how (?:do|can|does)|why|what(?:'s| is))\b[^,.;!?]*$"
    r"|(?:不|别|没|取消|怎么|如何|为什么|什么是)[^，。；！？,.;!?]*$"
)

_tables: dict[int, tuple[Any, TriggerTable[Known]]] = {}


@dataclass(frozen=True, slots=True)
class Known:
    """A flow of a bot.

    Attributes:
        key: Name of its frames, such as "flow:12".
        skill_id: The skill that brings it; 0 for one of the admin.
        told: What the skill says of itself.
        by_tools_only: The skill is called by the model only.
        public_only: Its webhooks may reach public addresses only. Code of the installation may reach any.
        secret: Signs what its webhooks get; "": the secret that is derived for the bot.
    """

    key: str
    definition: Flow
    triggers: tuple[str, ...]
    skill_id: int = 0
    told: str = ""
    by_tools_only: bool = False
    public_only: bool = False
    secret: str = field(default="", repr=False)

    @property
    def description(self) -> str:
        """When to use it; "" for a flow that is no tool."""
        return (self.definition.description or self.told).strip()

    @property
    def number(self) -> int:
        """Id of the row that it comes from."""
        return int(self.key.partition(":")[2].removeprefix("s"))


@dataclass(frozen=True, slots=True)
class Called:
    """A flow that a message starts; `rest` is the message without the trigger word."""

    known: Known
    rest: str


def get(bot_id: int, key: str) -> Known | None:
    """Returns the flow of a frame; None when the bot no longer has it."""
    return next((known for known in of_bot(bot_id) if known.key == key), None)


def of_skill(bot_id: int, skill_id: int) -> Known | None:
    """Returns the flow that a skill brings."""
    return next((known for known in _of_skills(bot_id) if known.skill_id == skill_id), None)


def called(bot_id: int, text: str, *, by_tools_only: bool = False) -> Called | None:
    """Returns the flow that the message asks for: by its longest trigger word, in a message that is a request.

    Args:
        bot_id: The bot.
        text: The message.
        by_tools_only: Only a slash starts a flow that is a tool; the rest is left to the model.
    """
    known = of_bot(bot_id)
    if not known or (found := _table(bot_id, known).find(text)) is None:
        return None
    left = found.value.description and (by_tools_only or found.value.by_tools_only)
    if left and not text.startswith(("/", "／")):
        return None
    rest = rest_of(text, found.start, found.end)
    before = simplified(text[: found.start]).lower().replace("’", "'")
    if is_sentence(rest, *LONGEST_CALL) or _NOT_WANTED.search(before) or leaving.cancels(text):
        return None
    return Called(found.value, rest)


def called_in(turn: Turn) -> Called | None:
    """Returns the flow that the message of the turn asks for, as the bot allows."""
    return called(turn.bot.pk, turn.text, by_tools_only=turn.bot.skills_by_tools_only)


def skill_called(turn: Turn) -> runner.Match | None:
    """Returns the skill that the message calls; None for one with a flow, which only `called` starts."""
    return _without_flow(turn, meaning.match(turn))


def skill_named(turn: Turn) -> runner.Match | None:
    """Returns the skill that the message calls by its words, not by its meaning; None for one with a flow."""
    return _without_flow(turn, runner.match(turn.bot.pk, turn.text, turn.language))


def _without_flow(turn: Turn, match: runner.Match | None) -> runner.Match | None:
    return match if match is not None and of_skill(turn.bot.pk, match.entry.skill_id) is None else None


def clear_cache() -> None:
    """Builds all tables of trigger words again."""
    _tables.clear()


def _table(bot_id: int, known: list[Known]) -> TriggerTable[Known]:
    made_of = tuple((one.key, one.definition.version, one.triggers) for one in known)
    kept = _tables.get(bot_id)
    if kept is None or kept[0] != made_of:
        kept = _tables[bot_id] = (made_of, TriggerTable((word, one) for one in known for word in one.triggers))
    return kept[1]


def of_bot(bot_id: int) -> list[Known]:
    """Returns all flows of a bot, those of the admin first."""
    own = [
        Known(f"flow:{one.flow_id}", one.definition, one.triggers, public_only=one.public_only, secret=one.secret)
        for one in flows.of_bot(bot_id)
    ]
    return [*own, *_of_skills(bot_id)]


def _of_skills(bot_id: int) -> list[Known]:
    made = []
    for entry in catalogue.entries(bot_id):
        try:
            flow = getattr(registry.load(entry.module), "flow", None)
        except registry.SkillUnavailable:
            continue
        if isinstance(flow, Flow):
            words = (*entry.triggers, *flow.triggers)
            key = f"flow:s{entry.skill_id}"
            made.append(
                Known(key, flow, words, entry.skill_id, told=entry.description, by_tools_only=entry.by_tools_only)
            )
    return made
