"""Extracts facts and preferences with patterns for English and Chinese, when there is no model.

Rules prefer precision: they skip questions, conditions, wishes and hearsay.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from clawdbot.chinese import simplified
from memory.consolidation import rules_en, rules_zh
from memory.consolidation.claims import Statement
from memory.consolidation.digest import sentences
from memory.consolidation.episodes import Episode, Line
from memory.consolidation.noise_filter import is_junk, own_words
from memory.consolidation.validity import true_since

_HAN = re.compile(r"[\u4e00-\u9fff]")
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
    for line in episode.lines:
        if line.role == "user" and not is_junk(own_words(line.text)):
            found.extend(_of_line(line, line.speaker if group else ""))
    return found


def _of_line(line: Line, speaker: str) -> Iterator[Statement]:
    for sentence in sentences(own_words(line.text)):
        if len(sentence) > LONGEST:
            continue
        for item in _of_sentence(sentence, speaker):
            yield Statement(
                subject=item.subject,
                attribute=item.attribute,
                value=item.value,
                text=item.text,
                said_at=line.occurred_at,
                true_from=true_since(sentence, line.occurred_at, line.day),
                day=line.day,
                sources=(line.id,),
                standing=item.standing,
            )


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
                    attribute=rule.attribute if not extra or rule.many else f"{rule.attribute} {extra}".lower(),
                    value=extra if rule.object_is_x else value,
                    text=rule.template.format(s=who, p=language.possessive(who), v=value, x=extra),
                    standing=value if rule.object_is_x else rule.standing,
                )


def _as_written(value: str, sentence: str, folded: str, begin: int) -> str:
    """Returns a value in its original characters, so that names keep their spelling."""
    at = folded.find(value, begin)
    return sentence[at : at + len(value)] if at >= 0 else value
