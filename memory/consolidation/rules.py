"""Extracts facts and preferences with patterns for English and Chinese, when there is no model.

Rules prefer precision: they skip questions, conditions, wishes and hearsay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clawdbot.chinese import simplified
from memory.consolidation import endings_en, endings_zh, rules_en, rules_zh
from memory.consolidation.claims import SELF, Statement, fold
from memory.consolidation.digest import sentences
from memory.consolidation.endings import LONGEST as LONGEST_QUOTE
from memory.consolidation.endings import OTHERS, STATUS, Ending, EndingRule
from memory.consolidation.episodes import Episode, Line
from memory.consolidation.noise_filter import is_junk, own_words
from memory.consolidation.validity import true_within
from memory.text import fiction

_HAN = re.compile(r"[\u4e00-\u9fff]")
_ASKS = re.compile(r"[?？]\s*$")
LONGEST = 400  # characters; longer sentences are skipped


@dataclass(frozen=True, slots=True)
class Found:
    """The match of a rule in one sentence. text: the sentence to recall, with the subject filled in."""

    subject: str
    attribute: str
    value: str
    text: str
    standing: str = ""


def read(episode: Episode, *, group: bool = False) -> list[Statement]:
    """Returns the statements in an episode. group: "I" means the speaker of the line, not the person of the scope."""
    found: list[Statement] = []
    for line, sentence in meant(episode):
        for item in _of_sentence(sentence, line.speaker if group else ""):
            since, by = true_within(sentence, line.occurred_at, line.day)
            found.append(
                Statement(
                    subject=item.subject,
                    attribute=item.attribute,
                    value=item.value,
                    text=item.text,
                    said_at=line.occurred_at,
                    true_from=since,
                    day=line.day,
                    sources=(line.id,),
                    standing=item.standing,
                    true_by=by,
                )
            )
    return found


def endings(episode: Episode, *, group: bool = False) -> list[Ending]:
    """Returns what the person says has ended, in order."""
    return [
        found
        for line, sentence in meant(episode)
        for found in _endings_of(sentence, line, line.speaker if group else "")
    ]


def meant(episode: Episode) -> Iterator[tuple[Line, str]]:
    """Yields the sentences that people say of themselves: no fiction, role play, quotation or pasted text."""
    playing = False
    for line in episode.lines:
        if line.role != "user" or is_junk(own_words(line.text)):
            continue
        tale = False
        for sentence in sentences(own_words(line.text)):
            folded = simplified(sentence)
            playing = (playing or fiction.opens_play(folded)) and not fiction.ends_play(folded)
            # What follows a tale in the same message mostly belongs to it.
            tale = (tale or fiction.is_unreal(folded)) and not fiction.is_real(folded)
            if not playing and not tale and len(sentence) <= LONGEST:
                yield line, sentence


def _endings_of(sentence: str, line: Line, speaker: str) -> Iterator[Ending]:
    folded = simplified(sentence)
    if _ASKS.search(folded):
        return
    if _HAN.search(folded):
        before = ""
        for clause in endings_zh.CLAUSE.findall(folded):
            if not rules_zh.is_doubtful(clause) and not endings_zh.REPORTED.search(before):
                for rule in endings_zh.RULES:
                    for match in rule.pattern.finditer(clause):
                        yield from _ending(rule, match, sentence, line, speaker)
            before = clause
        return
    told = endings_en.REPORTER.sub("", folded)
    for rule in endings_en.RULES:
        for match in rule.pattern.finditer(told):
            stop = endings_en.CLAUSE_END.search(told, match.end())
            # What follows in another clause does not matter: "they laid me off, the boss said it was the budget".
            if not rules_en.is_unsure(told[: stop.start() if stop else len(told)]):
                yield from _ending(rule, match, sentence, line, speaker)


def _ending(rule: EndingRule, match: re.Match[str], sentence: str, line: Line, speaker: str) -> Iterator[Ending]:
    groups = match.groupdict()
    value = fold(_trimmed(groups.get("v") or groups.get("v2") or ""))
    if rule.needs_value and not value:
        return
    own = fold(speaker) or SELF
    subjects = rule.subjects or {(groups.get("r") or "").lower() or SELF}
    since, _by = true_within(sentence, line.occurred_at, line.day)
    quoted = sentence if len(sentence) <= LONGEST_QUOTE else f"{sentence[: LONGEST_QUOTE - 1]}…"
    who = speaker or ("对方" if _HAN.search(sentence) else "The person")
    text = f"{who}：“{quoted}”" if _HAN.search(sentence) else f'{who}: "{quoted}"'

    def made(subjects: Iterable[str], attributes: frozenset[str]) -> Ending:
        return Ending(
            frozenset(subjects), attributes, value, text, line.occurred_at, since, line.day, line.id
        )  # fmt: skip

    whose = {one for one in subjects if one != STATUS}
    if speaker:
        whose = {one if one == OTHERS else own if one == SELF else f"{own} {one}" for one in whose}
    yield made(whose, rule.attributes)
    if STATUS in subjects:
        yield made({own}, frozenset({"status"}))


def _trimmed(value: str) -> str:
    """Returns a value without what says when or how much."""
    return value if _HAN.search(value) else rules_en.trim(value)


def _of_sentence(sentence: str, speaker: str) -> Iterable[Found]:
    language = rules_zh if _HAN.search(sentence) else rules_en
    folded = simplified(sentence)
    if language.is_doubtful(folded):
        return
    for rule in language.RULES:
        for match in rule.pattern.finditer(folded):
            relation, name = language.subject(match)
            several = language.is_several(relation)
            if several and not name:
                continue
            for read_as in rule.values(match.group("v")):
                value = _as_written(read_as, sentence, folded, match.start("v"))
                who = language.called(relation, name, speaker)
                extra = (match.groupdict().get("x") or "").strip()
                yield Found(
                    subject=" ".join(part for part in (speaker, relation, name if several else "") if part),
                    attribute=rule.attribute
                    if not extra or rule.many
                    else f"{rule.attribute} {_british(extra)}".lower(),
                    value=extra if rule.object_is_x else value,
                    text=rule.template.format(s=who, p=language.possessive(who), v=value, x=extra),
                    standing=value if rule.object_is_x else rule.standing,
                )


def _british(word: str) -> str:
    """Returns one spelling of a word, so that it makes one key."""
    return word.replace("color", "colour").replace("flavor", "flavour")


def _as_written(value: str, sentence: str, folded: str, begin: int) -> str:
    """Returns a value in its original characters, so that names keep their spelling."""
    at = folded.find(value, begin)
    return sentence[at : at + len(value)] if at >= 0 else value
