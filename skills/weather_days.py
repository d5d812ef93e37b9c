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


_JOINS = re.compile(
    r"\s*(?:(?:[,，、&和跟与及或]|以及|还有|\band\b|\bor\b|\bplus\b)\s*)+(?:\b(?:also|then|on|for|the)\b\s*)*",
    re.IGNORECASE,
)
"""What stands between two days that are asked for together."""


def day_of(text: str) -> str:
    """Returns the days in the question: "today", the number of days from today, a weekday such as "friday", "3 days",
    "weekend", "week" and "next week", a date (ISO), or `OUTSIDE`; several single days with commas, such as "1,friday".
    """
    days, _begin, _stop = _asked(simplified(text))
    return ",".join(dict.fromkeys(days)) or "today"


def _asked(text: str) -> tuple[list[str], int, int]:
    """Returns the days that are asked for, in their order, and where in the text they begin and end."""
    singles = _single_days(text)
    if singles and (dated := next((one for one in singles if "-" in one[0]), None)) is not None:
        return _together(text, singles, dated)
    for day, expression in _DAYS:
        if found := expression.search(text):
            one = next((single for single in singles if single[1] == found.start()), None)
            if one is not None:
                return _together(text, singles, one)
            return [f"{_number(found)} days" if day == "days" else day], *found.span()
    return _together(text, singles, singles[0]) if singles else ([], 0, 0)


def _single_days(text: str) -> list[tuple[str, int, int]]:
    """Returns the single days that a text names, in their order, each with its place."""
    found: list[tuple[str, int, int]] = []
    left = text

    def take(match: re.Match[str], day: str) -> None:
        nonlocal left
        left = left[: match.start()] + "\0" * (match.end() - match.start()) + left[match.end() :]
        if day:
            found.append((day, *match.span()))

    for match in _DATE.finditer(text):
        if days := times.days(match[0], today=timezone.localdate()):
            take(match, days[0].isoformat())
    for day, expression in _DAYS:
        for match in expression.finditer(left):
            take(match, day if day == "today" or day.isdecimal() else "")
    for match in _WEEKDAY.finditer(left):
        named = match[1] and _WEEKDAYS_EN[_WEEKDAYS_ZH.index(match[1].replace("天", "日"))]
        take(match, named or match[2].lower())
    return sorted(found, key=lambda one: one[1])


def _together(text: str, singles: list[tuple[str, int, int]], one: tuple[str, int, int]) -> tuple[list[str], int, int]:
    """Returns this day and those that stand beside it with nothing but "and" or a comma between them."""
    first = last = singles.index(one)
    while first > 0 and _JOINS.fullmatch(text[singles[first - 1][2] : singles[first][1]]):
        first -= 1
    while last + 1 < len(singles) and _JOINS.fullmatch(text[singles[last][2] : singles[last + 1][1]]):
        last += 1
    return [day for day, _begin, _stop in singles[first : last + 1]], singles[first][1], singles[last][2]


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
    if given in (OUTSIDE, "week", "next week", "weekend") or re.fullmatch(r"[1-8] days", given):
        return given
    if all(one in ("today", *_WEEKDAYS_EN) or re.fullmatch(r"\d|\d{4}-\d{2}-\d{2}", one) for one in given.split(",")):
        return given
    found = day_of(given)
    if found == "today" and not re.search(r"今|现在|目前|today|tonight", given):
        raise ValueError
    return found


def without_days(text: str) -> str:
    """Returns the text without the words that name days, and without what joins the days that are asked for."""
    days, begin, stop = _asked(simplified(text)) if len(simplified(text)) == len(text) else ([], 0, 0)
    if len(days) > 1:
        text = f"{text[:begin]} {text[stop:]}"
    text = _DATE.sub(" ", text)
    for _day, expression in _DAYS:
        text = expression.sub(" ", text)
    return _WEEKDAY.sub(" ", text)


def indices_of(day: str, days: Sequence[date]) -> list[int]:
    """Returns the places of the wanted days in the forecast, in its order; none when it does not include them."""
    places = range(len(days))
    if "," in day:
        return sorted({place for one in day.split(",") for place in indices_of(one, days)})
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
    if day == "today":
        return [0]
    return [int(day)] if day.isdigit() and int(day) < len(days) else []


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
