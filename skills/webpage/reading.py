"""Finds the request to read a page in a message, and the sentences of a page that answer a question."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

from clawdbot.chinese import simplified

_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"'`，。；！？、（）《》“”‘’\u4e00-\u9fff]+", re.IGNORECASE)
# Chinese in a path, up to a word that belongs to the sentence: https://zh.wikipedia.org/wiki/北京 讲了什么
_HAN_PATH = re.compile(
    r"(?:(?!这|那|的|里面|说了?|讲了?|写了?|什么|内容|总结|看看|看下|概括|介绍)[\u4e00-\u9fffA-Za-z0-9_%/.()-])+"
)
_TAIL = ".,;:!?)]}>'\""
_READS = re.compile(
    r"\b(?:read|open|fetch|visit|look (?:at|into)|check(?: out)?|summari[sz]e|sum up|summary|tl;?dr|what(?:'s| is| does| do)|what .{0,30}\bsay|tell me|explain|go to|browse"
    r"|gist|main points|about)\b|[读讲]|看看|看一下|看下|打开|总结|摘要|概括|概述|介绍|访问|浏览|说了?什么|写了?什么|内容|大意|意思|网页|文章|链接|是什么|什么",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:don't|do not|never|my (?:site|website|page|blog|shop|homepage)|i(?:'ve| have)? (?:made|built|wrote|bought|found|posted)|click|remember|remind|save|bookmark|send|post)\b"
    r"|别|不要|不用|我的(?:网站|博客|主页|店)|我(?:写|做|建|买|发)了|记住|提醒|收藏|发给|保存",
    re.IGNORECASE,
)
_NOISE = re.compile(
    r"\b(?:please|read|open|fetch|visit|look at|check out|check|summari[sz]e|sum up|tell me|and|the|this|that|page|article|link|site|website|a|an|of|for|me"
    r"|what|does|do|is|it|say|says|about|can|could|you|explain|go|to|briefly|in|on|how|why|who|when|where|are|was|were)\b"
    r"|请|帮我|麻烦|看看|看一下|看下|读一下|读读|读|打开|总结一下|总结|摘要|概括|介绍一下|介绍|这个|这篇|网页|文章|链接|页面|告诉我|说了什么|讲了什么|写了什么|说的是什么|内容|什么|是|的|了|吗|呢|一下|里面?|中|关于|有没有|怎么",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z0-9]{2,}|[\u4e00-\u9fff]{2}", re.IGNORECASE)


_MORE = re.compile(
    r"\b(?:compare|contrast|translate|rewrite|rephrase|draft|write|compose|reply|calculate|convert|rank|recommend|suggest|decide"
    r"|criticis|criticiz|prove|disprove|fact.?check|do you (?:agree|think)|your opinion|is (?:it|that|this) (?:true|right|correct)"
    r"|i (?:said|told|wrote|mentioned|asked)|we (?:said|talked|discussed|spoke)|you (?:said|told)|yesterday|last time|earlier"
    r"|my (?:notes?|plans?|ideas?|opinion|situation|sister|brother|family|team|work)|in \d+ (?:words|sentences|bullets|points)"
    r"|in (?:chinese|english|german|french|spanish|japanese)|for (?:a|my) (?:child|kid|son|daughter|boss))"
    r"|对比|比较|相比|比一比|翻译|译成|改写|重写|写(?:一|成|个|封|篇)|回复|计算|换算|推荐|建议|评价|反驳|你(?:觉得|认为|同意|怎么看)|对不对|是真的吗"
    r"|我(?:昨天|之前|刚才|上次|说过|说的|讲过|提到)|我们(?:昨天|之前|刚才|上次|聊|说)|用(?:中文|英文|英语|日语|法语|德语)",
    re.IGNORECASE,
)


def url_in(text: str) -> str:
    """Returns the first address in a text, without the marks that end a sentence; "" for none."""
    found = _URL.search(text)
    if found is None:
        return ""
    if found[0].endswith(("/", "=")) and (path := _HAN_PATH.match(text, found.end())) is not None:
        return found[0] + path[0].rstrip(_TAIL)
    url = found[0].rstrip(_TAIL)
    return url + ")" if url.count("(") > url.count(")") and found[0][len(url) : len(url) + 1] == ")" else url


def site_of(url: str) -> str:
    """Returns the host of an address, with which a person recognises it; the address itself when it has none."""
    try:
        return urlsplit(url if "://" in url else f"https://{url}").hostname or url
    except ValueError:
        return url


def asks(text: str) -> bool:
    """Returns whether a message asks to read the page that it names: the address alone, or with a word for reading."""
    url = url_in(text)
    around = simplified(text.replace(url, " ", 1)).strip(' \t\n.,!?:;。，！？：；（）()<>[]`"“”')
    if not url or _URL.search(around) or len(around) > 300 or _NOT.search(around):
        return False
    return not around or _READS.search(around) is not None


def asks_more(text: str) -> bool:
    """Returns whether a message asks for more than to read one page, or for words of the talk beside it."""
    around = simplified(_URL.sub(" ", text))
    return len(_URL.findall(text)) > 1 or _MORE.search(around) is not None


def question_in(text: str) -> str:
    """Returns what the message asks about the page, in its telling words; "" when it wants the page as a whole."""
    around = simplified(unicodedata.normalize("NFKC", text.replace(url_in(text), " ", 1)))
    return " ".join(_NOISE.sub(" ", around).split()).strip(" .,!?:;()。，！？：；")


def fitting(question: str, sentences: Sequence[str], most: int) -> list[str]:
    """Returns the sentences that share most words with the question, in the order of the page; none that share none."""
    wanted = _words(question)
    if not wanted:
        return []
    scored = [(len(wanted & _words(sentence)), -place) for place, sentence in enumerate(sentences)]
    best = sorted((pair for pair in scored if pair[0]), reverse=True)[:most]
    return [sentences[-place] for _score, place in sorted(best, key=lambda pair: -pair[1])]


def _words(text: str) -> frozenset[str]:
    plain = simplified(text).lower()
    han = "".join(re.findall(r"[\u4e00-\u9fff]", plain))
    latin = {word.rstrip("s") for word in re.findall(r"[a-z0-9]{2,}", plain)}
    return frozenset(latin | {han[at : at + 2] for at in range(len(han) - 1)})
