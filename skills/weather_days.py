"""Days and skies of WeatherSkill: which days a question means, and what they and weather codes are called."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from django.utils import dateformat, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from clawdbot import times
from clawdbot.chinese import simplified

OUTSIDE = "outside"  # a day that no forecast includes: yesterday, next month, 1944
_WEEKDAYS_EN = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEKDAYS_ZH = "一二三四五六日"
_NUMBERS = (
    {word: str(number) for number, word in enumerate(["one", "two", "three", "four", "five", "six", "seven"], 1)}
    | {word: str(number) for number, word in enumerate("一二三四五六七", 1)}
    | {"两": "2"}
)
_COUNT = r"([1-7]|" + "|".join(_NUMBERS) + ")"

_DAYS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        OUTSIDE,
        re.compile(
            r"昨[天日晚早]|(?<!大)前天|大前天|上个?(?:周|星期|礼拜|月)|去年|前年|明年|下个?月|[12]\d{3}年|往年|当年"
            r"|\byesterday\b|\blast (?:night|week(?:end)?|month|year|spring|summer|autumn|fall|winter|"
            + "|".join(_WEEKDAYS_EN)
            + r")\b|\bnext (?:month|year|spring|summer|autumn|fall|winter)\b|\b(?:in )?(?:1[89]|20)\d\d\b(?!-)"
            r"|\b\w+ (?:days?|weeks?|months?|years?) ago\b",
            re.IGNORECASE,
        ),
    ),
    ("3", re.compile(r"大后天")),
    ("1,2", re.compile(r"明后[两二]?天")),
    ("2", re.compile(r"后天|(the )?day after tomorrow", re.IGNORECASE)),
    (
        "weekend",
        re.compile(
            r"(?:[这本]个?)?(?:周末|双休日)|\b(?:(?:on|at|for|over) )?(?:the |this |next )?weekend\b", re.IGNORECASE
        ),
    ),
    ("next week", re.compile(r"下个?(?:周|星期|礼拜)(?![一二三四五六日末]|天(?!气))|\bnext week\b", re.IGNORECASE)),
    (
        "week",
        re.compile(
            r"(?:[这本]个?|[未接]来的?|一|最近一?)(?:周|星期|礼拜)(?![一二三四五六日末]|天(?!气))"
            r"|\b(?:this|the|all) week\b|\bweekly\b",
            re.IGNORECASE,
        ),
    ),
    (
        "days",
        re.compile(
            r"(?:未来|接下来|今后|最近|近)(?:的)?"
            + _COUNT
            + r"[天日]|\b(?:in |for |over )?(?:the )?(?:next|coming|following) "
            + _COUNT
            + r" days?\b|\b"
            + _COUNT
            + r"[- ]day\b|"
            + _COUNT
            + r"天内?的?(?=天气|预报)",
            re.IGNORECASE,
        ),
    ),
    ("1", re.compile(r"明天|明日|明早|明晚|\btomorrow('s)?\b", re.IGNORECASE)),
    (
        "today",
        re.compile(
            r"今天|今日|今晚|今早|现在|目前|此刻"
            r"|\b(today('s)?|tonight|now|right now|currently|this (?:morning|afternoon|evening))\b",
            re.IGNORECASE,
        ),
    ),
)
_WEEKDAY = re.compile(
    r"(?:下?周|下?星期|下?礼拜)([一二三四五六日]|天(?!气))|\b(?:on |this |next )?(" + "|".join(_WEEKDAYS_EN) + r")\b",
    re.IGNORECASE,
)

_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATE = re.compile(
    r"\b\d{4}-\d{1,2}-\d{1,2}\b|(?:\d{4}年)?\d{1,2}月\d{1,2}[日号]?|(?<!\d)\d{1,2}号"
    rf"|\b(?:on )?(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTHS}(?: \d{{4}})?\b|\bthe \d{{1,2}}(?:st|nd|rd|th)\b"
    rf"|\b(?:on )?{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)


def day_of(text: str) -> str:
    """Returns the days in the question: "today", the number of days from today, a weekday such as "friday", several
    such as "1,2", "3 days", "weekend", "week" and "next week", a date (ISO), or `OUTSIDE`.
    """
    text = simplified(text)
    if _DATE.search(text) and (days := times.days(text, today=timezone.localdate())):
        return days[0].isoformat()
    for day, expression in _DAYS:
        if found := expression.search(text):
            return f"{_number(found)} days" if day == "days" else day
    if found := _WEEKDAY.search(text):
        if found.group(1):
            return _WEEKDAYS_EN[_WEEKDAYS_ZH.index(found.group(1).replace("天", "日"))]
        return found.group(2).lower()
    return "today"


def _number(found: re.Match[str]) -> str:
    said = next(group for group in found.groups() if group).lower()
    return _NUMBERS.get(said, said)


def day(text: str) -> str:
    """Returns a day as `day_of` does; a date (ISO) and what `day_of` returned stay as they are.

    Raises:
        ValueError: It names no day.
    """
    given = text.strip().lower()
    if given in ("now", "today"):
        return "today"
    if given in (*_WEEKDAYS_EN, OUTSIDE, "week", "next week", "weekend", "1,2"):
        return given
    if re.fullmatch(r"\d|\d{4}-\d{2}-\d{2}|[1-8] days", given):
        return given
    found = day_of(given)
    if found == "today" and not re.search(r"今|现在|目前|today|tonight", given):
        raise ValueError
    return found


def without_days(text: str) -> str:
    """Returns the text without the words that name days."""
    text = _DATE.sub(" ", text)
    for _day, expression in _DAYS:
        text = expression.sub(" ", text)
    return _WEEKDAY.sub(" ", text)


def indices_of(day: str, days: Sequence[date]) -> list[int]:
    """Returns the places of the wanted days in the forecast; none when it does not include them."""
    places = range(len(days))
    if "-" in day:
        return [place for place in places if days[place].isoformat() == day]
    if day in _WEEKDAYS_EN:
        wanted = _WEEKDAYS_EN.index(day)
        return [place for place in places if days[place].weekday() == wanted][:1]
    if day == "weekend":
        first = next((place for place in places if days[place].weekday() >= 5), 0)
        return [place for place in places if days[place].weekday() >= 5 and place - first < 2]
    if day == "next week":
        monday = next((place for place in places if place and days[place].weekday() == 0), len(days))
        return list(places[monday:])
    if day == "week":
        return list(places[:7])
    if day == OUTSIDE:
        return []
    if day.endswith(" days"):
        return list(places[: int(day.split()[0])])
    return [int(one) for one in day.split(",") if one.isdigit() and int(one) < len(days)] or (
        [0] if day == "today" else []
    )


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
