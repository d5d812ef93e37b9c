"""Recognises sentences that ask to forget a topic, and the topic in them: "forget what I said about Rome", 忘掉关于罗马的事."""

from __future__ import annotations

import re

from clawdbot.chinese import simplified

# Words that name no topic in "the thing with my boss".
EMPTY_WORDS = "thing things stuff matter topic subject case issue whole story part ever said told 事情 事 话题 内容 东西 问题 那件 这件 件事"
PARTICLE = re.compile(r"[的和跟与及、了我你]")
LONGEST_TOPIC = 100  # characters
_LONGEST_REQUEST = 200
_EDGE = " \t\n.,!?;:~…。，！？；：、～\"'“”‘’「」《》"
_ASK_EN = r"(?:(?:hey|hi|ok|okay|please|now|and|so|just|could you|can you|would you|will you|i want you to|i'd like you to|you (?:can|should|must))[\s,]+)*(?:please\s+)?"
_SAID_EN = (
    r"(?:(?:all|everything|anything|whatever|what|the things?|things|stuff|all the things|every ?thing|that|the part|the memor(?:y|ies)|(?:all |any |your |my |our )*(?:memor(?:y|ies)|notes?|facts?|details|information|info|data|records?|conversations?|messages?))"
    r"(?: (?:that|which))?(?: (?:i|you|we)(?:'ve| have|'d| had| ever)? ?(?:ever )?(?:said|told you|mentioned|wrote|shared|know|remember|saved|stored|talked|spoke|discussed|noted)(?: to you| with you)?)?)"
)
_FORGET_EN = re.compile(
    rf"^{_ASK_EN}(?:forget|delete|erase|remove|wipe|clear|drop)\s+{_SAID_EN}\s+(?:about|regarding|concerning|on|of|related to|to do with)\s+(?P<topic>.+)$"
)
_FORGET_THAT_EN = re.compile(rf"^{_ASK_EN}(?:forget|unlearn)\s+that\s+(?P<topic>(?:i|my|we|our)\b.+)$")
_DISCUSSED_EN = re.compile(
    rf"^{_ASK_EN}(?:forget|delete|erase)\s+(?:everything|all|what)\s+(?:that\s+)?we\s+(?:talked|said|discussed|spoke)\s+(?P<topic>.+)$"
)
_WHAT_ZH = (
    r"(?:的)?(?:所有|全部|一切|相关|有关)?(?:的)?(?:事情?|内容|记忆|话|一切|信息|东西|记录|全部|消息|对话|部分|事儿)?"
)
_FORGET_ZH = re.compile(
    r"^(?:请|麻烦|帮我|你|可以|能不能|能否|能|现在|全都?|都|把|我想让你|我要你|希望你)*(?:忘掉|忘记|忘了|删除|删掉|删了|清除|清掉|抹掉|抹去|擦除)(?:掉|一下)?"
    r"(?:所有|全部|一切|你|我|之前|以前|记得|记住|知道|说过|讲过|说|讲|提过|提到|告诉过?|聊过|跟|和|对|的|那些|这些|我们|咱们|过|任何)*(?:关于|有关)(?P<topic>.+?)"
    + _WHAT_ZH
    + r"(?:吧|了|吗|好吗|可以吗|行吗|谢谢)*$"
)
_TAKE_ZH = re.compile(
    r"^(?:请|麻烦|帮我|你|可以|能不能|能|我想让你|希望你)*把(?:我|你|我们)?(?:之前|以前)?(?:说过|说|讲过|提过|告诉你|记得|记住|知道)?(?:的)?(?:所有|全部|一切)?(?:关于|有关|跟|和)?(?P<topic>.+?)"
    r"(?:有关|相关)?的(?:所有|全部)?(?:事情?|内容|记忆|话|一切|信息|东西|记录|消息|事儿)(?:全|都|全部|全都)?(?:给)?(?:忘掉|忘记|忘了|删除|删掉|删了|清除|清掉|抹掉)(?:吧|了|吗|好吗|掉)*$"
)
_FORGET_ALL = re.compile(
    rf"{_ASK_EN}(?:forget|delete|erase|wipe)\s+(?:everything|all|all of it)(?:\s+(?:that\s+)?(?:i|you|we)(?:'ve)?\s+(?:ever\s+)?(?:said|told you|know|remember|saved)(?: to you)?)?"
    r"|(?:请|麻烦|帮我|你|把|全部|都)*(?:忘掉|忘记|删除|删掉|清除|清空)(?:你|我)?(?:记得|记住|知道|说过)?(?:的)?(?:一切|所有|全部)(?:的)?(?:记忆|内容|事情?|东西|记录)?(?:吧|了)*"
)
_LEAD = re.compile(
    rf"^(?:{_SAID_EN}\s+)?(?:about|regarding|concerning|on the subject of)\s+|^(?:我|你)?(?:说过|记得|知道)?的?(?:所有|全部|一切)?(?:关于|有关)(?=.)",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"(?:\s*,?\s*(?:please|thanks?|thank you|ok(?:ay)?|would you|will you|for ?ever|right now|now))+$", re.IGNORECASE
)
_TRAIL_ZH = re.compile(r"(?:的)(?:所有|全部)?(?:事情?|内容|记忆|话|一切|信息|东西|记录|消息|事儿)$")
_ALL = frozenset(
    [
        "me",
        "myself",
        "everything",
        "all",
        "all of it",
        "it all",
        "us",
        "you know about me",
        "everything about me",
        "our conversations",
        "our chats",
        "我",
        "我的一切",
        "我的事",
        "所有",
        "全部",
        "一切",
        "我的所有",
        "所有的",
        "所有事",
        "我的全部",
        "全部内容",
    ]
)
_NOTHING = frozenset(
    [
        "it",
        "that",
        "this",
        "them",
        "him",
        "her",
        "these",
        "those",
        "it all",
        "about it",
        "about that",
        "它",
        "这",
        "那",
        "这个",
        "那个",
        "这件",
        "那件",
        "他",
        "她",
        "这事",
        "那事",
    ]
)


def requested(text: str) -> str | None:
    """Returns the topic that a sentence asks to forget; "" for everything; None when it asks nothing of the kind."""
    plain = " ".join(simplified(text).replace("’", "'").split()).strip(_EDGE)
    if not plain or len(plain) > _LONGEST_REQUEST:
        return None
    lowered = plain.lower()
    if _FORGET_ALL.fullmatch(lowered):
        return ""
    for pattern in (_FORGET_EN, _FORGET_THAT_EN, _DISCUSSED_EN, _FORGET_ZH, _TAKE_ZH):
        if len(lowered) == len(plain) and (match := pattern.match(lowered)):
            topic = topic_of(plain[match.start("topic") : match.end("topic")])
            return None if topic is None else topic
    return None


def topic_of(words: str) -> str | None:
    """Returns the topic in the words after "forget"; "" for everything; None when they name nothing."""
    topic = _LEAD.sub("", words.strip(_EDGE))
    topic = _TRAIL_ZH.sub("", _TRAIL.sub("", topic)).strip(_EDGE)
    folded = simplified(topic).lower()
    if folded in _ALL:
        return ""
    return None if not topic or folded in _NOTHING else topic[:LONGEST_TOPIC]
