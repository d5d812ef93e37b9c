"""Reads what a message wants of the reminders: a new one, the list, an end, another time, or not now."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from clawdbot import times
from clawdbot.times.numerals import folded

CREATE, LIST, CANCEL, CHANGE, SNOOZE = "create", "list", "cancel", "change", "snooze"
ACTIONS = (CREATE, LIST, CANCEL, CHANGE, SNOOZE)

_NOUN_ZH = r"(?:提醒|闹钟|闹铃|倒计时|定时)"
_NOUN_EN = r"(?:reminders?|alarms?|timers?)"
# Somebody else reminds, or reminded; or the word has its other meaning.
_OTHER_ZH = re.compile(
    r"温馨提醒|友情提醒|提醒(?:过|了|到|的是|着|自己|他|她|它|别人|人们|大家注意|您注意|我们要)|(?:谢谢|感谢|多谢|谢了)[^,，。]{0,6}提醒|提醒[^,，。]{0,4}(?:谢谢|感谢)"
    r"|(?:歌|电影|照片|画|书|这|那|他|她|它|们|妈|爸|老板|老师|同事|朋友|医生|谁|什么)(?:\S{0,2})提醒我|被[^,，。]{0,6}提醒|(?:我|我们|他|她)(?:提醒|要提醒)(?:他|她|你|大家)"
    r"|提醒我(?:想起|们?的?(?:童年|过去|从前))|(?:为什么|怎么|如何|为啥|能不能解释)[^,，。]{0,12}提醒|提醒.{0,30}(?:了吗|了没|是什么意思|怎么[用设])"
    r"|叫我(?:小|老|阿|大|名字|什么)|(?:他们|别人|大家|人家|妈妈|爸爸|你可以|以后)叫我|叫我.{0,3}(?:哥|姐|吧|就行|就好)$|(?:他|她|老师|老板|妈妈)(?:让|叫)我"
)
_OTHER_EN = re.compile(
    r"\b(?:that|this|it|which|he|she|they|song|what|who) (?:always |really |often |just |also )?reminds? me\b|\band (?:always |really |often |just |also )?reminds me\b|\breminds (?:me|you|us|him|her|them)\b|\breminded\b|\breminding\b(?! me (?:to|about))"
    r"|\bremind me (?:again )?(?:what|who|how|why|where|which|whether)\b|\b(?:he|she|they|i|we|you) (?:will|would|did|could|should|must|had to) remind\b(?! me (?:to|at|in|on|about|tomorrow|every))"
    r"|\bthanks? (?:you )?for (?:the )?remind|\bgentle reminder\b|\b(?:a|this is a|just a|friendly|quick|kind) reminder (?:that|of|to all)|\bremind (?:him|her|them|people|everyone|customers)\b"
    r"|\b(?:don't|do not|didn't|did not|never|no need|wouldn't|not)\b (?:\w+ ){0,4}(?:to )?remind\b"
    r"|\bserves? as a reminder\b|\balarm(?:ed|ing)\b|\b(?:fire|smoke|false|burglar) alarm|\bwake[- ]up call\b|\bwaking\b|\bwoke\b",
    re.ASCII,
)
_LIST_ZH = re.compile(
    rf"^(?:我|帮我|请|看看|查看|看一?下|列出|显示|查一?下|告诉我|现在|都|还)*(?:的|有|设了?|定了?|设置了?)*(?:哪些|什么|几个|多少)?(?:[个条])?(?:所有|全部|待办)?的?{_NOUN_ZH}(?:列表|清单|事项|有哪些|呢|吗|\?)*$"
)
_LIST_EN = re.compile(
    rf"\b(?:list|show|what(?:'s| are)?(?! is an?\b)|which|see|view|check|any|do i have|have i|how many|all)\b[^.]{{0,30}}\b{_NOUN_EN}\b(?!.*\b(?:for|to|at)\b.*\d)"
    rf"|^(?:my )?{_NOUN_EN}(?: list)?$",
    re.ASCII,
)
_CANCEL_ZH = re.compile(
    rf"(?:取消|删除|删掉|删了|去掉|关掉|关闭|停掉|停止|撤销|清空)[^,，。]{{0,30}}{_NOUN_ZH}|{_NOUN_ZH}[^,，。]{{0,12}}(?:取消|删除|删掉|删了|去掉|关掉|停掉|不要了)"
    r"|(?:不要|别|不用|不必|无需)再?(?:来)?提醒我|(?:不要|别)再提醒"
)
_CANCEL_EN = re.compile(
    rf"\b(?:cancel|delete|remove|stop|clear|turn off|drop|forget|scrap)\b[^.]{{0,40}}\b{_NOUN_EN}\b|\b(?:stop reminding|don't remind|do not remind|no longer remind)\b|\bstop the reminder",
    re.ASCII,
)
_CHANGE_ZH = re.compile(
    rf"{_NOUN_ZH}[^,，。]{{0,30}}(?:改|推迟|延后|提前|挪|换|移|调)(?:到|成|为|至)|^(?:把)?[^,，。\s我了]{{0,20}}(?:改|推迟|延后|提前|挪|换|移|调)(?:到|成|为|至)(?P<new>.+)$"
    rf"|(?:修改|更改|调整)[^,，。]{{0,20}}{_NOUN_ZH}"
)
_CHANGE_EN = re.compile(
    rf"\b(?:move|change|reschedule|shift|push|postpone|update|edit)\b[^.]{{0,40}}\b{_NOUN_EN}\b|^(?:please )?(?:move|change|reschedule|shift|push|postpone|make) (?:it|that|this)(?: back)? (?:to|for|until|till)? ?(?P<new>.+)$",
    re.ASCII,
)
_SNOOZE_ZH = re.compile(
    r"再(?:提醒|叫)(?:我)?(?:一次|一下|一遍)?[。!！]?$|^(?:稍后|待会儿?|等会儿?|过一?会儿?)再?(?:提醒|叫)(?:我)?[。!！]?$|^(?:推迟|延后|贪睡|再睡)(?![到至])[^,，。]{1,12}$"
)
_SNOOZE_EN = re.compile(r"^(?:please )?snooze\b|\bremind me again\b|^(?:please )?(?:again|once more) in\b", re.ASCII)
_NEW_ZH = re.compile(
    r"提醒(?:我|一下|下|俺|咱)|叫(?:我|醒)|喊我|通知我|(?:设|定|建|加|创建|新建|来|开|给我|添加|设置|设定|上)[^,，。]{0,16}(?:提醒|闹钟|闹铃|倒计时|定时)|倒计时|闹钟|提醒[:：]|^提醒|提醒$",
)
_NEW_EN = re.compile(
    rf"\bremind (?:me|us)\b|\b(?:set|create|add|make|new|schedule|put|need|want|start|give me)\b[^.]{{0,30}}\b{_NOUN_EN}\b|\bwake (?:me|us)\b|^{_NOUN_EN}\b|\b{_NOUN_EN}$",
    re.ASCII,
)
_STARTS = re.compile(
    r"^(?:请|麻烦|帮我|帮忙|你|能不能|可以|能|可不可以|记得|到时候|一会儿?|.{1,12}(?:前|后|时|时候)|\d{3,4}(?=提醒)|please|can you|could you|would you|will you|hey|ok|okay|,|，| )*(?:提醒我|remind me|remind us|设|定|set|create|add)"
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted.

    Attributes:
        action: One of `ACTIONS`.
        new: The words of the new time, for a change that names no reminder.
    """

    action: str
    new: str = ""


def read(text: str) -> Request | None:
    """Returns what a message wants; None when it is about something else."""
    plain = folded(text)[0].strip().rstrip("。.!！~")
    if _SNOOZE_ZH.search(plain) or _SNOOZE_EN.search(plain):
        return Request(SNOOZE)
    if _CANCEL_ZH.search(plain) or _CANCEL_EN.search(plain):
        return Request(CANCEL)
    if _OTHER_ZH.search(plain) or _OTHER_EN.search(plain):
        return None
    if found := _CHANGE_ZH.search(plain) or _CHANGE_EN.search(plain):
        # Without the word "reminder" only a message that is nothing but a new time: "改到四点", "move it to Friday".
        new = found["new"] or ""
        if not new or _is_only_time(new):
            return Request(CHANGE, new)
    if _LIST_ZH.search(plain) or _LIST_EN.search(plain):
        return Request(LIST)
    if (_NEW_ZH.search(plain) or _NEW_EN.search(plain)) and (_STARTS.search(plain) or names_time(plain)):
        return Request(CREATE)
    return None


def names_time(text: str) -> bool:
    """Returns whether the words name a time, or ask for one ("later")."""
    return bool(times.find_all(text, now=datetime.now(UTC), zone="UTC"))


def _is_only_time(text: str) -> bool:
    found = times.find_all(text, now=datetime.now(UTC), zone="UTC")
    spoken = sum(stop - begin for one in found for begin, stop in one.spans)
    return bool(found) and len(text.strip()) - spoken <= 4
