"""Finds what a text says by type: days, times of day, durations, numbers, places, reasons.

A question for a time is met by a text that has one; a corrected day takes the place of the earlier day.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bots.pipeline.engine.answer.grounded.plain_text import HAN

_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_WEEKDAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?s?"
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)"
COUNT_EN = r"(?:\d+(?:[.,]\d+)*|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|dozen|half|couple|twice|once)"
COUNT_ZH = r"(?:\d+(?:\.\d+)?|[零一二两三四五六七八九十百千万半]+)"
_UNIT_EN = r"(?:min(?:ute)?s?|hours?|hrs?|days?|weeks?|months?|years?|yrs?)"

_EN = {
    "day": rf"\b(?:(?:the )?{_ORDINAL}(?: (?:of )?{_MONTH})?|{_MONTH}\.? {_ORDINAL}|{_MONTH}\.? \d{{1,2}}\b|\d{{1,2}} {_MONTH}|(?:(?:next|this|last) )?{_WEEKDAY}(?: (?:morning|afternoon|evening|night))?|tomorrow|tmrw|tmr|tomoz|today|tonight|yesterday|(?:next|this|last) (?:week(?:end)?|month|year|spring|summer|autumn|winter|fall)|weekends?|\d{{1,2}}/\d{{1,2}}(?:/\d+)?|\d{{4}}-\d\d?-\d\d?|(?:in|by|since|until|till|late|early|mid|next|this|last) {_MONTH}|(?:in|since|by) (?:19|20)\d\d|nights|mornings|evenings|afternoons|in the (?:morning|afternoon|evening)|at night|christmas|easter|new year'?s?|halloween|summer|spring|autumn|winter)\b",
    "clock": r"\b(?:\d{1,2}(?:[:.]\d\d)? ?(?:am|pm|a\.m|p\.m)|\d{1,2}:\d\d|noon|midday|midnight|(?:half|quarter) (?:past|to) \w+|half \w+|\d{1,2} o'?clock|(?:at|by|until|till|from|around|about) \d{1,2}(?:[:.]\d\d)?(?! ?(?:%|km|kg|miles|euros?|pounds|dollars|people|degrees|years|minutes|hours|days|weeks|months)))\b",
    "span": rf"\b(?:(?:for |in )?(?:an? |{COUNT_EN}[ -](?:and a half )?)(?:few )?{_UNIT_EN}(?: ago)?|all day|(?:every|each|once a|twice a|times a) \w+|since \w+|ages)\b",
    "number": rf"\b{COUNT_EN}\b|[£$€]\d+|\bno\b|\bnone\b|\ban? (?=\w)",
    "place": r"\b(?:in|at|to|from|near|under|behind|on|inside|by|next to|above|below|into|opposite|outside|between|beside|round|around) (?!me\b|it\b|a lot|all\b)\w+",
    "reason": r"\b(?:because|cos|cause|cuz|since|as|so that|due to|for|to)\b",
}
_ZH = {
    "day": r"(?:下下?|上上?|这|本)?个?(?:周|星期|礼拜)[一二三四五六日天末]|大后天|后天|明天|今天|昨天|前天|今晚|明晚|昨晚|明早|今早|\d{1,2}月(?:\d{1,2}[号日]?|初|底|中旬)?|[一二三四五六七八九十]{1,3}月(?:[一二三四五六七八九十廿]{1,3}[号日]?|初|底|中旬|份)?|(?:下|上|这)个?(?:周|月|星期|礼拜|学期)|[明后去前今]年|月底|月初|年底|年初|周末|\d{1,2}[号日](?![楼线门房院厅馆桌床车口店台柜])|[一二三四五六七八九十]{1,3}号(?![楼线门房院厅馆桌床车口店台柜])|国庆|元旦|春节|中秋|端午|清明|五一|寒假|暑假|除夕|过年|\d{4}年|(?:春|夏|秋|冬)天|\d{1,2}/\d{1,2}",
    "clock": r"(?:早上|上午|中午|下午|晚上|凌晨|傍晚)?(?:\d{1,2}|[一二三四五六七八九十两]{1,3})点(?:半|整|\d{1,2}分?|[一二三四五]?[十]?[一二三四五六七八九]?分|一刻)?|\d{1,2}[:：]\d\d|中午(?!吃)|半夜|凌晨",
    "span": rf"(?:{COUNT_ZH}|好几|几)个?多?(?:小时|钟头|分钟|天|周|星期|礼拜|月|年|半年)(?:前|后|了|多)?|每[天周月年个]\S?",
    "number": rf"{COUNT_ZH}|没有",
    "place": r"[在到去来往从住放搁]\S|旁边|[前后里外上下]面|门口|楼|店|院|校|省|市|区|县|路|街|站|城|镇|村|机场",
    "reason": r"因为|由于|为了|所以|怕|想",
}
PATTERNS = {
    name: (re.compile(_EN[name]), re.compile(_ZH[name]))
    for name in ("day", "clock", "span", "number", "place", "reason")
}
SWAPPED = ("clock", "day", "span", "number")
"""Types whose new value takes the place of the old one."""


def pattern(name: str, text: str) -> re.Pattern[str]:
    """Returns the pattern of a type for the language of a text."""
    return PATTERNS[name][bool(HAN.search(text))]


@lru_cache(maxsize=4096)
def holds(name: str, text: str) -> bool:
    """Tells whether a plain text has a value of a type: one of `PATTERNS`, or "time" for any time."""
    if name == "time":
        return any(holds(one, text) for one in ("day", "clock", "span"))
    if name == "number":
        return bool(spans(name, text)) or re.search(r"\b(?:an?|no|none)\b|没有", text) is not None
    return pattern(name, text).search(text) is not None


def spans(name: str, text: str) -> list[tuple[int, int]]:
    """Returns where a plain text has values of a type; a number is not part of a day or a time."""
    found = [match.span() for match in pattern(name, text).finditer(text)]
    if name != "number":
        return found
    taken = [span for other in ("day", "clock") for span in spans(other, text)]
    return [
        one
        for one in found
        if not any(begin <= one[0] < stop for begin, stop in taken)
        and text[one[0] : one[1]].strip() not in ("a", "an", "no", "none", "没有")
    ]
