"""Goes on with an answer that was cut off, when the person asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bots.models import Message
from bots.pipeline.engine.turn import Turn
from clawdbot.chinese import simplified
from memory.types import RecentTurn

CUT_MARK = " …"
"""Ends an answer that the model did not end."""
_REQUEST = (
    "(Your previous answer was cut off before its end. Go on exactly where it stops, in the same language and form. "
    "Repeat nothing of it and begin without any remark.)"
)
_LONGEST = 60  # characters
_MARKS = " \t\n.,!?;:~…。，！？；：、～\"'“”‘’"
_ASKS_EN = re.compile(
    r"(?:(?:please|pls|ok|okay|yes|and|so|then|well|can you|could you|would you|you can|just|now)\W+)*"
    r"(?:continue|cont|go on|go ahead|keep (?:going|writing)|carry on|resume|proceed|more|the rest|what(?:'s| is) next"
    r"|(?:and )?then|finish|complete|give me the rest|show me the rest|tell me the rest|next)"
    r"(?:\W+(?:please|pls|with|it|that|this|your|the|last|previous|answer|message|text|story|list|writing|from|where|you"
    r"|left|off|stopped|were|was|cut|there|on|then|now|thanks|thank|to|end))*"
)
_ASKS_ZH = re.compile(
    r"(?:请|麻烦|那就|那|好的|好|嗯|你|帮我|可以|能|再|，|,|\s)*"
    r"(?:继续|接着|往下|接下去|说下去|写下去|讲下去|说完|写完|讲完|后面呢|然后呢|还有呢|下面呢|下文|剩下的|没说完|没写完)"
    r"(?:往下|下去|说|写|讲|回答|输出|完|刚才的|上面的|上文|内容|剩下的|部分|你的|答案|吧|啊|呀|呢|吗|哦|一下|谢谢|请|，|,|\s)*"
)


def asks(text: str) -> bool:
    """Returns whether the whole message asks only to go on."""
    plain = " ".join(simplified(text).replace("’", "'").lower().split()).strip(_MARKS)
    return 0 < len(plain) <= _LONGEST and bool(_ASKS_EN.fullmatch(plain) or _ASKS_ZH.fullmatch(plain))


def unfinished(turn: Turn, recent: Sequence[RecentTurn]) -> RecentTurn | None:
    """Returns the answer that the message asks to go on with; None if it asks for none. Queries: 0 or 1."""
    if turn.files or not asks(turn.text):
        return None
    last = next((said for said in reversed(recent) if said.role == Message.Role.ASSISTANT), None)
    if last is None:
        return None
    mine = Message.objects.for_bot(turn.bot).filter(conversation=turn.conversation, pk=last.id)
    meta = mine.values_list("meta", flat=True).first() or {}
    return last if meta.get("cut") == "length" or meta.get("stopped") else None


def request(text: str) -> str:
    """Returns the person's message with the sentence that tells the model to go on."""
    return f"{text}\n\n{_REQUEST}"


def without_mark(text: str) -> str:
    """Returns the cut answer as the model wrote it."""
    return text.removesuffix(CUT_MARK)


def question(recent: Sequence[RecentTurn], text: str) -> str:
    """Returns what the unfinished answer is about: the latest message of a person that says more than "continue"."""
    said = (turn.text for turn in reversed(recent) if turn.role == Message.Role.USER and not asks(turn.text))
    return next(said, text)
