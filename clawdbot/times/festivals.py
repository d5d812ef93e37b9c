"""Days with a name, in both languages: those with a fixed date, those of the lunar calendar, and those by a rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

from clawdbot.times import lunar
from clawdbot.times.lunar import LunarDay

_FIXED = {
    (1, 1): ("元旦", "new year's day", "new years day", "new year"),
    (2, 14): ("情人节", "valentine's day", "valentines day"),
    (3, 8): ("妇女节", "三八节", "international women's day"),
    (5, 1): ("劳动节", "五一", "labour day", "may day"),
    (5, 4): ("青年节",),
    (6, 1): ("儿童节", "六一", "children's day"),
    (9, 10): ("教师节",),
    (10, 1): ("国庆", "国庆节", "十一国庆", "national day"),
    (10, 31): ("万圣节", "halloween"),
    (11, 11): ("双十一", "光棍节", "singles' day"),
    (12, 24): ("平安夜", "圣诞前夜", "christmas eve"),
    (12, 25): ("圣诞", "圣诞节", "christmas", "christmas day", "xmas"),
    (12, 26): ("boxing day",),
    (12, 31): ("跨年夜", "跨年", "new year's eve", "new years eve"),
}
_LUNAR = {
    (1, 1): ("春节", "大年初一", "农历新年", "spring festival", "chinese new year", "lunar new year"),
    (1, 15): ("元宵节", "元宵", "lantern festival"),
    (5, 5): ("端午节", "端午", "dragon boat festival"),
    (7, 7): ("七夕", "七夕节", "qixi festival"),
    (7, 15): ("中元节",),
    (8, 15): ("中秋节", "中秋", "mid-autumn festival", "mid autumn festival", "mid-autumn", "moon festival"),
    (9, 9): ("重阳节", "重阳", "double ninth festival"),
    (12, 8): ("腊八节", "腊八"),
}

_OfYear = Callable[[int], date]


def _nth(month: int, weekday: int, count: int) -> _OfYear:
    def of_year(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))

    return of_year


def _qingming(year: int) -> date:
    """Returns Tomb-Sweeping Day; the constants hold from 1990 to 2099."""
    return date(year, 4, int(year % 100 * 0.2422 + (4.81 if year >= 2000 else 5.59)) - year % 100 // 4)


def _easter(year: int) -> date:
    from dateutil.easter import easter

    return easter(year)  # type: ignore[no-any-return]  # the library has no types


def _lunar(month: int, day: int) -> _OfYear:
    return lambda year: lunar.to_date(LunarDay(year, month, day))


def _fixed(month: int, day: int) -> _OfYear:
    return lambda year: date(year, month, day)


_RULES: dict[str, _OfYear] = {
    **{name: _fixed(*key) for key, names in _FIXED.items() for name in names},
    **{name: _lunar(*key) for key, names in _LUNAR.items() for name in names},
    **dict.fromkeys(("除夕", "除夕夜", "大年三十", "年三十"), lambda year: _lunar(1, 1)(year) - timedelta(days=1)),
    **dict.fromkeys(("chinese new year's eve", "lunar new year's eve"), lambda year: _lunar(1, 1)(year) - timedelta(1)),
    **dict.fromkeys(("清明", "清明节", "qingming festival", "qingming", "tomb-sweeping day"), _qingming),
    **dict.fromkeys(("母亲节", "mother's day", "mothers day"), _nth(5, 6, 2)),
    **dict.fromkeys(("父亲节", "father's day", "fathers day"), _nth(6, 6, 3)),
    **dict.fromkeys(("感恩节", "thanksgiving"), _nth(11, 3, 4)),
    **dict.fromkeys(("复活节", "easter", "easter sunday"), _easter),
}
FIXED_DATES = {name: key for key, names in _FIXED.items() for name in names}
NAMES = tuple(sorted(_RULES, key=len, reverse=True))
"""All names, longest first: lower case, simplified Chinese."""


def named(text: str, at: date) -> str:
    """Returns the name of the festival that a folded text names for this day, as people write it; "" for none."""
    for name in NAMES:
        if name in text and _is_on(name, at):
            return name if not name.isascii() else re.sub(r"(?<![a-z'])[a-z]", lambda found: found[0].upper(), name)
    return ""


def _is_on(name: str, at: date) -> bool:
    try:
        return of_year(name, at.year) == at
    except ValueError:  # the lunar calendar of the year is not known
        return False


def of_year(name: str, year: int) -> date:
    """Returns the day of a festival in a year.

    Raises:
        ValueError: The lunar calendar of the year is not known.
    """
    return _RULES[name](year)


def coming(name: str, today: date) -> date:
    """Returns the next day of a festival; today counts.

    Raises:
        ValueError: The lunar calendar of the year is not known.
    """
    return next(at for at in (of_year(name, year) for year in range(today.year - 1, today.year + 2)) if at >= today)
