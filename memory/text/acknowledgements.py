"""Recognises turns that tell nothing by themselves: acknowledgements ("Congratulations!", 好的) and bare questions."""

from __future__ import annotations

import re

from clawdbot.chinese import simplified

_LONGEST = 80  # characters of an acknowledgement
_ACK_EN = (
    r"ok(?:ay)?|k|yes|yeah|yep|yup|no|nope|sure|right|all right|alright|fine|good|great|nice|cool|wow|oh|ah|aha|ha|haha|hehe|lol|hmm+|hm|mm+"
    r"|got it|i see|understood|noted|done|perfect|excellent|awesome|amazing|wonderful|fantastic|lovely|sweet|neat|brilliant|super|exactly|indeed|absolutely|definitely|of course"
    r"|certainly|agreed|true|fair enough|makes sense|sounds (?:good|great|nice|lovely|fun|delicious|wonderful)|congrat(?:s|ulations)(?: to you(?: both| all)?)?|well done|good (?:job|luck|for you|news|choice|idea|question|to (?:know|hear))|great (?:news|job|choice|idea)"
    r"|how (?:nice|sweet|lovely|exciting|wonderful|sad|awful)|that(?:'s| is) (?:nice|great|good|fine|cool|lovely|wonderful|awesome|amazing|exciting|sweet|awful|terrible|sad|too bad|a pity|annoying|ok(?:ay)?|true|right|fantastic)"
    r"|i(?:'m| am) (?:so |very |really )?(?:sorry|glad|happy)(?: (?:to hear (?:that|it|this)|for you|for your loss|about that))?|sorry(?: to hear (?:that|it|this))?|my condolences|too bad|what a (?:pity|shame)|oh no|oh dear|oops|ouch|ugh|phew"
    r"|thanks?(?: you)?(?: (?:so|very) much| a lot| again)?|thx|ty|cheers|you(?:'re| are) (?:very |most )?welcome|no problem|no worries|my pleasure|anytime|don't mention it"
    r"|bye|goodbye|good ?(?:night|morning|evening|afternoon)|see you(?: (?:later|soon|tomorrow))?|take care|sleep well|hello|hi|hey|enjoy(?: it| yourself)?|have (?:fun|a (?:nice|good|great) (?:day|time|trip|evening|weekend))"
    r"|welcome|please|go on|tell me more|me too|same here|really|i will remember(?: that| it)?|i'll remember (?:that|it)|noted, i will remember that"
)
_ACK_ZH = (
    r"好的?呀?|好啊|好吧|好嘞|行|可以|嗯+|哦+|噢|啊+|哈+|嘿+|呵+|是的?|对的?|没错|对啊|知道了|明白了?|了解了?|收到|记住了|记下了|懂了|原来如此|这样啊|真的吗?|当然|没问题|不错|真不错|很好|太好了|太棒了|真棒|棒|厉害"
    r"|恭喜(?:你|您|恭喜|啦|呀)*|祝贺(?:你|您)?|加油|辛苦了?|抱歉|对不起|不好意思|节哀(?:顺变)?|真(?:可惜|遗憾|烦人|可爱|好|巧|香|美)|可惜|唉|哎呀|天哪|哇|谢谢(?:你|您|啦|了)?|多谢|不客气|不用谢|没事|没关系"
    r"|再见|拜拜|晚安|早安|早上好|晚上好|你好|您好|嗨|好好休息|好梦|保重|注意身体|慢走|听起来(?:不错|很好|真好)|请继续|继续|我也是|同意|一定|必须的|哈哈"
)
_ACK = re.compile(rf"(?:(?:{_ACK_EN})(?![\w'])|(?:{_ACK_ZH})|[\W_]+)+", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?。！？\n]+[.!?。！？]*")
_ASKS = re.compile(r"[?？][\s\"'”’)）]*$")


def is_acknowledgement(text: str) -> bool:
    """Tells whether a text only confirms, thanks, greets, congratulates or regrets."""
    return len(text) <= _LONGEST and _ACK.fullmatch(simplified(text).replace("’", "'").strip()) is not None


def only_asks(text: str) -> bool:
    """Tells whether every sentence of a text is a question or tells nothing."""
    if "?" not in text and "？" not in text:
        return False
    parts = [part.strip() for part in _SENTENCE.findall(text) if any(c.isalnum() for c in part)]
    return all(_ASKS.search(part) or is_acknowledgement(part) for part in parts)
