"""Takes the task out of a message: the words without the times and without "remind me"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from clawdbot.times import Found
from clawdbot.times.numerals import folded

_ASKING = re.compile(
    r"(?:请|麻烦你?|拜托|帮我|帮忙|你|能不能|可不可以|能|可以|记得|到时候?|到点|要|给我|我想|我要|再)*"
    r"(?:(?:设置?|定|建|加|创建|新建|来|开|添加|设定|上)(?:一?[个条])?(?:的)?(?:提醒|闹钟|闹铃|倒计时|定时器?)|提醒|叫醒|叫|喊|通知|倒计时|闹钟)"
    r"(?:我们|我)?(?:一下|下(?![班课午周次雨楼车单去来地]))?(?:记得|别忘了|不要忘了|要记得)?[:：,，]?"
    r"|\b(?:hey|please|can you|could you|would you|will you|i want you to|i need you to)?,? ?(?:please )?"
    r"(?:(?:set|create|add|make|schedule|put|start|give me|i need|i want)(?: me| up)?(?: an?| another| the)?(?: new)? (?:reminders?|alarm|timer)|reminder|alarm|timer"
    r"|remind (?:me|us)(?: again)?|wake (?:me|us)(?: up)?)(?: (?:to|that|about|for|of))?(?![a-z])"
)
_EDGE_ZH = re.compile(
    r"^(?:到了|的时候|的|和|还有|并且|然后|再|就|要|之前|以前|之后|以后|前(?![台往面])|于|从|起(?![床来身飞草])|开始)+(?=.)|(?:的时候|的|和|还有|并|就|再|请|在|从|起|开始|吧|啊|哦|呀|好吗|可以吗|行吗|谢谢你?)+$"
)
_EDGE_EN = re.compile(
    r"^(?:to|that|about|for|of|and|at|on|in|by|starting|beginning|from|then)\b ?|(?: (?:to|that|about|for|of|and|at|on|in|by|starting|beginning|from|then|please|thanks|thank you)|^please|^thanks)$"
)
_NEXT_CLAUSE = re.compile(r"[,，;；。、\n和再]|然后|还有|以及|\b(?:and|then|also|plus)\b|&|\. ")
_PUNCTUATION = " \t\n,，.。!！?？:：;；、~～-\"'“”‘’「」"


@dataclass(frozen=True, slots=True)
class Planned:
    """A reminder that a message asks for. task: "" when the message names none."""

    found: Found
    task: str


def plan(text: str, found: tuple[Found, ...], chosen: Found) -> list[Planned]:
    """Returns the reminders of a message with at least one time.

    Args:
        text: The message.
        found: Its times.
        chosen: The one that the person asks to be reminded at.
    """
    if len(found) == 1:
        return [Planned(found[0], task_of(text, found))]
    if all(_is_list(text[one.stop : other.begin]) for one, other in pairwise(found)):
        task = task_of(text, found)
        return [Planned(one, task) for one in found]
    clauses = [text[one.begin : other.begin] for one, other in pairwise(found)] + [text[found[-1].begin :]]
    tasks = [_own_task(clause, one) for clause, one in zip(clauses, found, strict=True)]
    if all(tasks) and not _reminds_later(text, found, chosen) and _are_apart(text, found):
        return [Planned(one, task) for one, task in zip(found, tasks, strict=True)]
    # "Meeting at 3, remind me at 2:30": the other time is a part of the task.
    return [Planned(chosen, task_of(text, (chosen,)))]


def task_of(text: str, found: tuple[Found, ...]) -> str:
    """Returns the words without these times and without the request itself."""
    spans = sorted(span for one in found for span in one.spans)
    kept, at = [], 0
    for begin, stop in spans:
        kept.append(text[at:begin])
        at = max(at, stop)
    return trimmed(_without_asking(" ".join([*kept, text[at:]])))


def trimmed(text: str) -> str:
    """Returns the text without punctuation and linking words at its ends."""
    before = None
    while before != text:
        before = text
        text = " ".join(text.split()).strip(_PUNCTUATION)
        for edge in (_EDGE_ZH, _EDGE_EN):
            match = edge.search(text.lower())
            if match and match.end() - match.start() < len(text) and len(text.lower()) == len(text):
                text = text[: match.start()] + text[match.end() :]
    # Two Chinese words stand together without the space that a removed time left.
    return re.sub(r"(?<=[\u4e00-\u9fff，。、]) (?=[\u4e00-\u9fff，。、])", "", text)


def _without_asking(text: str) -> str:
    plain, positions = folded(text)
    match = _ASKING.search(plain)
    if match is None:
        return text
    return f"{text[: positions[match.start()]]} {text[positions[match.end()] :]}"


def _own_task(clause: str, found: Found) -> str:
    moved = tuple((begin - found.begin, stop - found.begin) for begin, stop in found.spans)
    kept, at = [], 0
    for begin, stop in moved:
        kept.append(clause[at:begin])
        at = stop
    return trimmed(_without_asking(" ".join([*kept, clause[at:]])))


def _is_list(gap: str) -> bool:
    return re.fullmatch(r"\s*(?:[、,，和及跟与&]|and|or)?\s*(?:and)?\s*", gap.lower()) is not None


def _are_apart(text: str, found: tuple[Found, ...]) -> bool:
    """Returns whether each time has a clause of its own; "call at 5 about the 3 pm meeting" is one."""
    return all(_NEXT_CLAUSE.search(text[one.stop : other.begin].lower()) for one, other in pairwise(found))


def _reminds_later(text: str, found: tuple[Found, ...], chosen: Found) -> bool:
    """Returns whether an event comes first and the time of the reminder after it."""
    return chosen is not found[0] and re.search(r"提醒|叫我|remind", text[found[0].stop :].lower()) is not None
