"""The words of WeatherSkill: place and day out of a question, weather codes into words, in Chinese and English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from clawdbot.chinese import simplified
from skills.parameters import EDGE

_WEEKDAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS_ZH = "一二三四五六日"

_DAYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("3", re.compile(r"大后天")),
    ("2", re.compile(r"后天|(the )?day after tomorrow", re.IGNORECASE)),
    ("1", re.compile(r"明天|明日|明早|明晚|\btomorrow('s)?\b", re.IGNORECASE)),
    ("today", re.compile(r"今天|今日|今晚|现在|目前|\b(today('s)?|tonight|now|right now|currently)\b", re.IGNORECASE)),
)
_WEEKDAY = re.compile(
    r"(?:下?周|下?星期|下?礼拜)([一二三四五六日天])|\b(?:on |this |next )?(" + "|".join(_WEEKDAYS_EN) + r")\b",
    re.IGNORECASE,
)
_IN_PLACE = re.compile(
    r"\b(?:in|for|at)\s+(?!(?:the|a|this|that|next|my|your)\b)([^\W\d_][^\d_?？!！.,，。;；]*)", re.IGNORECASE
)
_OTHER_ZH = re.compile(
    r"天气预报|天气|气温|温度|预报|情况|多少度|几度|会不会|下雨|下雪|刮风|冷吗|热吗|冷不冷|热不热|[会吗呢啊呀吧]$|^[在去到]|的$|查询|查|请问|帮我|我想知道|告诉我|怎么样|怎样|如何|是多少|多少"
)
_OTHER_EN = re.compile(
    r"\b(weather|temperature|forecast|like|please|what's|what|how's|how|is|it|the|will|be|going|to|outside|there|here|rain"
    r"|cold|hot|warm|of|in|for|at|on|like|a|an|tell|show|give|me|about|and|today|do|does|i|need|want|know|check)\b",
    re.IGNORECASE,
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_ZH = 12
_MOST_WORDS = 5


def day_of(text: str) -> str:
    """Which day is meant: "today", the number of days from today, or a weekday such as "friday"."""
    text = simplified(text)
    for day, expression in _DAYS:
        if expression.search(text):
            return day
    if found := _WEEKDAY.search(text):
        if found.group(1):
            return _WEEKDAYS_EN[_WEEKDAYS_ZH.index(found.group(1).replace("天", "日"))]
        return found.group(2).lower()
    return "today"


def city_of(text: str, rest: str) -> str:
    """The place named in the question, in simplified characters; "" when none can be made out.

    Args:
        text: the whole message.
        rest: the message without the trigger word.
    """
    text, rest = simplified(text), simplified(rest)
    if not _HAN.search(text) and (found := _IN_PLACE.search(text)):
        named = _without_days(found.group(1)).strip(EDGE)
        named = re.sub(r"\s+(like|please|is|be|will|going|on|and)\b.*$", "", named, flags=re.IGNORECASE).strip(EDGE)
        if named and not _OTHER_EN.fullmatch(named):
            return named if len(named.split()) <= _MOST_WORDS else ""
    left = _without_days(rest)
    if _HAN.search(left):
        return _chinese_name(left)
    left = " ".join(_OTHER_EN.sub(" ", left).split()).strip(EDGE)
    return left if len(left.split()) <= _MOST_WORDS else ""


def _chinese_name(left: str) -> str:
    before = None
    while before != left:
        before, left = left, _OTHER_ZH.sub("", left.strip(EDGE)).strip(EDGE)
    left = left.replace(" ", "")
    return left if len(left) <= _LONGEST_ZH else ""


def _without_days(text: str) -> str:
    for _day, expression in _DAYS:
        text = expression.sub(" ", text)
    return _WEEKDAY.sub(" ", text)


def index_of(day: str, days: Sequence[date]) -> int:
    """Position of the day asked for in the forecast; today when the forecast does not reach it."""
    if day in _WEEKDAYS_EN:
        wanted = _WEEKDAYS_EN.index(day)
        return next((index for index, value in enumerate(days) if value.weekday() == wanted), 0)
    index = int(day) if day.isdigit() else 0
    return index if index < len(days) else 0


def day_name(index: int, day: date, chinese: bool) -> str:
    """How the day is called, with its date from tomorrow on."""
    if chinese:
        name = ("今天", "明天", "后天")[index] if index < 3 else f"周{_WEEKDAYS_ZH[day.weekday()]}"
        return name if index == 0 else f"{name}（{day.month}月{day.day}日）"
    name = ("today", "tomorrow")[index] if index < 2 else f"{day:%A}"
    return name if index == 0 else f"{name} ({day.day} {day:%B})"


# WMO code: English, Chinese
_SKY: tuple[tuple[tuple[int, ...], str, str], ...] = (
    ((0,), "clear sky", "晴"),
    ((1,), "mostly clear", "晴间多云"),
    ((2,), "partly cloudy", "多云"),
    ((3,), "overcast", "阴"),
    ((45, 48), "fog", "雾"),
    ((51, 53, 55), "drizzle", "毛毛雨"),
    ((56, 57), "freezing drizzle", "冻毛毛雨"),
    ((61,), "light rain", "小雨"),
    ((63,), "rain", "中雨"),
    ((65,), "heavy rain", "大雨"),
    ((66, 67), "freezing rain", "冻雨"),
    ((71,), "light snow", "小雪"),
    ((73, 77), "snow", "中雪"),
    ((75,), "heavy snow", "大雪"),
    ((80, 81), "rain showers", "阵雨"),
    ((82,), "violent rain showers", "强阵雨"),
    ((85, 86), "snow showers", "阵雪"),
    ((95,), "thunderstorm", "雷阵雨"),
    ((96, 99), "thunderstorm with hail", "雷阵雨伴有冰雹"),
)


def sky(code: int, chinese: bool) -> str:
    """A WMO weather code in words."""
    for codes, english, zh in _SKY:
        if code in codes:
            return zh if chinese else english
    return "天气未知" if chinese else "unknown conditions"


_SENTENCES = {
    "day": ("{place}, {day}: {sky}, {low} to {high} °C.", "{place}{day}：{sky}，{low}到{high}°C。"),
    "rain": ("Chance of rain {rain} %.", "降水概率{rain}%。"),
    "now": (
        "Now {now} °C (feels like {felt} °C), humidity {humidity} %, wind {wind} km/h.",
        "现在{now}°C（体感{felt}°C），湿度{humidity}%，风速{wind}公里/小时。",
    ),
    "unknown": ("I do not know a place called “{place}”.", "我没有找到名为“{place}”的地方。"),
    "unreachable": (
        "The weather service cannot be reached at the moment. Please try again later.",
        "天气服务暂时无法访问，请稍后再试。",
    ),
    "odd": (
        "The weather service gave an answer I do not understand. Please try again later.",
        "天气服务返回了无法识别的内容，请稍后再试。",
    ),
}


def say(what: str, chinese: bool, **values: object) -> str:
    """One of the skill's sentences."""
    return _SENTENCES[what][1 if chinese else 0].format(**values)
