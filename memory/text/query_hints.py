"""What a question says about where its answer stands: whose turn it was, who said it, when, in which session."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from clawdbot.chinese import simplified
from memory.text.dates import DateCue, date_cues

_TELLING_EN = (
    r"(?:said|say|told|tell|recommend\w*|suggest\w*|advi[sc]e\w*|mention\w*|gave|give|explain\w*|teach|taught"
    r"|promise\w*)"
)
_BOT_EN = re.compile(
    rf"\byou(?: (?!i\b)\w+){{0,3}}? {_TELLING_EN}\b|\byour (?:advice|recommendation|suggestion|answer)s?\b"
)
_PERSON_EN = re.compile(r"\b(?:i|i'm|i've|my|mine)\b")
# 你 as the one who tells; not the 你 of 和你, 给你, 告诉你, who is being told.
_BOT_ZH = re.compile(
    r"(?<![和跟给向对与诉问])你[^,，。?？记我]{0,10}?(?:给了?我|告诉|推荐|建议|说过?|提到|提过|分享|教|回答|介绍)"
)
_PERSON_ZH = re.compile(r"我")
_FIRST = re.compile(r"第一次(?:对话|聊天|聊|说话|交流)|\bfirst (?:time we|conversation|chat|talk)")
_LAST = re.compile(
    r"上(?:一)?次(?:我们)?(?:对话|聊天|聊|说)|\blast (?:time we (?:talk|spoke|chat)\w*|conversation|chat)\b"
)


@dataclass(frozen=True, slots=True)
class Cues:
    """Hints in a question; each only lifts a score, none excludes anything."""

    role: str = ""
    dates: tuple[DateCue, ...] = ()
    first_session: bool = False
    last_session: bool = False


def role_cue(text: str) -> str:
    """Whose turns a question is about: "assistant" (what the bot said), "user" (the person), or "" (no telling)."""
    lowered = simplified(text.lower())
    if _BOT_ZH.search(lowered) or _BOT_EN.search(lowered):
        return "assistant"
    if _PERSON_ZH.search(lowered) or _PERSON_EN.search(lowered):
        return "user"
    return ""


def read_cues(text: str, today: date) -> Cues:
    """Reads all hints of a question; `today` is the asker's calendar day."""
    lowered = simplified(text.lower())
    return Cues(
        role=role_cue(text),
        dates=date_cues(text, today),
        first_session=bool(_FIRST.search(lowered)),
        last_session=bool(_LAST.search(lowered)),
    )
