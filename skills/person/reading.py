"""Tells a message that asks for a human from a sentence that only holds such a word."""

from __future__ import annotations

import re

from skills.numerals import plain

_WHO_EN = r"(?:an? |the |your |some |another )?(?:real |live |actual )*(?:human(?: being)?|person|agent|operator|representative|rep|somebody|someone|colleague|staff(?: member)?|team(?: member)?|customer (?:service|support)|support(?: team)?|employee|manager|supervisor)(?: agent| operator| representative| person| from (?:the |your )?(?:team|support|staff))?(?: real| human)?"
_POLITE_EN = r"(?:(?:hey|hi|hello|ok|please|now|just|no|sorry|can i|could i|may i|can you|could you|would you|will you|i want to|i want|i'd like to|i would like to|i'd like|i would like|i need to|i need|i wish to|let me|i rather|i prefer to|i have to|get me|give me|put me through to|connect me (?:to|with)|transfer me to|pass me (?:on )?to|hand me over to|switch me to|is there)[\s,]+)*"
_ASKS_EN = re.compile(
    rf"^{_POLITE_EN}(?:(?:talk|speak|chat|write|be connected|be transferred|be put through|connect|transfer|get|switch)\s+(?:to|with|through to)?\s*)?{_WHO_EN}"
    r"(?:\s+(?:please|now|here|to talk to|i can (?:talk|speak) to|to help me|instead|on the line|right now|thanks|thank you|asap|somewhere|anywhere|at all|if possible|today))*$",
    re.IGNORECASE,
)
_ABOUT_EN = re.compile(
    rf"^{_POLITE_EN}(?:talk|speak|chat) (?:to|with) (?:an? |the |your |some )?(?:real |live |actual )*(?:human(?: being)?|person|agent|operator"
    r"|representative|colleague|staff(?: member)?|customer (?:service|support)|support(?: team)?) (?:about|regarding|because of|for|on) .{2,60}$",
    re.IGNORECASE,
)
_ALONE_EN = re.compile(
    r"^(?:please\s+)?(?:human|agent|operator|representative|customer (?:service|support)|real person|live agent|human agent|human please)$",
    re.I,
)
_BARE_EN = re.compile(
    r"^(?:an? |the |your |some |another )?(?:manager|support|team|staff|colleague|person|somebody|someone|employee|supervisor|human being)s?$",
    re.I,
)
_ASKS_ZH = re.compile(
    r"^(?:请|请问|麻烦|帮我|给我|你好|我要|我想|我需要|我想要|能不能|能|可以|快|直接|那|让|要|想|需要|请你|你们?|有没有|有)*"
    r"(?:转接?到?|找|接|换|切换到?|联系|呼叫|叫|接通|和|跟|与)?(?:一下|一个|个|位|一位)?(?:你们的?)?"
    r"(?:人工客服|人工服务|人工坐席|人工座席|在线客服|真人客服|客服人员|工作人员|人工|真人|客服|活人|负责人|值班人员)"
    r"(?:来|聊聊?|说话|谈谈?|对话|沟通|帮我|处理|解决|服务|回答|接待|在吗|在不在|谢谢|吧|吗|啊|呀|一下|好吗|可以吗)*[,\s]*(?:(?:[问咨]一?下?|咨询|处理|解决|反馈|查一?下?)[^吗?]{2,20})?$"
)

_LONGEST_WITHDRAWN = 90  # characters
_HUMAN_EN = r"(?:an? |any |the |your )?(?:real |live )?(?:human|person|agent|operator|somebody|someone|team|staff|colleague)(?: (?:any ?more|now|after all|then))*"
_NEVER_MIND = r"(?:(?:oh|ok|okay|actually|sorry|no|thanks|never ?mind|nvm|forget it|cancel that|changed my mind|i(?:'ve)? changed my mind|no need|it'?s (?:fine|ok|okay|solved))[ ,.!:;-]*)"
_WITHDRAWS_EN = re.compile(
    rf"{_NEVER_MIND}*(?:no need (?:for|to (?:talk|speak) to) {_HUMAN_EN}|(?:i |we )?(?:don'?t|do not|no longer) (?:need|want)(?: to (?:talk|speak) (?:to|with))? {_HUMAN_EN}"
    rf"|(?:you|the bot) can answer(?: again| me)*|(?:i'?d rather |let me |i(?:'ll| will) )?(?:talk|speak|stay|go back) (?:to|with) (?:you|the bot)(?: again)?"
    rf"|cancel (?:the |my )?(?:hand-?over|request|human|transfer))[ ,.!]*(?:thanks|thank you)?|{_NEVER_MIND}*(?:never ?mind|nvm|forget it|cancel that)[ ,.!]*(?:thanks|thank you)?"
)
_WITHDRAWS_ZH = re.compile(
    r"(?:(?:哦|啊|嗯|那|还是|算了|没事了?|抱歉|不好意思)[，,。！! ]*)*(?:(?:我)?(?:不用|不要|不需要|别|取消|不想)(?:再|找)?(?:转接?|找|叫|接)?(?:人工|真人|客服|人)?(?:客服)?(?:服务)?(?:了|啦)?"
    r"|(?:你|机器人)(?:继续)?(?:来)?(?:回答|答)(?:我)?(?:就行|就好|吧|就可以)?了?|算了|没事了)[，,。！! ]*(?:谢谢)?"
)


def asks(text: str) -> bool:
    """Returns whether the whole message asks for a human."""
    said = " ".join(plain(text).strip(" .!?。！？,，~～").split())
    if len(said) > 100:
        return False
    said = re.sub(r"\b(\w+)(?:[\s,!.]+\1\b)+", r"\1", said, flags=re.IGNORECASE)  # shouted again and again
    if _ALONE_EN.fullmatch(said):
        return True
    if _ABOUT_EN.match(said):
        return True
    return bool((_ASKS_EN.match(said) and not _BARE_EN.match(said)) or _ASKS_ZH.match(said))


def withdraws(text: str) -> bool:
    """Returns whether a message says that no human is needed any more: "never mind, no need for a person"."""
    said = " ".join(plain(text).lower().split()).strip(" .!。！~")
    return len(said) <= _LONGEST_WITHDRAWN and any(one.fullmatch(said) for one in (_WITHDRAWS_EN, _WITHDRAWS_ZH))


PATTERNS = (
    r"\b(?:talk|speak|chat|connect|transfer|put|hand|pass|get|switch)\b.{0,20}\b(?:person|agent|operator|someone|somebody|support|manager|colleague|staff|team|supervisor|employee|rep)\b",
    r"^\W*(?:please )?(?:agent|operator|customer service|customer support)\W*$",
    r"\bcustomer (?:service|support)\b|客服|活人|工作人[员員]|[负負][责責]人",
)
"""Coarse patterns of messages that may ask for a human; `asks` decides."""
