"""Tells from the words of a message whether it leaves the open form: it cancels, or it is about something else.

The patterns match simplified, lower-case text.
"""

from __future__ import annotations

import re

from bots.pipeline.engine.answer.questions import is_question
from clawdbot.chinese import simplified
from skills.parameters import is_sentence

_MARKS = " \t\n.,!?;:~…。，！？；：、～\"'“”‘’"
_CANCEL_EN = (
    r"no|nope|no way|cancel|stop|quit|exit|abort|never ?mind|forget it|forget about it|skip it|drop it|leave it"
    r"|not now|don't bother|don't worry|i changed my mind|i(?: do not| don't) (?:want|need)(?: to)?"
)
_BESIDE_EN = (
    r"oh|ok|okay|well|sorry|actually|please|thanks|thank you"
    r"|it|that|this|now|then|anymore|any more|everything|all|about"
)
_CANCEL_ZH = (
    r"算了|取消|不用|不要|不必|不需要|不问了|不查了|不想问|不想查|不想要|别问了|别查了|没事|停止|停下|停|退出|放弃|不"
    r"|当我没问|当我没说|下次再说|以后再说|改天再说"
)
_BESIDE_ZH = (
    r"那|那就|还是|先|请|麻烦|多谢|谢|您|你|哦|噢|嗯|好|好的|了|吧|啊|呀|哈|啦|嘛|呢|它|这个|那个|对不起|不好意思"
    r"|抱歉"
)
_CANCELS = re.compile(
    rf"(?=.*?(?:\b(?:{_CANCEL_EN})\b|{_CANCEL_ZH}))"
    rf"(?:\b(?:{_CANCEL_EN}|{_BESIDE_EN})\b[\s,.!]*|(?:{_CANCEL_ZH}|{_BESIDE_ZH})[\s,，.。!！]*)+"
)
_OTHER_EN = re.compile(
    r"(?:no|sorry|hey|wait|but|well)?\W*(?:i (?:didn't|did not|wasn't|never) (?:ask|mean|say|want|talk)"
    r"|that's not what i|(?:please )?(?:tell me (?:a|about|what|why|how|who)|remind me|translate|explain|summari[sz]e"
    r"|write (?:me|an?))|let's talk about|by the way)\b"
)
_OTHER_ZH = re.compile(
    r"我(?:又|根本|并|可)?(?:没有?|不是)(?:在?问|让你|叫你|说要|要查)|不是问|谁问你|换个话题|说点别的|顺便|对了"
    r"|(?:请|帮我|给我|你)+(?:讲|说|写|翻译|解释|提醒|推荐)|^(?:讲|写|翻译|解释|提醒我|推荐)"
)
_SHORT_EN, _SHORT_ZH = 2, 4
_LONGEST_CANCEL = 100  # characters


def cancels(text: str) -> bool:
    """Returns whether the whole message says only that the person does not want to go on."""
    return len(text) <= _LONGEST_CANCEL and _CANCELS.fullmatch(_plain(text)) is not None


def changes_subject(text: str) -> bool:
    """Returns whether the message is a question, a request or an objection, and so no answer to a question.

    An unsure answer can look like a question ("London?"), so only a sentence counts as one.
    """
    plain = _plain(text)
    if _OTHER_EN.match(plain) or _OTHER_ZH.search(plain):
        return True
    return is_question(text) and is_sentence(plain, _SHORT_EN, _SHORT_ZH)


def _plain(text: str) -> str:
    return " ".join(simplified(text).replace("’", "'").lower().split()).strip(_MARKS)
