"""Tells requests to remember something, and questions about what is known, from sentences that hold the same words."""

from __future__ import annotations

import re
import unicodedata

from skills.numerals import plain

LONGEST = 500  # characters of a thing to remember
_ASK_EN = r"(?:(?:hey|hi|ok|okay|and|so|please|kindly|could you|can you|would you|will you|i want you to|i'd like you to|you (?:should|must|need to))[\s,]+)*"
_REMEMBER_EN = re.compile(
    rf"^{_ASK_EN}(?:remember|note down|make a note|take a note|note|memori[sz]e|keep in mind|don't forget|do not forget|never forget)"
    r"(?:\s*[:,-]\s*|\s+)(?:this\s*:\s*)?(?:that\s+)?(?P<what>.+)$",
    re.IGNORECASE | re.DOTALL,
)
_POLITE_QUESTION = re.compile(
    r"^(?:can|could|will|would) you (?:please |kindly )?(?:remember|note)(?: down)? that\b", re.I
)
_VERB_EN = re.compile(
    r"\b(?:is|are|am|was|were|isn't|aren't|has|have|had|don't|doesn't|can't|cannot|won't|will|would|like|likes|love|loves|hate|hates|live"
    r"|lives|work|works|need|needs|prefer|prefers|want|wants|eat|eats|drink|drinks|speak|speaks|own|owns|take|takes|use|uses|go|goes|drive"
    r"|drives|play|plays|never|always|must|moved|married|called|named)\b|'(?:m|s|re|ve)\b",
    re.IGNORECASE,
)
_NOT_EN = re.compile(
    r"^(?:to|when|how|why|what|where|who|which|the time|me|us|that time|those|if|whether|our time|it|this|that)\b",
    re.IGNORECASE,
)
_REMEMBER_ZH = re.compile(
    r"^(?:请|麻烦|帮我|帮忙|你|要|一定|那|好|给我|务必|顺便|也|再|可以|能不能|能)*"
    r"(?:记住|记下来|记一下|记下|牢记|记着|别忘了|不要忘了|不要忘记|别忘记)(?:一下)?(?:这个|这件事|这一点|这点)?[\s::,，、-]*(?P<what>.+?)"
    r"(?:吧|哦|喔|啊|呀|好吗|可以吗|好不好|谢谢)*$",
    re.DOTALL,
)
_TAKE_ZH = re.compile(
    r"^(?:请|麻烦|帮我|你)*把(?P<what>.{3,}?)(?:记住|记下来|记下|记一下|记着)(?:吧|哦|啊|好吗)*$", re.DOTALL
)
_SAYS_ZH = re.compile(
    r"我|咱|俺|他|她|家|[是叫在有爱会要住属生]|喜欢|讨厌|不|对.+过敏|过敏|密码|号码|电话|生日|地址|班|点|号|月"
)
_QUESTION_ZH = re.compile(r"[吗呢么]$|[谁哪]|什么|怎么|怎样|如何|为什么|几[点号个岁]|多少|没有$|了没$")
_NOT_ZH = re.compile(r"^(?:[了吗呢没的]|没有|提醒|叫我|回|带|吃|买|去|来|做|关|锁|那|过去|历史|教训)")
_KNOWN_EN = re.compile(
    rf"^{_ASK_EN}(?:(?:do you |can you )?(?:tell|show) me )?(?:what|everything|all|anything)(?:'s| all)?\s+(?:(?:things?|facts?)\s+)?(?:that\s+)?"
    r"(?:do you|you|did i|have i|i(?:'ve)?)\s+(?P<verb>know|remember|have (?:stored|saved|learned|noted)|stored|learned|tell you|told you)"
    r"(?:\s+(?:of|about|on|regarding)\s+(?P<topic>.+))?$",
    re.IGNORECASE,
)
_KNOWN_ZH = (
    re.compile(
        r"^(?:请问|请|告诉我|那|说说|讲讲)*(?:你)?(?:都|还|现在)*(?:知道|了解|记得|记住了?|记了)(?P<topic>我|我们|我的)(?:的)?(?:什么|哪些|多少|些什么)(?:事情?|信息|东西|内容)?$"
    ),
    re.compile(
        r"^(?:请问|请|那)*你(?:都|还|现在)*对(?P<topic>我|我们)(?:都|还)*(?:了解|知道|记得|有)(?:什么|哪些|多少|些什么)(?:了解|印象|记忆)?$"
    ),
    re.compile(
        r"^(?:请问|请|告诉我|那)*(?:你)?(?:都|还|现在)*(?:记得|记住了?)(?:哪些|什么)?(?:关于|有关)(?P<topic>.+?)(?:的)?(?:什么|哪些|多少|事情?|事儿|信息|东西|内容)?$"
    ),
    re.compile(
        r"^(?:请问|请|那)*(?:关于|有关)(?P<topic>.+?)(?:的事情?|的事儿)?你(?:都|还)*(?:记得|知道|记住了?)(?:些)?(?:什么|哪些|多少)(?:事情?|信息|内容)?$"
    ),
    re.compile(
        r"^(?:请问|请|那)*我(?:以前|之前|都|跟你|和你|对你|给你|曾经)*(?:说过|讲过|告诉过你|提过)(?:哪些|什么)?(?:关于|有关)(?P<topic>.+?)(?:的)?(?:什么|哪些|事情?|话|内容)?$"
    ),
    re.compile(
        r"^(?:请|给我|帮我)*(?:看看|列出|列一下|说说|告诉我|显示)你(?:都)?(?:记得|知道|记住)(?:的)?(?:关于|有关)?(?P<topic>我)?(?:的)?(?:所有|一切|全部|内容|事情?|东西|记忆|什么)*$"
    ),
)
_LIGHT = frozenset({"the", "our", "your", "his", "her", "their", "and", "that", "this", "about", "with", "for"})
_STEM = 5  # letters
_ME = frozenset({"", "me", "us", "myself", "me so far", "我", "我们", "我的", "me already", "me now"})
_MINE = re.compile(r"^(?:my|our)\b|^我(?:的|们的)?.", re.IGNORECASE)
_END = " \t\n.!?;,。！？；，、~～"


def to_remember(text: str) -> str:
    """Returns what a sentence asks to remember, in the person's words; "" when it asks nothing of the kind."""
    said = plain(text)
    if (said.endswith("?") and not _POLITE_QUESTION.match(said)) or len(said) > LONGEST:
        return ""
    words = unicodedata.normalize("NFKC", text).strip()  # as written: simplified characters keep their places
    if len(words) == len(text.strip()):
        words = text.strip()
    for pattern, fits in ((_REMEMBER_EN, _fits_en), (_REMEMBER_ZH, _fits_zh), (_TAKE_ZH, _fits_zh)):
        if (found := pattern.match(said.rstrip(_END))) is not None:
            what = words[found.start("what") : found.end("what")].strip(_END)
            return what if fits(plain(what)) else ""
    return ""


def _fits_en(what: str) -> bool:
    return not _NOT_EN.match(what) and _VERB_EN.search(what) is not None


def _fits_zh(what: str) -> bool:
    return len(what) >= 3 and bool(_SAYS_ZH.search(what) and not _NOT_ZH.match(what) and not _QUESTION_ZH.search(what))


def asked_about(text: str) -> str | None:
    """Returns what a question about the bot's memory is about: "" for the person, else a topic.

    None for no such question. "What do you know about Rome?" asks for general knowledge, so a topic that is not the
    person's own must be asked for with a word of memory.
    """
    said = plain(text).strip(_END)
    if (found := _KNOWN_EN.match(said)) is not None:
        topic = (found["topic"] or "").strip(_END)
        if topic.lower() in _ME:
            return "" if found["topic"] else None
        return topic if found["verb"].lower() != "know" or _MINE.match(topic) else None
    for number, pattern in enumerate(_KNOWN_ZH):
        if (found := pattern.match(said)) is not None:
            topic = (found["topic"] or "").strip(_END)
            if topic in _ME:
                return ""
            return topic if "知道" not in said or number < 2 or _MINE.match(topic) else None
    return None


REMEMBER_PATTERNS = (
    r"^.{0,12}(?:[记記]下|牢[记記]|[记記][着著]|[别別]忘|不要忘)|^.{0,4}把.+[记記]",
    r"^.{0,30}\b(?:make a note|take a note|note that|memori[sz]e|don[\'’]t forget|do not forget|never forget)\b",
)
KNOWN_PATTERNS = (
    r"\b(?:what|everything|all|anything)\b.{0,30}\b(?:know|remember|told you|tell you|stored|saved|learned|noted)\b",
    r"(?:知道|了解|[记記]得|[记記]住|印象|[说說][过過]|告[诉訴][过過]|提[过過]).{0,30}(?:什么|什麼|哪些|多少|[关關]于|[关關]於|有[关關]|一切|所有|全部)",
    r"[对對]我.{0,4}(?:了解|印象)|(?:[关關][于於]|有[关關]).{1,30}你.{0,3}(?:[记記]得|知道)|看看你.{0,3}[记記]",
)
"""Coarse patterns of messages that may ask for the skills; their `parse` decides."""


def names(topic: str, text: str) -> bool:
    """Returns whether a text has a telling word of a topic: its beginning in English, two characters in Chinese."""
    said, asked = plain(text).casefold(), plain(topic).casefold()
    words = [word for word in re.findall(r"[a-z]{3,}", asked) if word not in _LIGHT]
    if any(re.search(rf"\b{word[:_STEM]}", said) for word in words):
        return True
    han = "".join(re.findall(r"[\u4e00-\u9fff]", re.sub(r"^(?:我们?|咱们?)家?的?", "", asked)))
    return han in said if 0 < len(han) < 3 else any(han[at : at + 2] in said for at in range(len(han) - 1))
