"""Recognises what a person says without meaning it of themselves: fiction, role play, quotations, texts to work on.

The patterns match simplified text in its own case.
"""

from __future__ import annotations

import re

_TALE = r"novel|story|stories|tale|book|script|screenplay|play|film|movie|series|episode|chapter|poem|comic|manga|fanfic\w*|game|campaign|dream|nightmare|world|universe|scenario|example|exercise|simulation|sims"
_UNREAL_EN = re.compile(
    rf"\b[Ii]n (?:the|my|our|this|that|a|his|her|your) (?:\w+ )?(?:{_TALE})\b"
    rf"|\b(?:my|the|our) (?:main |fictional |new )?(?:character|protagonist|hero(?:ine)?|narrator|villain|avatar|npc)\b"
    r"|\b(?:I|i) (?:had|have) (?:a|this|the) (?:\w+ )?(?:dream|nightmare)\b|\bdream(?:t|ed) (?:that|of|about|I)\b"
    r"|\brole[- ]?play|\b(?:pretend|imagine|imagining|hypothetical\w*|let's say|say I|suppose|supposing|assume|assuming)\b"
    r"|\b(?:if|as if|as though) (?:I|we|my \w+) (?:were|was|lived|had|worked|could)\b|\b(?:I|we) wish\b"
    r"|\b(?:just |only )?(?:kidding|joking)\b|\bas a joke\b|\bonce upon a time\b|\b(?:lyrics?|tongue[- ]twister|slogan|meme)\b"
    r"|\bthe (?:song|poem|line|sign|text|letter|quote|email|ad|saying) (?:goes|says|reads|sings|said|went)\b"
    r"|^\W*(?:[Cc]an you |[Cc]ould you |[Pp]lease )*(?:[Tt]ranslate|[Pp]roofread|[Rr]ephrase|[Pp]araphrase|[Rr]ewrite|[Ss]ummari[sz]e"
    r"|[Cc]orrect (?:this|the|my)|[Ii]mprove (?:this|the|my)|[Cc]omplete (?:this|the)|[Cc]ontinue (?:this|the)|[Ww]rite (?:me )?(?:a|an|the))\b"
    r"|\b(?:wrote|writes|goes|reads|sings|posted|tweeted|quote|following|sentence|example|message|said|says)\b[^:\n]{0,40}:\s"
    r"|\b(?:[Ff]orwarded|[Ff]wd|FW)\b[^:\n]{0,60}:|^\s*>",
    re.MULTILINE | re.IGNORECASE,
)
_TALE_ZH = r"小说|故事|剧本|书|电影|电视剧|剧|游戏|梦|漫画|动漫|歌|歌词|设定|剧情|脑洞|例子|题目"
_UNREAL_ZH = re.compile(
    rf"(?:{_TALE_ZH})(?:里面?|中|里头)|(?:写|编|看|读)的(?:小说|故事|剧本)|[做作](?:了)?(?:个|一个)?(?:恶|怪|好)?梦|梦[见到]"
    r"|(?:角色|身份|cos)扮演|扮演|假装|假设|假如|假使|要是|如果|想象一?下|设想|幻想|穿越|我的角色|主角|主人公|男主|女主"
    r"|歌词|台词|绕口令|段子|(?:首|支)歌?[^，。]{0,6}唱|唱[道：:]|开(?:个)?玩笑|逗你|骗你的|闹着玩"
    r"|翻译(?:成|一下|为|下|这|下面|以下|[：:])|(?:润色|改写|仿写|续写|缩写|造句|改错|朗读|总结)(?:一?下|这|：|:)?"
    r"|(?:写道|念道|说道|问道|留言|转发|引用|原文|原话|例句|这句话)[^，。]{0,12}[：:]?|^\s*>",
    re.MULTILINE,
)
_REAL = re.compile(
    r"\b(?:[Ii]n real life|[Ii]n reality|IRL|irl|[Ii] actually|[Bb]ut I (?:really|actually)|for real)\b|现实(?:中|里)?|其实我|说真的|真实情况"
)
_PLAY_OPENS = re.compile(
    r"\b(?:[Ll]et's|[Ll]et us|[Ww]e(?:'ll| will| can)?|[Ii] want to|[Cc]an we|[Cc]ould we|[Pp]lease)\b[^.!?]{0,30}\b(?:role[- ]?play|pretend|act out|play a game)"
    r"|^\W*(?:[Rr]ole[- ]?play|[Pp]retend|RP)\b|\b[Yy]ou (?:are|play|will be|act as) [^.!?]{1,40},? and I(?:'m| am| play| will be)\b"
    r"|\b[Ff]rom now on (?:you are|you're|I am|I'm) (?:a|an|the)\b|角色扮演|(?:来|一起)扮演|^\W*(?:请你?)?扮演|(?:我们|咱们)?来?玩个?(?:游戏|过家家|cos)"
)
_PLAY_ENDS = re.compile(
    r"\b(?:(?:stop|end|finish|quit|leave|no more) (?:the |this |our )?(?:role[- ]?play\w*|game|pretending|rp)|back to reality|out of character|ooc"
    r"|[Ii]n real life|for real now)\b|(?:结束|停止|不玩|别玩|退出)(?:了|角色扮演|扮演|游戏)|回到现实|现实中|说正经的|言归正传"
)


def is_unreal(sentence: str) -> bool:
    """Tells whether a sentence opens a tale, a quotation, a condition or a text to work on."""
    return bool((_UNREAL_EN.search(sentence) or _UNREAL_ZH.search(sentence)) and not _REAL.search(sentence))


def is_real(sentence: str) -> bool:
    """Tells whether a sentence says that it leaves the tale."""
    return bool(_REAL.search(sentence))


def opens_play(sentence: str) -> bool:
    """Tells whether a sentence begins a role play, which lasts beyond this message."""
    return bool(_PLAY_OPENS.search(sentence))


def ends_play(sentence: str) -> bool:
    return bool(_PLAY_ENDS.search(sentence))
