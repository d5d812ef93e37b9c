"""Reads what a question asks about the person: an attribute of somebody, or whether a statement holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from bots.pipeline.engine.answer.grounded import asking_en, asking_zh, relations, statements
from bots.pipeline.engine.answer.grounded.fact import SELF, Fact
from bots.pipeline.engine.answer.grounded.plain_text import is_chinese, question
from bots.pipeline.engine.answer.questions import is_question

ABOUT_ME = "*"
"""The attribute of "what do you know about me"."""


_OF_THING = dict.fromkeys(("my job", "my profession", "my work", "my occupation"), "job") | {
    "my age": "age",
    "my birthday": "birthday",
    "my employer": "employer",
}
"""What "what was my job" asks, beside "my X" for anything."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about the person.

    Attributes:
        subject: "self", a relation, or "?name" for somebody who is named.
        attribute: As `Fact.attribute`; `ABOUT_ME` for everything.
        stated: For a yes or no question, the statements that it asks about.
    """

    subject: str
    attribute: str
    stated: tuple[Fact, ...] = ()


def read(text: str, at: datetime) -> Asked | None:
    """Returns what a message asks about the person; None for another message."""
    words = question(text)
    if not words or len(words) > 120:
        return None
    data = asking_zh if is_chinese(words) else asking_en
    for pattern, attribute in data.RULES:
        if (match := pattern.fullmatch(words)) is not None and (attribute != "has" or _asks(text, words)):
            return _asked(match, attribute)
    if (claim := data.as_statement(words)) and (stated := statements.stated(claim, at, at.date())):
        return Asked(stated[0].subject, stated[0].attribute, stated)
    for pattern, attribute in data.THINGS:
        if (match := pattern.fullmatch(words)) is not None:
            return _asked(match, attribute)
    return None


def _asks(text: str, words: str) -> bool:
    """Tells 我有孩子吗 from 我有孩子, which have the same words."""
    return is_question(text) or is_question(words)


def elliptic(text: str) -> str:
    """Returns whom a short follow-up is about: "and my wife?" gives "wife", 那我姐姐呢 gives 姐姐; "" for none."""
    words = question(text)
    data = asking_zh if is_chinese(words) else asking_en
    match = data.ELLIPTIC.fullmatch(words)
    if match is None:
        return ""
    if match["r"]:
        return relations.usual(match["r"], match.groupdict().get("adj") or "")
    return f"?{match['who']}" if match.groupdict().get("who") else SELF


def _asked(match: re.Match[str], attribute: str) -> Asked:
    groups = match.groupdict()
    subject = SELF
    if relation := groups.get("r") or groups.get("r_"):
        subject = relations.usual(relation, groups.get("adj") or groups.get("adj_") or "")
    elif groups.get("who"):
        who = groups["who"]
        subject = relations.usual(who) if re.fullmatch(f"{relations.EN}|{relations.ZH}", who) else f"?{who}"
    if attribute == "has" and subject == SELF:  # 我养了什么
        subject = "pet"
    if attribute == "my favourite":
        attribute = f"my favourite {relations.usual_thing((groups.get('x') or '').strip())}".strip()
    if attribute in ("my", "favourite"):
        thing = (groups.get("x") or "").strip()
        attribute = f"my {relations.usual_thing(f'最喜欢的{thing}' if attribute == 'favourite' else thing)}"
    return Asked(subject, _OF_THING.get(attribute, attribute))
