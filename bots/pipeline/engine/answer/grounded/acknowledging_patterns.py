"""Patterns of statements that are said back to the person."""

from __future__ import annotations

import re

GREETS = re.compile(r"^(?:hi|hello|hey|well|so|ok|okay|by the way|btw|oh|and|also|actually)[ ,!.]+", re.IGNORECASE)
OF_ME_EN = re.compile(
    r"(?:(?:today|yesterday|tomorrow|tonight|(?:last|next|this) \w+|(?:on|in) \w+)[ ,]+)?(?:i|my|we|our|i'm|i've|i'll|we're|we've)\b",
    re.IGNORECASE,
)
OF_OTHERS_EN = re.compile(
    r"(?!(?:what|who|where|when|why|how|which|whose|there|this|that|these|those|it|life|everything|nothing|nobody|somebody|someone|people|god|all)\b)"
    r"(?:the |a |an |his |her |their )?[^\W\d_][\w'-]*(?: [^\W\d_][\w'-]*){0,2}? (?:is|are|was|were|has|had|will|lives?|works?|likes?|loves?|hates?|starts?|begins?|ends?|comes?|goes|moved|died|called)\b(?! (?:it|that|this)$)",
    re.IGNORECASE,
)
"""A statement about somebody or something else, which the person tells."""
NOT_TOLD_EN = re.compile(
    r"\b(?:you|your|u|wish|wonder|would|could|should|guess|think|mean|meant|question|help|bot|asked?"
    r"|said|told|tell|if)\b|[\"“”:?{}<>`]|\bi(?:'d| am asking)\b"
    r"|\b(?:want|wanna|need|hope)\b(?! to (?:learn|become|move|visit|travel|start|study|lose|quit|run|marry|retire|go to|be an?|finish|change|improve|save|stop|sleep|get (?:married|fit)|build|open|adopt|have)\b)",
    re.IGNORECASE,
)
GREETS_ZH = re.compile(r"^(?:你好|早上好|晚上好|下午好|早安?|嗨|哈喽|嗯|哦|对了|其实)[，,。！! ]+")
OF_ME_ZH = re.compile(
    r"^(?:(?:今|昨|明|后|前|大后)[天晚早儿]|刚才|刚刚|最近|其实|[今去明]年|早上|上午|中午|下午|晚上|周末|[上下这本]*个?(?:周|星期|礼拜|月)[一二三四五六日天末]?|\d{1,2}月(?:\d{1,2}[号日])?|\d{1,2}[号日])*[，, ]?(?:我|咱)"
)
TOLD_ZH = re.compile(
    r"(?!.*吧$|.*快乐$|唱|随便|聊|祝|陪|帮|给|请|把|来|查|找|写|讲|算|翻译|不|没|好|真|太|哈|嗯|哦|那|这|为|打|播|放|放|订|买|开|关|取消|删|停|别|再|快|去|让|教|推荐|介绍|告诉|总结|解释)[\u4e00-\u9fffA-Za-z0-9，,、 ]{4,}$"
)
"""A statement about somebody or something else: 车停在B2层."""
NOT_TOLD_ZH = re.compile(r"[你您?？“”\"「」：:{}<>]|想要?你|希望|帮我|如果|要是|请|觉得|认为|问|说|吗$|怎么|什么")
