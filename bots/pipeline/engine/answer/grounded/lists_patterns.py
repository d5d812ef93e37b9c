"""Patterns of lists that a person keeps in a talk: what opens one, adds, takes off, and asks for it."""

from __future__ import annotations

import re

_LIST = r"(?:list|lists)"
_KIND_EN = (
    r"(?P<kind>(?:shopping|grocery|groceries|packing|to-?do|wish|guest|task|reading|food|gift|christmas|menu|invite))"
)
OPENS_EN = re.compile(
    rf"^(?:(?:ok|so|please|my|the|our|this is my|here(?:'s| is) my|start a|make a|new)[ ,:]+)*(?:{_KIND_EN} )?{_LIST}(?: (?:is|has|so far|for [\w ]{{2,20}}?|with))*\s*[:,-]?\s+(?P<items>[^?]+)$"
    r"|^(?:i|we) (?:need|have|want|must|still need)(?: to)? (?P<verb>buy|get|pack|bring|pick up)(?: from the \w+)?:? (?P<items2>[^?]+)$"
)
ADDS_EN = re.compile(
    r"^(?:(?:and|also|oh|ok|please|can you|could you|then|plus|wait|now)[ ,]+)*(?:add|put(?: on)?|include|throw in)(?: also)? (?P<items>[^?]+?)(?:,? (?:to|on|onto|in)(?: (?:the|my|our|that))?(?: \w+)? ?(?:list|it|there)|,? too|,? as well|,? please)*$"
    r"|^(?:and|also|plus|oh,? and|oh,? also)[ ,]+(?:(?:i|we) (?:also )?need )?(?P<items2>[^?]{2,60}?)(?:,? (?:too|as well|please))*$"
)
"""An addition, in full or begun with "and" right after the list."""
REMOVES_EN = re.compile(
    r"^(?:(?:and|also|oh|ok|please|can you|could you|actually|then|wait|now|sorry|no)[ ,]+)*(?:(?:take|cross|strike|scratch|leave|tick|check)(?: off| out)? (?P<items>[^?]+?) (?:off|out|from)(?: (?:the|my|our|of the))?(?: \w+)? ?(?:list|it|again|please)?"
    r"|(?:remove|delete|drop|scratch|cross (?:off|out)) (?P<items2>[^?]+?)(?: (?:from|off)(?: (?:the|my|our))?(?: \w+)? ?(?:list|it))?|(?:i |we )?(?:already )?(?:bought|got|have) (?P<items3>[^?]+?) already|no (?:more )?(?P<items4>[\w ]{2,30}?) (?:then|after all|any ?more))(?:,? please)*$"
)
ASKS_EN = re.compile(
    rf"^(?:(?:so|and|ok|hey|please|can you|could you|now)[ ,]+)*(?:(?:what(?:'s| is| was| are)?|read(?: me)?|show(?: me)?|tell me|give me|repeat|which (?:items|things) are)\b.*?\b(?:{_KIND_EN} )?{_LIST}(?: now| again| so far| look like)*"
    r"|what (?:do|did|should|must) (?:i|we) (?:still )?(?:need|have|want)(?: to)? (?P<verb>buy|get|pack|bring|pick up)(?: now| again| still| today)*|(?:my|the) (?:\w+ )?list(?: please)?)$"
)
_KIND_ZH = r"(?P<kind>购物|采购|买菜|行李|出差|旅行|待办|任务|礼物|心愿|客人|菜)"
OPENS_ZH = re.compile(
    rf"^(?:我的?|帮我|记一下|记个|这是|新建)*(?:{_KIND_ZH})?(?:清单|列表|单子)(?:上|里)?(?:有|是|包括)?[：:，,\s]*(?P<items>[^?？]+)$"
    r"|^(?:我|我们)?(?:今天|明天|周末|等下|待会)?(?:还)?(?:要|得|需要)(?P<verb>买|带)(?:的(?:东西)?)?(?:有|是)?[：:\s]*(?P<items2>[^?？]*[、，, 和][^?？]*)$"
)
ADDS_ZH = re.compile(
    r"^(?:对了|哦|还有|然后|那|请|帮我|再|也|还要|还得)*[，, ]*(?:加上?|添上?|补上?|加入|再来)(?:个|点|一个|一点|些|一些|一下|到清单(?:里|上)?)?(?P<items>[^?？]{1,30}?)(?:吧|进去|上去|到清单(?:里|上)?)?$"
    r"|^(?:对了|哦)?[，, ]*(?:还有|再买|还要买|再带|还要带|也买|也带)(?:个|点|一个|一点|些|一些)?(?P<items2>[^?？]{1,30}?)(?:吧)?$|^把(?P<items3>[^?？]{1,30}?)(?:也)?(?:加上|加进去|添上|加到[^?？]{0,6})(?:吧)?$"
)
REMOVES_ZH = re.compile(
    r"^(?:对了|哦|算了|那|请|帮我)*[，, ]*(?:去掉|删掉|划掉|拿掉|删除|移除|不用买|不买|不要|不用带|不带)(?P<items>[^?？]{1,30}?)(?:了|吧)?$"
    r"|^把(?P<items2>[^?？]{1,30}?)(?:从[^?？]{1,8}?(?:里|上))?(?:去掉|删掉|删了|划掉|拿掉|去了)(?:吧)?$|^(?:对了|哦|算了)?[，, ]*(?P<items3>[^?？]{1,20}?)(?:就)?(?:不要了|不用了|不用买了|不买了|不用带了|不带了|别带了|已经买了|买好了|去掉|划掉)(?:吧)?$"
)
ASKS_ZH = re.compile(
    rf"^(?:那|现在|请|帮我|我的?|看看|念一下|说说)*(?:{_KIND_ZH})?(?:清单|列表|单子)(?:上|里)?(?:现在|还|都|一共|总共)*(?:有|是|还剩)?(?:什么|哪些|啥)(?:东西|了)?|^(?:那|现在)?我?(?:们)?(?:现在|到底|一共|还|都)*(?:要|得|需要)(?P<verb>买|带)(?:的(?:是|有)?)?(?:什么|哪些|啥)(?:东西)?(?:来着|了|呢)?$"
)
SPLIT_EN = re.compile(r"\s*(?:,|;|\band\b|&|\bplus\b|\n)\s*")
SPLIT_ZH = re.compile(r"[、，,；;\s]+|(?<=[\u4e00-\u9fff])[和跟](?=[\u4e00-\u9fff])|还有")
LEADS_EN = re.compile(r"^(?:(?:some|a|an|the|also|more|my|any|oh|um)\s+)+", re.IGNORECASE)
LEADS_ZH = re.compile(r"^(?:一?[个些点包瓶盒袋斤把只条件块份]|也|再)+(?=[\u4e00-\u9fff]{1,})")
STATES_EN = re.compile(
    r"\b(?:me|him|us|you|them|is|are|was|were|am|i|i'm|he|she|they|we|my|it|lives?|works?|likes?|has|have)\b"
)
STATES_ZH = re.compile(r"[我你他她它是吗]|喜欢|住|叫")
