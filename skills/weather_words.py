"""Language of WeatherSkill: finds place and day in a Chinese or English question and names days and weather codes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

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
    r"|cold|hot|warm|of|in|for|at|on|like|a|an|tell|show|give|me|about|and|today|do|does|i|need|want|know|check"
    r"|you|can|could|would|us|hi|hello|hey|thanks)\b",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(
    r"\b(?:i|i'm|i've|my|we|our|he|she|his|her|they|their|this|that|was|were|has|have|had|should|hate|love|because|so|but|if"
    r"|when|remind|awful|lovely|terrible|beautiful|changed?|affects?|not|don't|never|joke|room|body|oven|boiling|melting"
    r"|freezing|water|sales|revenue|budget|engine)\b|\d"
    r"|[我你她它咱很了变讲]|他们|^他|喜欢|讨厌|记得|提醒|笑话|说话|太(?![原仓和湖康谷白])|真[好冷热的是不]|不[要想好错]|越来越|体温"
    r"|水温|室温|发烧|孩子|因为|所以|如果|但是|空调|影响",
    re.IGNORECASE,
)
_UNWANTED = re.compile(
    r"(?:不要|别).{0,4}[说讲提聊查告]|不是问|没问|不想[知聊听]"
    r"|\b(?:don't|do not|didn't|did not|stop)\b.{0,20}\b(?:tell|talk|talking|ask|asking|want|care)\b",
    re.IGNORECASE,
)
_TELLS = re.compile(r"\b(?:i|we|my|our)\b", re.IGNORECASE)
_ASKS = re.compile(r"[?？]|\b(?:what|how|will|tell|show|give|check|know|need|please)\b", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LONGEST_ZH = 12
_MOST_WORDS = 5


def day_of(text: str) -> str:
    """Returns the day in the question: "today", the number of days from today, or a weekday such as "friday"."""
    text = simplified(text)
    for day, expression in _DAYS:
        if expression.search(text):
            return day
    if found := _WEEKDAY.search(text):
        if found.group(1):
            return _WEEKDAYS_EN[_WEEKDAYS_ZH.index(found.group(1).replace("天", "日"))]
        return found.group(2).lower()
    return "today"


def day(text: str) -> str:
    """Returns a day as `day_of` does; a date (ISO) and what `day_of` returned stay as they are.

    Raises:
        ValueError: It names no day.
    """
    given = text.strip().lower()
    if given in ("today", "now") or given in _WEEKDAYS_EN or re.fullmatch(r"\d|\d{4}-\d{2}-\d{2}", given):
        return "today" if given == "now" else given
    found = day_of(given)
    if found == "today" and not re.search(r"今|现在|目前|today|tonight", given):
        raise ValueError
    return found


def city_of(text: str, rest: str) -> str:
    """Returns the place in the question, in simplified characters; "" when there is none.

    Args:
        text: The whole message.
        rest: The message without the trigger word.
    """
    left = _left(simplified(text), simplified(rest))
    if _HAN.search(left):
        return left if len(left) <= _LONGEST_ZH else ""
    return left if len(left.split()) <= _MOST_WORDS else ""


def is_asked(text: str, rest: str) -> bool:
    """Returns whether a message with a trigger word asks for the weather: it names a place, or nothing else at all."""
    text, rest = simplified(text).replace("’", "'"), simplified(rest).replace("’", "'")
    if _UNWANTED.search(text) or (_TELLS.search(text) and not _ASKS.search(text) and not _HAN.search(text)):
        return False
    return not _left(text, rest) or (bool(city_of(text, rest)) and not _NO_PLACE.search(_left(text, rest)))


def place(text: str) -> str:
    """Returns the answer to the question for the place.

    Raises:
        ValueError: It is a sentence without a place.
    """
    if _left(simplified(text), simplified(text)) and not is_asked(text, text):
        raise ValueError
    return text


def _left(text: str, rest: str) -> str:
    """Returns what the message says beside day and usual words, which is the place if it is one."""
    if not _HAN.search(text) and (found := _IN_PLACE.search(text)):
        named = _without_days(found.group(1)).strip(EDGE)
        named = re.sub(r"\s+(like|please|is|be|will|going|on|and)\b.*$", "", named, flags=re.IGNORECASE).strip(EDGE)
        if named and not _OTHER_EN.fullmatch(named):
            return named
    left = _without_days(rest)
    if _HAN.search(left):
        return _chinese_name(left)
    return " ".join(_OTHER_EN.sub(" ", left).split()).strip(EDGE)


def _chinese_name(left: str) -> str:
    before = None
    while before != left:
        before, left = left, _OTHER_ZH.sub("", left.strip(EDGE)).strip(EDGE)
    return left.replace(" ", "")


def _without_days(text: str) -> str:
    for _day, expression in _DAYS:
        text = expression.sub(" ", text)
    return _WEEKDAY.sub(" ", text)


def index_of(day: str, days: Sequence[date]) -> int:
    """Returns the day's index in the forecast; -1 for a date that the forecast does not include."""
    if "-" in day:
        return next((index for index, value in enumerate(days) if value.isoformat() == day), -1)
    if day in _WEEKDAYS_EN:
        wanted = _WEEKDAYS_EN.index(day)
        return next((index for index, value in enumerate(days) if value.weekday() == wanted), 0)
    index = int(day) if day.isdigit() else 0
    return index if index < len(days) else 0


def day_name(index: int, day: date) -> str:
    """Returns the name of the day; from tomorrow on with its date."""
    if index == 0:
        return _("today")
    if index == 1:
        name = _("tomorrow")
    elif index == 2:
        # A translation can replace the weekday by a word for the day after tomorrow.
        name = dateformat.format(day, pgettext("date format of the day after tomorrow", "l"))
    else:
        name = str(_WEEKDAYS[day.weekday()])
    return _("%(day)s (%(date)s)") % {"day": name, "date": dateformat.format(day, pgettext("date format", "j F"))}


_WEEKDAYS = (
    pgettext_lazy("weather forecast", "Monday"),
    pgettext_lazy("weather forecast", "Tuesday"),
    pgettext_lazy("weather forecast", "Wednesday"),
    pgettext_lazy("weather forecast", "Thursday"),
    pgettext_lazy("weather forecast", "Friday"),
    pgettext_lazy("weather forecast", "Saturday"),
    pgettext_lazy("weather forecast", "Sunday"),
)
# By WMO code.
_SKY = (
    ((0,), gettext_lazy("clear sky")),
    ((1,), gettext_lazy("mostly clear")),
    ((2,), gettext_lazy("partly cloudy")),
    ((3,), gettext_lazy("overcast")),
    ((45, 48), gettext_lazy("fog")),
    ((51, 53, 55), gettext_lazy("drizzle")),
    ((56, 57), gettext_lazy("freezing drizzle")),
    ((61,), gettext_lazy("light rain")),
    ((63,), gettext_lazy("rain")),
    ((65,), gettext_lazy("heavy rain")),
    ((66, 67), gettext_lazy("freezing rain")),
    ((71,), gettext_lazy("light snow")),
    ((73, 77), gettext_lazy("snow")),
    ((75,), gettext_lazy("heavy snow")),
    ((80, 81), gettext_lazy("rain showers")),
    ((82,), gettext_lazy("violent rain showers")),
    ((85, 86), gettext_lazy("snow showers")),
    ((95,), gettext_lazy("thunderstorm")),
    ((96, 99), gettext_lazy("thunderstorm with hail")),
)


def sky(code: int) -> str:
    """Returns a WMO weather code in words."""
    return next((str(words) for codes, words in _SKY if code in codes), _("unknown conditions"))
