"""Rules for Chinese."""

from __future__ import annotations

import re

from memory.consolidation.claims import ENDED
from memory.consolidation.rule import Rule, rule

_RELATIVE = (
    r"姐姐|妹妹|哥哥|弟弟|妈妈|母亲|爸爸|父亲|老婆|妻子|太太|老公|丈夫|先生|女朋友|男朋友|对象|儿子|女儿|爷爷|奶奶|外公|外婆"
    r"|姥姥|姥爷|老板|妈|爸|姐|妹|哥|弟"
)
_S = rf"(?<![你他她它和跟给对让叫问])我(?:们家)?(?:的)?(?P<r>{_RELATIVE})?"
_NOW = r"(?:现在|目前|一直|已经|已|还是|还|也|都|刚刚|刚|最近|终于|今年|去年|前年|今天|昨天|前天|上个?月|上周|上个?星期|这个月|\d{4}年|[\d一二三四五六七八九十]+月份?)*"
_PET = r"猫咪|小猫|小狗|狗狗|猫|狗|兔子|仓鼠|鹦鹉|乌龟|金鱼|鸟"
_V = r"(?P<v>[^，。！？；、：,.!?;:\s（）()]{1,16})"

_DOUBT = re.compile(
    r"[?？]\s*$|吗[。！]?\s*$|呢[。！]?\s*$|什么|哪里|哪儿|哪个|谁|怎么|为什么|是不是|会不会|要不要|如果|要是|假如|假设|想象"
    r"|可能|也许|或许|大概|希望|但愿|打算|[说问讲]过?[：:]|听说|据说|开玩笑|比如|例如|以前|曾经|原来|[“”\"「」]"
)
_TAIL = re.compile(
    r"(?:了|啦|呢|啊|呀|吧|哦|哈|的|附近|那边|这边|这里|那里|已经|一段时间|很久|好久|很多年|[一二三四五六七八九十两几\d]+年)+$"
)
_PRONOUN = re.compile(r"^(?:你|您|他|她|它|这|那|我|自己|大家|别人|上(?:了)?(?:你|他|她)|跟|和|被|听你|把)")
_LIST = re.compile(r"[、和跟与及]|以及|还有")
_NO_PLACE = re.compile(r"家里|学校|公司|宿舍|酒店|医院|外面|一起|楼|隔壁|这|那|哪|新家|新房|心里|一个|自己")


def is_doubtful(sentence: str) -> bool:
    """Tells whether a sentence asks, wishes, supposes or reports what others said."""
    return bool(_DOUBT.search(sentence))


def subject(match: re.Match[str]) -> tuple[str, str]:
    """Returns the relation ("" for the speaker) and "", because Chinese puts no name next to it."""
    return match.groupdict().get("r") or "", ""


def called(relation: str, name: str, speaker: str) -> str:
    """Returns the subject of the sentence to recall."""
    own = speaker or "对方"
    return f"{own}的{relation}" if relation else own


def possessive(who: str) -> str:
    return f"{who}的"


def is_several(relation: str) -> bool:
    """Returns False: every relation in `_RELATIVE` identifies one person."""
    return False


def _trim(text: str) -> str:
    return _TAIL.sub("", text.strip())


def _place(text: str) -> list[str]:
    value = _trim(re.split(r"工作|上班|上学|读书|生活|定居|居住|住|开始|做|当", text, maxsplit=1)[0])
    return [value] if 2 <= len(value) <= 12 and not _NO_PLACE.search(value) else []


def _thing(text: str) -> list[str]:
    value = _trim(text)
    return [value] if 1 <= len(value) <= 12 and not _PRONOUN.match(value) else []


def _things(text: str) -> list[str]:
    return [value for part in _LIST.split(text) for value in _thing(part)]


def _name(text: str) -> list[str]:
    value = _trim(text)
    return [value] if 1 <= len(value) <= 8 and not _PRONOUN.match(value) else []


def _date(text: str) -> list[str]:
    value = _trim(text)
    return [value] if re.search(r"[\d一二三四五六七八九十]", value) else []


RULES: tuple[Rule, ...] = (
    rule(rf"{_S}{_NOW}(?:从[^，。,\s]{{1,10}}?)?搬(?:家)?(?:到|去|来|回)了?{_V}", "home", "{s}住在{v}", _place),
    rule(rf"{_S}{_NOW}(?:居?住在|定居在){_V}", "home", "{s}住在{v}", _place),
    rule(rf"{_S}{_NOW}在(?P<v>[^，。！？；、,.\s]{{2,10}}?)(?:定居|生活)", "home", "{s}住在{v}", _place),
    rule(rf"{_S}(?:已经)?(?:不再?|没)(?:居?住在|住){_V}", "home", "{s}不再住在{v}", _place, ENDED),
    rule(rf"{_S}(?:是|来自)(?P<v>[\u4e00-\u9fff]{{2,6}}?)人(?![\u4e00-\u9fff])", "origin", "{s}是{v}人", _place),
    rule(rf"{_S}(?:来自|老家[在是]|出生在|出生于){_V}", "origin", "{s}来自{v}", _place),
    rule(rf"(?<![你他她它])我(?:的(?:名字|全名)(?:叫|是)|叫(?!做?[你他她车人上])|的名字叫做){_V}", "name", "{s}叫{v}", _name),
    rule(rf"(?:大家都?|你可以|请|以后)(?:叫|喊)我{_V}", "name", "{s}叫{v}", _name),
    rule(rf"(?<![你他她它])我(?:的)?(?P<r>{_RELATIVE})(?:的名字)?叫{_V}", "name", "{s}叫{v}", _name),
    rule(rf"{_S}(?:的)?生日(?:是|在){_V}", "birthday", "{p}生日是{v}", _date),
    rule(
        rf"{_S}{_NOW}是(?:一名|一位|一个|个|名)?(?P<v>[\u4e00-\u9fff]{{0,6}}(?:师|医生|护士|学生|司机|程序员|公务员|警察|记者|作家"
        r"|演员|厨师|店员|销售|会计|编辑|翻译|教授|军人|农民|工人|研究员|设计师|工程师|老师))(?![\u4e00-\u9fff])",
        "job", "{s}的职业是{v}", _thing,
    ),
    rule(rf"{_S}{_NOW}在(?P<v>[^，。！？；、,.\s]{{2,16}}?)(?:工作|上班|任职)", "employer", "{s}在{v}工作", _thing),
    rule(rf"{_S}{_NOW}对(?P<v>[^，。！？；,.\s不]{{1,16}}?)(?:严重|非常|特别|都)?过敏", "allergy", "{s}对{v}过敏", _things, "yes"),
    rule(rf"{_S}{_NOW}对(?P<v>[^，。！？；,.\s]{{1,12}}?)(?:已经)?不(?:再)?过敏", "allergy", "{s}对{v}不过敏", _things, "no"),
    rule(
        rf"{_S}{_NOW}(?:最|更|很|非常|特别|比较|挺|超级?|真的?|就)*(?:喜欢|热爱|偏爱|爱(?=[吃喝看听玩打跳唱])){_V}",
        "preference", "{s}喜欢{v}", _thing, "likes",
    ),
    rule(
        rf"{_S}{_NOW}(?:再也|已经|其实|真的|很|最|非常|特别)*(?:不再?|不太|不怎么)(?:那么|怎么|太)?(?:喜欢|爱(?=[吃喝看听玩])){_V}",
        "preference", "{s}不喜欢{v}", _thing, "dislikes",
    ),
    rule(rf"{_S}{_NOW}(?:很|最|非常|特别)*(?:讨厌|受不了){_V}", "preference", "{s}不喜欢{v}", _thing, "dislikes"),
    rule(
        rf"{_S}{_NOW}(?:养|有|收养|买)了?(?:一|1)?(?:只|条|个)(?:[\u4e00-\u9fff]{{0,4}}?)(?P<x>{_PET})[，,]?(?:名字)?叫(?:做)?{_V}",
        "pet", "{s}的{x}叫{v}", _name, x=True,
    ),
    rule(rf"(?<![你他她它])我(?:家)?(?:的)?(?P<x>{_PET})(?:的名字)?叫(?:做)?{_V}", "pet", "{s}的{x}叫{v}", _name, x=True),
    rule(rf"{_S}{_NOW}是(?:个|一个)?(?P<v>素食者|素食主义者|纯素食者)", "diet", "{s}是{v}", _thing),
    rule(rf"{_S}{_NOW}(?P<v>结婚|离婚|退休|订婚)了", "status", "{s}已{v}", _thing),
)  # fmt: skip
