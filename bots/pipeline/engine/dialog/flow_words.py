"""Short messages beside the answers of a flow: skip, a person, go on, and greetings and thanks, which are no answer."""

from __future__ import annotations

import re

from clawdbot.chinese import simplified

_MARKS = " \t\n.,!?;:~…。，！？；：、～\"'“”‘’"
_BESIDE = r"(?:please|thanks|thank you|then|i'd rather|let's|just|can we|can i|(?:it|this|that)(?: one)?|now|with|it)"
_SKIP = re.compile(
    rf"(?:{_BESIDE}\s+)*(?:skip|pass|next|leave (?:it|that) (?:out|blank|empty)|none|nothing|no preference"
    rf"|not applicable|n/?a|i (?:do not|don't) (?:know|have (?:one|any|it))|no idea|dunno)(?:[\s,]+{_BESIDE})*"
    r"|(?:那|先|就|请|我)*(?:跳过|略过|不填|不写|不说|没有|无|都行|随便|不知道|不清楚|不确定|下一个|下一题|暂时没有"
    r"|没想好)"
    r"(?:这个|这题|它|了|吧|呀|啊)*"
)
_PERSON = re.compile(
    r"(?:i (?:want|need|would like)(?: to)? |let me |can i |please |get me |connect me (?:to|with) )*"
    r"(?:talk |speak |chat )?(?:to |with )?(?:an? |the )?(?:real |human )?"
    r"(?:person|human|agent|operator|someone|somebody|representative|staff|people)(?: please)?"
    r"|(?:我想|我要|请|帮我|麻烦|给我|能不能|可以)*(?:找|转|换|叫|接|联系)?(?:个|一个|一下)?"
    r"(?:人工客服|人工|真人|客服|活人|工作人员)(?:服务|吧|谢谢|帮我|吗)*"
    r"|(?:我想|我要)?找(?:个)?人(?:帮我|帮忙|吧)?"
)
_GO_ON = re.compile(
    r"(?:please |ok |okay |let's |let us |can we )*(?:continue|resume|go on|carry on|keep going|pick up)"
    r"(?: (?:with |where we left off|the |my |please)*(?P<what_en>.{0,40}?))?"
    r"|(?:那|好|好的|我们|请|我想)*(?:继续|接着)(?:刚才的|之前的|上次的|填|办|来|说)*(?P<what_zh>.{0,16}?)(?:吧|了)?"
)
_BACK = re.compile(
    r"(?:please |can (?:we|i) |let me |let's |i want to )*"
    r"(?:(?:go )?(?:one step |a step )?back(?: one(?: step)?| a step| up)?(?: to the (?:last|previous) \w+)?"
    r"|(?:the )?previous (?:question|step|one)|undo(?: that| the last one)?)(?: please)?"
    r"|(?:请|我想|我要|能不能|可以)*(?:返回|回到|退回|回退|退)?到?"
    r"(?:上一步|上一题|上一个问题|上个问题|前一步|前一题)(?:吧|了|吗)?"
)
_ANEW = re.compile(
    r"(?:please |can (?:we|i) |let me |let's |i want to )*"
    r"(?:start|begin)(?: it| this)? (?:over|again|anew|afresh|from (?:scratch|the (?:start|beginning|top)))(?: please)?"
    r"|restart(?: (?:it|this|the form))?|from the (?:start|beginning|top)(?: please)?"
    r"|(?:请|我想|我要|能不能|可以|还是)*(?:重新开始|重新填|重新来|重填|重来|从头开始|从头来|从头再来|再来一遍)(?:一遍|一次)?(?:吧|了|吗)?"
)
_CHAT = re.compile(
    r"(?:(?:hi|hello|hey|hiya|howdy|good (?:morning|afternoon|evening|day)|thanks?|thank you|thx|cheers|lol|haha+|wow"
    r"|cool|nice|great|how are you(?: doing)?|are you there|so much|there|a lot|again)[\s,!.?]*)+"
    r"|(?:(?:你好|您好|嗨|哈喽|早上好|下午好|晚上好|早安|晚安|谢谢|多谢|感谢|哈哈+|呵呵+|嘿嘿+|在吗|在么"
    r"|你好吗|不错|厉害|你|您|啊|呀|了)[\s，！。？]*)+"
)


def chats(text: str) -> bool:
    """Returns whether the whole message is a greeting, thanks or laughter."""
    return len(text) <= 60 and _CHAT.fullmatch(_plain(text)) is not None


def skips(text: str) -> bool:
    """Returns whether the whole message says that the person leaves the question open."""
    return _SKIP.fullmatch(_plain(text)) is not None


def goes_back(text: str) -> bool:
    """Returns whether the whole message asks for the question before."""
    return len(text) <= 60 and _BACK.fullmatch(_plain(text)) is not None


def starts_over(text: str) -> bool:
    """Returns whether the whole message asks to begin the questions anew."""
    return len(text) <= 60 and _ANEW.fullmatch(_plain(text)) is not None


def wants_person(text: str) -> bool:
    """Returns whether the whole message asks for a person."""
    return _PERSON.fullmatch(_plain(text)) is not None


def goes_on(text: str) -> str | None:
    """Returns what the person wants to go on with, "" for whatever it is; None when the message says something else."""
    if len(text) > 80 or (match := _GO_ON.fullmatch(_plain(text))) is None:
        return None
    return (match["what_en"] or match["what_zh"] or "").strip()


def _plain(text: str) -> str:
    return " ".join(simplified(text).replace("’", "'").lower().split()).strip(_MARKS)
