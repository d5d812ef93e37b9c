"""Reads hints in a question about its answer: the role, the date, the session and the topic."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from clawdbot.chinese import simplified
from memory.text.dates import DateCue, date_cues
from memory.text.topics import asked_topics, asks_about_oneself

_TELLING_EN = (
    r"(?:said|say|told|tell|recommend\w*|suggest\w*|advi[sc]e\w*|mention\w*|gave|give|explain\w*|teach|taught"
    r"|promise\w*)"
)
_BOT_EN = re.compile(
    rf"\byou(?: (?!i\b)\w+){{0,3}}? {_TELLING_EN}\b|\byour (?:advice|recommendation|suggestion|answer)s?\b"
)
_PERSON_EN = re.compile(r"\b(?:i|i'm|i've|my|mine)\b")
# 你 as the subject who tells something, not as the object in 和你, 给你, 告诉你.
_BOT_ZH = re.compile(
    r"(?<![和跟给向对与诉问])你[^,，。?？记我]{0,10}?(?:给了?我|告诉|推荐|建议|说过?|提到|提过|分享|教|回答|介绍)"
)
_PERSON_ZH = re.compile(r"我")
_FIRST = re.compile(r"第一次(?:对话|聊天|聊|说话|交流)|\bfirst (?:time we|conversation|chat|talk)")
# What asks about the past asks for no present state.
_PAST = re.compile(r"\b(?:when|did|was|were|had|how long|how many|why|would|might)\b|以前|之前|当时|曾经|什么时候")
_LAST = re.compile(
    r"上(?:一)?次(?:我们)?(?:对话|聊天|聊|说)|\blast (?:time we (?:talk|spoke|chat)\w*|conversation|chat)\b"
)


@dataclass(frozen=True, slots=True)
class Cues:
    """Hints in a question. Each only raises scores; none excludes rows.

    `topics` are those it asks about the person's own life, `life` those about anybody's present life.
    """

    role: str = ""
    dates: tuple[DateCue, ...] = ()
    first_session: bool = False
    last_session: bool = False
    topics: frozenset[str] = frozenset()
    life: frozenset[str] = frozenset()


def role_cue(text: str) -> str:
    """Returns whose turns a question asks for: "assistant" (the bot's), "user" (the person's) or "" (unknown)."""
    lowered = simplified(text.lower())
    if _BOT_ZH.search(lowered) or _BOT_EN.search(lowered):
        return "assistant"
    if _PERSON_ZH.search(lowered) or _PERSON_EN.search(lowered):
        return "user"
    return ""


def read_cues(text: str, today: date) -> Cues:
    """Reads all hints in a question. today: the calendar day of the question."""
    lowered = simplified(text.lower())
    about = asked_topics(text)
    role = role_cue(text)
    own = role != "assistant" and asks_about_oneself(text)
    return Cues(
        # "Recommend a dinner for me" asks for what the person told, too.
        role=role or ("user" if about and own else ""),
        dates=date_cues(text, today),
        first_session=bool(_FIRST.search(lowered)),
        last_session=bool(_LAST.search(lowered)),
        topics=about if own else frozenset(),
        life=frozenset() if _PAST.search(lowered) else about,
    )
