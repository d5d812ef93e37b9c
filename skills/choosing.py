"""Chooses the skill that a message calls: by command, words, pattern or meaning. Says why not the others."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from clawdbot.chinese import simplified
from clawdbot.skills import NotMeant
from skills import catalogue, parameters, patterns, registry
from skills.catalogue import Entry

logger = logging.getLogger(__name__)

COMMAND, WORDS, PATTERN, MEANING = "command", "words", "pattern", "meaning"
NOT_MEANT, BELOW, TOOLS_ONLY, LATER = "not_meant", "below", "tools_only", "later"
LONGEST_MEANT = 200  # characters; a longer message is no call of a skill, whatever it is about
LONGEST_BESIDE = (12, 20)
"""Words, Chinese characters beside a trigger word in the middle of a message for a class without parameters."""
PATTERNS_S = 0.2
"""Computing time for all patterns of a bot together; one takes `patterns.TIMEOUT_S` at most."""
_COMMAND = re.compile(r"^[/／]([\w-]{1,64})(?:@\w+)?[:：]?(?=$|\s)\s*")
_QUOTED = re.compile(
    r"```.*?(?:```|$)|`[^`\n]+`|(?<![\w'])\"[^\"\n]+\"(?!\w)|“[^”]+”|「[^」]+」|『[^』]+』|《[^》]+》", re.DOTALL
)
# What stands between two requests in one message.
_JOINT = re.compile(r"[,，、;；。!！?？\n]|\b(?:and|then|also)\b|然后|并且|顺便|同时|还有|另外", re.IGNORECASE)

_WORD = re.compile(r"[\w-]{1,64}")

Similarity = Callable[[str, Sequence[Entry]], Mapping[int, tuple[float, str]]]
"""Compares a message with the examples of skills: score (0 to 1) and best example by skill id."""


@dataclass(frozen=True, slots=True)
class Match:
    """A message that calls a skill.

    Attributes:
            rest: The message without the trigger word.
            values: Parameters known so far, as text.
            answer: The parameter that the person was just asked for; "" without a question.
    """

    bot_id: int
    entry: Entry
    trigger: str
    text: str
    rest: str
    values: Mapping[str, Any] = field(default_factory=dict)
    answer: str = ""

    @property
    def name(self) -> str:
        return self.entry.name


@dataclass(frozen=True, slots=True)
class Candidate:
    """A skill that a message may call.

    Attributes:
        how: COMMAND, WORDS, PATTERN or MEANING.
        evidence: The command, word, pattern or example.
        score: 1 for a command, word or pattern; the similarity of a meaning.
        threshold: The least similarity; 0 for the others.
        match: The call; None when it is refused.
        refused: Why it is not called: NOT_MEANT (a sentence about something else), BELOW (the threshold), TOOLS_ONLY
            (only the model may call it), LATER (another candidate comes before it); "" for the chosen one.
        span: Where the word or pattern stands in the message; (0, 0) for the others.
    """

    entry: Entry
    how: str
    evidence: str
    score: float = 1.0
    threshold: float = 0.0
    match: Match | None = None
    refused: str = ""
    span: tuple[int, int] = (0, 0)


def match(
    bot_id: int,
    text: str,
    language: str = "en",
    similar: Similarity | None = None,
    *,
    by_tools_only: bool = False,
) -> Match | None:
    """Returns the call of the skill that a message calls; None when it calls none. Usually needs no query.

    Args:
        bot_id: The bot.
        text: The message.
        language: For instance "en" or "zh-hans".
        similar: Compares meanings; called only when a skill of the bot has examples and nothing else called one.
        by_tools_only: Only a command calls a skill; the rest is left to the model.
    """
    for candidate in _candidates(bot_id, text, language, similar, by_tools_only=by_tools_only):
        if candidate.match is not None:
            return candidate.match
    return None


def candidates(
    bot_id: int,
    text: str,
    language: str = "en",
    similar: Similarity | None = None,
    *,
    by_tools_only: bool = False,
) -> list[Candidate]:
    """Returns all candidates, the chosen one first in its order; see `match`."""
    found: list[Candidate] = []
    chosen = False
    for candidate in _candidates(bot_id, text, language, similar, by_tools_only=by_tools_only):
        if candidate.match is not None and chosen:
            candidate = replace(candidate, match=None, refused=LATER)
        chosen = chosen or candidate.match is not None
        found.append(candidate)
    return found


def asks_for_two(bot_id: int, text: str, language: str = "en") -> bool:
    """Returns whether the parts of a message call different skills by words or patterns.

    For instance "the weather in Paris, and remind me tomorrow to take an umbrella".
    """
    if len(text) > LONGEST_MEANT or not _JOINT.search(text):
        return False
    called = set()
    for part in _JOINT.split(text):
        if part.strip() and (found := match(bot_id, part.strip(), language)) is not None:
            called.add(found.entry.skill_id)
    return len(called) > 1


def asks_more(found: Match) -> bool:
    """Returns whether the message asks for more than its skill does, so that a model with tools answers."""
    if found.text.startswith(("/", "／")):
        return False
    try:
        more = getattr(registry.load(found.entry.module), "asks_more", None)
        return more is not None and bool(more(found.text))
    except registry.SkillUnavailable:  # the runner tells the person
        return False
    except Exception:  # third-party code
        logger.warning("skill %s: asks_more failed", found.entry.name, exc_info=True)
        return False


def commands(bot_id: int) -> dict[str, Entry]:
    """Returns the skills of a bot by the names of their commands, without the slash.

    A trigger word is one, too, unless a skill has that name: people write /天气 for the skill "weather".
    """
    entries = catalogue.entries(bot_id)[::-1]
    words = {simplified(word).casefold(): one for one in entries for word in one.triggers if _WORD.fullmatch(word)}
    return words | {name: entry for entry in entries for name in command_names(entry)}


def command_names(entry: Entry) -> tuple[str, ...]:
    """Returns the names of a skill's command: its name, and that of its class."""
    own = re.sub(r"[^\w-]+", "_", simplified(entry.name).casefold()).strip("_")
    of_class = entry.module.rpartition(".")[2].removesuffix("Skill").lower()
    return tuple(dict.fromkeys(filter(None, (own, of_class))))


def _candidates(
    bot_id: int, text: str, language: str, similar: Similarity | None, *, by_tools_only: bool
) -> Iterator[Candidate]:
    if (called := _COMMAND.match(text)) and (entry := commands(bot_id).get(simplified(called[1]).casefold())):
        rest = parameters.rest_of(text, 0, called.end())
        yield _judged(bot_id, Candidate(entry, COMMAND, f"/{called[1]}"), text, rest, language, {})
        return
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    for candidate, rest, values, begins in _literal(bot_id, text):
        if candidate.how == WORDS and _is_quoted(candidate.span, quoted, len(text)):
            yield replace(candidate, refused=NOT_MEANT)
            continue
        given = _judged(bot_id, candidate, text, rest, language, values, begins=begins, by_tools_only=by_tools_only)
        yield given
    exampled = catalogue.with_examples(bot_id)
    if similar is None or not exampled or len(text) > LONGEST_MEANT or not text.strip():
        return
    scores = similar(text, exampled)
    for entry in sorted(exampled, key=lambda one: -scores.get(one.skill_id, (0.0, ""))[0]):
        if entry.skill_id in scores:
            score, example = scores[entry.skill_id]
            candidate = Candidate(entry, MEANING, example, score, entry.threshold)
            rest = parameters.rest_of(text, 0, 0)
            yield _judged(bot_id, candidate, text, rest, language, {}, by_tools_only=by_tools_only)


def _literal(bot_id: int, text: str) -> Iterator[tuple[Candidate, str, dict[str, Any], bool]]:
    """Yields the candidates by words, longest first, and by patterns.

    Each with the rest of the message, the values in it, and whether the message begins with what was found.
    """
    for found in catalogue.table(bot_id).all(text):
        begins = not parameters.rest_of(text[: found.start], 0, 0)
        rest = parameters.rest_of(text, found.start, found.end)
        yield Candidate(found.value, WORDS, found.word, span=(found.start, found.end)), rest, {}, begins
    spent = 0.0
    for pattern, entry in catalogue.patterns_of(bot_id):
        if spent > PATTERNS_S:
            logger.warning("skills: the patterns of bot %s take too long", bot_id)
            return
        hit, used = patterns.timed_search(pattern, text)
        spent += used
        if hit is not None:
            values = {name: value for name, value in hit.groupdict().items() if value}
            candidate = Candidate(entry, PATTERN, pattern, span=hit.span())
            yield candidate, parameters.rest_of(text, hit.start(), hit.end()), values, True


def _is_quoted(span: tuple[int, int], quoted: Sequence[tuple[int, int]], length: int) -> bool:
    """Returns whether the words are quoted in a longer message: they are talked about. A title is quoted, too."""
    return any(begin <= span[0] and span[1] <= end and end - begin < length - 2 for begin, end in quoted)


def _judged(
    bot_id: int,
    candidate: Candidate,
    text: str,
    rest: str,
    language: str,
    values: dict[str, Any],
    *,
    begins: bool = True,
    by_tools_only: bool = False,
) -> Candidate:
    entry = candidate.entry
    if candidate.how != COMMAND and (by_tools_only or entry.by_tools_only):
        return replace(candidate, refused=TOOLS_ONLY)
    if candidate.score < candidate.threshold:
        return replace(candidate, refused=BELOW)
    trigger = candidate.evidence if candidate.how in (WORDS, COMMAND) else ""
    try:
        free = candidate.how != MEANING
        given = values or _given(entry, text, rest, trigger, language, begins=begins, free=free)
    except NotMeant:
        if candidate.how != COMMAND:
            return replace(candidate, refused=NOT_MEANT)
        given = {}
    return replace(candidate, match=Match(bot_id, entry, candidate.evidence, text, rest, given))


def _given(
    entry: Entry, text: str, rest: str, trigger: str, language: str, *, begins: bool, free: bool
) -> dict[str, Any]:
    """Returns the parameters in the first message, unchecked; the runner checks them.

    Raises:
        NotMeant: The message does not ask for the skill.
    """
    try:
        found = registry.load(entry.module)
        parse = getattr(found, "parse", None)
        own = parse(text=text, rest=rest, trigger=trigger, language=language) if callable(parse) else None
        if own is not None:
            return dict(own)
        declared = registry.declared(entry.module).parameters
        if not declared and not begins and parameters.is_sentence(rest, *LONGEST_BESIDE):
            raise NotMeant
        return parameters.from_message(declared, rest, begins=begins, free=free)
    except NotMeant:
        raise
    except registry.SkillUnavailable:
        return {}
    except Exception:  # `parse` is third-party code; the runner asks for missing values
        logger.warning("skill %s: parse failed", entry.name, exc_info=True)
        return {}
