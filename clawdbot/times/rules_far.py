"""Rules for days and hours that are named by something else, in both languages.

A day by its distance from another one ("a week from Friday", 前一天晚上), a weekday by its place in a month, and an hour
by the zone that it is meant in ("9am PST", 纽约时间九点).
"""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from re import Match

from clawdbot.times import pieces, places, rules
from clawdbot.times.numerals import EN as N_EN
from clawdbot.times.numerals import MONTH_NUMBER, ORDINALS, WEEKDAYS, ZH_WEEKDAYS, chinese, english, ordinal
from clawdbot.times.numerals import ZH as N_ZH
from clawdbot.times.pieces import Day, Every, Lead, Part, Unclear, Value, Zone

_DAY = timedelta(days=1)
_EN_DAY = "(?:" + "|".join(WEEKDAYS) + ")"
_EN_MONTH = "(?:" + "|".join(sorted(MONTH_NUMBER, key=len, reverse=True)) + ")"
_EN_NTH = "(?:" + "|".join(ORDINALS) + r"|[1-5](?:st|nd|rd|th))"
_EN_PARTS = {"evening": "evening", "night": "evening", "morning": "morning", "afternoon": "afternoon"}
_W = "(?:周|星期|礼拜)"
_D = "[一二三四五六日天]"
_ZH_PARTS = {
    "早上": "morning",
    "早晨": "morning",
    "上午": "forenoon",
    "中午": "noon",
    "下午": "afternoon",
} | dict.fromkeys(("晚上", "晚", "夜里", "夜"), "evening")
# What people write for a zone. CST is of America for some and of China for others.
_ABBREVIATIONS = {
    "utc": ("UTC",), "gmt": ("UTC",), "bst": ("Europe/London",), "cst": ("America/Chicago", "Asia/Shanghai"),
    "ist": ("Asia/Kolkata",), "jst": ("Asia/Tokyo",), "kst": ("Asia/Seoul",), "hkt": ("Asia/Hong_Kong",),
    "sgt": ("Asia/Singapore",), "msk": ("Europe/Moscow",),
    **dict.fromkeys(("pst", "pdt", "pt"), ("America/Los_Angeles",)), **dict.fromkeys(("mst", "mdt"), ("America/Denver",)),
    **dict.fromkeys(("est", "edt", "et"), ("America/New_York",)), "cdt": ("America/Chicago",),
    **dict.fromkeys(("cet", "cest"), ("Europe/Berlin",)), **dict.fromkeys(("eet", "eest"), ("Europe/Athens",)),
    **dict.fromkeys(("aest", "aedt"), ("Australia/Sydney",)), **dict.fromkeys(("nzst", "nzdt"), ("Pacific/Auckland",)),
}  # fmt: skip
_REGIONS = {
    "eastern": "America/New_York", "central": "America/Chicago", "mountain": "America/Denver",
    "pacific": "America/Los_Angeles", "美东": "America/New_York", "美国东部": "America/New_York",
    "美中": "America/Chicago", "美西": "America/Los_Angeles", "美国西部": "America/Los_Angeles",
    "太平洋": "America/Los_Angeles", "世界标准": "UTC", "格林尼治": "UTC", "格林威治": "UTC",
}  # fmt: skip


def _base(match: Match[str]) -> Day:
    """Returns the day that a distance counts from."""
    name = match["base"]
    if name in ("today", "tomorrow", "now"):
        return pieces.relative(int(name == "tomorrow"))
    return pieces.weekday(WEEKDAYS.index(name), None)


def _weeks_from(match: Match[str]) -> tuple[Value, ...]:
    count = english(match["n"]) * (7 if match["unit"].startswith("week") else 1)
    return (pieces.later(_base(match), count),)


def _after_next(match: Match[str]) -> tuple[Value, ...]:
    """The Friday after next follows the coming Friday for some, and that of the next week for others."""
    number = WEEKDAYS.index(match["day"])
    return (pieces.two_readings(pieces.later(pieces.weekday(number, None), 7), pieces.weekday(number, 2)),)


def _nth_of_month(match: Match[str]) -> tuple[Value, ...]:
    nth, number = ordinal(match["nth"]), WEEKDAYS.index(match["day"])
    month = MONTH_NUMBER[match["month"]] if match["month"] else None
    return (pieces.nth_weekday(month, int(match["which"] == "next"), nth, number),)


def _nth_of_month_zh(match: Match[str]) -> tuple[Value, ...]:
    nth, number = chinese(match["nth"]) if match["nth"] else -1, ZH_WEEKDAYS.index(match["day"].replace("天", "日"))
    month = chinese(match["month"]) if match["month"] else None
    if month is not None and not 1 <= month <= 12:
        raise ValueError("no month")
    shift = {"下下": 2, "下": 1}.get(match["which"] or "", 0)
    return (pieces.nth_weekday(month, shift, nth, number),)


def _before(match: Match[str]) -> tuple[Value, ...]:
    part = _EN_PARTS.get(match["part"])
    return (Lead(_DAY), *((Part(part),) if part else ()))


def _before_zh(match: Match[str]) -> tuple[Value, ...]:
    count = chinese(match["n"]) if match["n"] else 1
    part = "evening" if match["unit"] in ("晚", "夜") else _ZH_PARTS.get(match["part"] or "")
    days = count * (7 if match["unit"][-1] in "周期拜" else 1)
    return (Lead(days * _DAY), *((Part(part),) if part else ()))


def _weekdays_zh(match: Match[str]) -> tuple[Value, ...]:
    numbers = [ZH_WEEKDAYS.index(one.replace("天", "日")) for one in match["days"]]
    if sorted(set(numbers)) != numbers:
        raise ValueError("no list of weekdays")
    return (Every("WEEKLY", weekdays=tuple(pieces.WEEKDAYS[number] for number in numbers)),)


def _abbreviated(match: Match[str]) -> tuple[Value, ...]:
    if not match["hours"]:
        return (Zone(_ABBREVIATIONS[match["name"]]),)
    hours = int(match["hours"])
    if match["name"] not in ("utc", "gmt") or hours > 14:
        raise ValueError("no zone")
    # The names of these zones have the sign of the other direction.
    return (Zone((f"Etc/GMT{'-' if match['sign'] == '+' else '+'}{hours}",)),)


def _place(match: Match[str]) -> tuple[Value, ...]:
    name = match["place"].strip()
    for known in (name, name.partition(" ")[2]):
        if zone := _REGIONS.get(known) or places.zone_of(known):
            return (Zone((zone,)),)
    raise ValueError("no place")


_EN: tuple[rules.Section, ...] = (
    (r"(?:business|working|work)[ -]?days?", (
        # which days are none depends on the place
        (rf"\b(?:in |after |within )?{N_EN} (?:business|working|work)[ -]?days?\b", lambda m: (Unclear("range"),)),
    )),
    (r"week| after next|from (?:tomorrow|today)", (
        (rf"\b(?P<n>{N_EN}) (?P<unit>weeks?|days?) (?:from|after|on) (?P<base>{_EN_DAY}|tomorrow|today)\b", _weeks_from),
        (rf"\b(?P<base>{_EN_DAY}|tomorrow|today) (?P<unit>week)\b(?! (?:in|of|after|night|end))", lambda m: (pieces.later(_base(m), 7),)),
        (rf"\b(?:on )?(?:the )?(?P<day>{_EN_DAY}) after next\b", _after_next),
        (
            rf"\b(?:in )?the week after next(?: on)? (?P<day>{_EN_DAY})\b|\b(?:on )?(?P<other>{_EN_DAY}) (?:of |in )?the week after next\b",
            lambda m: (pieces.weekday(WEEKDAYS.index(m["day"] or m["other"]), 2),),
        ),
        (r"\b(?:in )?the (?:week|month|year) after next\b", lambda m: (Unclear("range"),)),
    )),
    (rf"{_EN_NTH} (?:{_EN_DAY}|(?:business|working|work)? ?day|weekday)", (
        (
            rf"\b(?:on )?(?:the )?(?P<nth>{_EN_NTH}) (?P<day>{_EN_DAY}) (?:of|in) (?:(?P<which>next|this|the) month|(?P<month>{_EN_MONTH}))\b(?! (?:of|in))",
            _nth_of_month,
        ),
        (
            rf"\b(?:on )?(?:the )?{_EN_NTH} (?:business day|working day|workday|work day|weekday) (?:of|in) (?:(?:every|each|the|a) month|the year)\b",
            lambda m: (Unclear("series"),),
        ),
    )),
    (r"before", (
        (
            rf"\b(?:the|a) (?P<part>day|night|evening|morning|afternoon) before(?: that| it)?(?=$|[,.;!?]| (?:at|by|around|my|our|the|his|her|their|your|{_EN_DAY})\b)",
            _before,
        ),
    )),
    (rf"\b(?:{'|'.join(_ABBREVIATIONS)})\b|\btime\b", (
        (rf"\b(?P<name>{'|'.join(_ABBREVIATIONS)})\b(?: ?(?P<sign>[+-])(?P<hours>\d{{1,2}})\b(?!:))?", _abbreviated),
        (r"(?:\bin )?\b(?P<place>[a-z]+(?: [a-z]+)?) time\b", _place),
    )),
)  # fmt: skip
_ZH: tuple[rules.Section, ...] = (
    ("第|最后", (
        (
            rf"(?:(?P<which>下下|下|这|本)个?月|(?P<month>{N_ZH})月份?)的?(?:第(?P<nth>{N_ZH})个?|最后一?个){_W}(?P<day>{_D})",
            _nth_of_month_zh,
        ),
        (rf"(?:每个?(?:月|季度|年))的?(?:第{N_ZH}个?|最后一?个)工作日", lambda m: (Unclear("series"),)),
        (rf"(?:(?:下下|下|这|本)个?月|{N_ZH}月份?)的?(?:第{N_ZH}个?|最后一?个)工作日", lambda m: (Unclear("range"),)),
    )),
    (r"工作日", (
        (rf"{N_ZH}个?工作日(?:之后|以后|后|内|之内)", lambda m: (Unclear("range"),)),
    )),
    (r"[前头][一二两三四五六七八九十半天晚夜日\d]|早晚|早中晚|一晚", (
        (
            rf"(?<![从以之年周月目提])(?:[前头](?P<n>[一二两三四五六七八九十]|\d{{1,2}})?(?:个)?(?P<unit>天|日|晚|夜|星期|周))(?<!前天)(?<!前晚)(?<!前日)(?<!前夜)(?<!前周)"
            rf"(?P<part>{'|'.join(_ZH_PARTS)})?",
            _before_zh,
        ),
        (r"提[前早](?P<n>一)(?P<unit>晚|夜)(?P<part>上)?", _before_zh),
        (r"(?:每天|每日|天天)的?(?:早晚|早中晚|早午晚)(?:各|都)?(?:一次)?", lambda m: (Unclear("times_a_day"),)),
    )),
    (f"{_W}{_D}{_D}", (
        # 周一三五 without 每 is a series; behind 周三 an hour may follow: 周三三点.
        (rf"(?<![每这本下上个隔一二三四五六七八九十两几\d]){_W}(?P<days>{_D}{{2,5}})(?![点个十时:\d])", _weekdays_zh),
    )),
    ("时间", (
        (rf"(?P<place>{'|'.join(sorted((*places.CHINESE, *(name for name in _REGIONS if not name.isascii())), key=len, reverse=True))})(?:当地|标准)?时间的?", _place),
    )),
)  # fmt: skip


@lru_cache(maxsize=1)
def english_sections() -> rules.Compiled:
    """Returns the rules for English; they are compiled at the first text."""
    return rules.compiled(_EN)


@lru_cache(maxsize=1)
def chinese_sections() -> rules.Compiled:
    """Returns the rules for Chinese; they are compiled at the first text."""
    return rules.compiled(_ZH)
