"""Patterns of questions about what was said, and when."""

from __future__ import annotations

import re

SAID_EN = r"(?:say|said|tell you|told you|write|wrote|mention|mentioned|ask(?:ed)?(?: you)?|talk(?:ed)? about|discuss(?:ed)?|chat(?:ted)? about|speak about|spoke about)"
WHAT_EN = re.compile(
    rf"(?:what|which things|what all|what exactly|what else|anything|everything)(?: (?:did|have|do|was|had))?(?: i| we| it)?(?: (?:just|already|first|last))?(?: (?:that|it))?(?: i| we)? {SAID_EN}(?P<rest>.*)"
    r"|what(?: was|'s| is| were) (?:my|the) (?P<which>first|last|previous|latest) (?:message|thing|question|sentence|words?|thing i (?:said|told you|wrote|asked))(?: i (?:said|told you|wrote|asked))?(?P<rest2>.*)"
    r"|what did we (?:do|speak|chat)(?P<rest3>.*)|repeat what i (?:just )?said(?P<rest4>.*)|what was that i (?:just )?said(?P<rest5>.*)|what have we (?:talked|spoken|chatted) about(?P<rest6>.*)"
)
WHEN_EN = re.compile(
    rf"(?:when|what day|on which day|how long ago|since when)(?: was it)?(?: that)?(?: did| have| was)? ?(?:i|we)(?: first| last| ever)? {SAID_EN}(?: you)?(?: about| that| of)? (?P<topic>.+)"
)
WHEN_MET_EN = re.compile(
    r"when did (?:we|i) (?:first )?(?:meet|talk|chat|speak|start)(?: to you| talking| chatting| here| first| with you)*|how long have (?:we|you) (?:known|been talking)(?: me| to me| each other)?"
)
WHAT_ZH = re.compile(
    r"(?P<rest>.*?)(?:我|我们|咱们|咱俩)(?P<rest2>.*?)(?:都|还)?(?:说|讲|聊|提|问|告诉|写|谈)(?:过|了|到|的|过了|了些|过些|你)*(?:什么|哪些|啥|些什么)(?:话|内容|事情?|东西|话题|问题)?(?:给你|呢|了)?"
    r"|我(?:的)?(?P<which>第一|最后一?|上一|前一|刚才那)(?:句|条|个)(?:话|消息|信息|问题)?(?:是|说|问)?(?:了)?什么|我刚(?:刚|才)?(?:说|问|讲)(?:的|了)?(?:是)?什么(?P<just>)"
)
WHEN_ZH = re.compile(
    r"我(?:是)?(?:什么时候|哪一?天|何时|几号|啥时候)(?:跟你|和你|对你|给你)?(?:第一次|最后一次)?(?:说|讲|聊|提|告诉|写|谈)(?:过|到|起|了|你|到过)*(?P<topic>.+)|(?P<topic2>.+?)(?:是)?(?:我)?(?:什么时候|哪一?天|何时)(?:说|提|讲|告诉)(?:过|的|到|你)*"
)
WHEN_MET_ZH = re.compile(
    r"我们(?:是)?(?:什么时候|哪天|何时)(?:认识|开始聊|第一次(?:聊|说话))(?:天)?的?|我们认识多久了?"
)
SAY_ABOUT_EN = re.compile(
    r"\bwhat (?:did|have|was it) i (?:just |already |once )*(?:say|said|tell you|told you|mention(?:ed)?|write|written) (?:to you )?(?:about|of|regarding) (?P<topic>(?!me$|myself$).+)"
)
PRESENT = {
    "forgot": "forget", "bought": "buy", "lost": "lose", "broke": "break", "went": "go", "ate": "eat", "saw": "see", "met": "meet", "left": "leav",
    "found": "find", "took": "take", "gave": "give", "made": "make", "came": "come", "drove": "drive", "wrote": "write", "paid": "pay", "sold": "sell",
    "won": "win", "fell": "fall", "flew": "fli", "slept": "sleep", "spent": "spend", "felt": "feel", "taught": "teach", "caught": "catch",
}  # fmt: skip
"""Terms of irregular pasts, by which "what did I forget" finds "I forgot"."""
CLAUSES = re.compile(r"[,，.。;；!！?？\n]+")
EARLIER = re.compile(
    r"^\W*(?:earlier|before|so far|until now|to you|me|in (?:the|our) (?:past|chat|conversation)|here|about|with you|,|\W)*$"
)
TOPIC = re.compile(r"(?:about|of|regarding|concerning) (?P<topic>.+)")
MAY_ASK = re.compile(
    r"\b(?:say|said|tell|told|write|wrote|mention\w*|ask\w*|talk\w*|discuss\w*|chat\w*|spoke|speak|message|meet|known|question|thing|sentence|words?)\b"
    r"|[说讲聊提问写谈]|告诉|消息|认识"
)
"""A word of every such question; most messages have none."""
CLAIM_EN = re.compile(
    r"(?:but )?(?:you (?:just )?(?:said|told me|claimed|mentioned|promised|wrote)|you know|remember(?: when)?|didn't i (?:say|tell you)|i (?:already )?told you|as i (?:said|told you)|i thought you knew)(?: that)?[ ,:]+(?P<what>.+)"
)
CLAIM_ZH = re.compile(
    r"(?:可是|但是|但)?(?:你(?:刚才|刚刚|之前|昨天|上次)?(?:说|讲|告诉我|提到)(?:过|了)?|我(?:不是)?(?:刚才|之前|昨天|上次|已经)?(?:跟|和|告诉|对)(?:过)?你(?:说|讲)?(?:过|了)?)[，,：: ]*(?P<what>我.+)"
)
FIRST_ZH = re.compile(r"第一[句条个次]|最开始|最早|一开始")
LATEST = re.compile(
    r"\b(?:just|a moment ago|a minute ago|before that|last|previous)\b|刚刚|刚才|上一[句条]|前一[句条]|最后"
)
