"""Date and time: now and here, elsewhere, days until and between, weekdays, festivals, the lunar calendar."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from dateutil.relativedelta import relativedelta
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from clawdbot import times
from clawdbot.skills import BaseSkill, Context, Effect, NotMeant, Parameter, SkillError
from clawdbot.times import festivals, lunar, places
from clawdbot.times.numerals import folded
from skills import time_words
from skills.numerals import digits_for_words

_NO_SUCH_PLACE = gettext_lazy("I do not know that place. Please name a big city or a zone such as Europe/Berlin.")
_MONTHS = "正二三四五六七八九十冬腊"
_TENS = "初十廿三"
_ONES = "十一二三四五六七八九"

_UNTIL = re.compile(
    r"(?:距离?|离).{1,20}(?:还有|还剩|有)(?:多少|几)(?:天|日)|还有(?:多少|几)天(?:就|到|是|才|过)?|(?:多少|几)天(?:后|之后|以后)(?:是|就是)"
    r"|\bhow (?:many days|long)(?: is it| are there| are left| left| do we have)? (?:until|till|to|before)\b|\b(?:days|countdown) (?:until|till|to|left)\b"
)
_BETWEEN = re.compile(
    r"(?:到|至|和|与|跟).{1,20}(?:有|是|相差|差|隔|之间|一共|总共|多少).{0,6}(?:多少|几)?天|相差.{0,4}天|\bdays (?:are there )?(?:between|from)\b|\bbetween\b.*\bdays\b|\bfrom\b.*\bto\b.*\bdays\b"
)
_SINCE = re.compile(
    r"(?:到现在|到今天|至今)(?:已经)?(?:过?去?了?)?(?:有)?(?:多少|几)天|过去了?(?:多少|几)天|\bhow many days (?:ago|since|have passed since|has it been since)\b"
)
_LUNAR = re.compile(r"农历|阴历|\blunar (?:date|calendar|day)\b")
_WEEKDAY = re.compile(
    r"(?:是|在)?(?:星期|周|礼拜)几(?!.{0,6}(?:开会|去|来|有空|放假|上班))|(?:是|在)(?:几月)?(?:几号|哪天|哪一天|什么时候|几月几[号日]|什么日子)$"
    r"|^(?:请问)?(?:大?[明后昨前][天日]|下?(?:周|星期).)(?:几号|几月几[号日])$|\b(?:tomorrow|yesterday)'s date$"
    r"|\b(?:what|which) (?:day|weekday|date|day of the week)\b.*|\bwhen(?: is|'s)\b|\bwhat(?:'s| is) (?:the )?(?:date|day|weekday)\b|^date (?:of )?(?:tomorrow|yesterday)\b|\bday of the week\b"
)
_TODAY = re.compile(
    r"^(?:请问|告诉我|你知道)?(?:今天|今儿|现在)?(?:的)?(?:是)?(?:几月)?(?:几号|几月几[号日]|星期几|周几|礼拜几|什么日子|日期)(?:是多少|了|呢|啊|呀)?$"
    r"|\b(?:what|which)(?:'s| is)? (?:the |today's )?(?:date|day|weekday)(?: is it| is today| today|)(?: today| now)?$|^(?:today's )?date(?: today)?$|^what year (?:is it|is this|are we in)(?: now)?$|^(?:今年|现在)是?(?:哪一?年|几几年|多少年|哪年)$"
)
_CLOCK = re.compile(
    r"(?:现在|当前|目前|那边|这边)?(?:是)?几点(?:钟)?(?:了|呢|啊|呀)?$|(?:现在|当前)(?:的)?(?:时间|几点(?![起飞开关到出上下去回来走发]))|什么时间了?$|(?:现在|都)(?:是)?(?:啥|什么)时[候间](?:了|呢|啊|呀)?$|(?:当地|的)时间(?:是多少|是几点)?$|几点了"
    r"|\b(?!what time\W*$)what(?:'s| is)? ?(?:the )?(?:current |local )?time\b(?!.*\b(?:do|does|did|should|shall|will|can|works?|for)\b)|\b(?:current|local) time\b|\btime (?:is it|now)\b|^time in\b|\bthe time in\b"
)
_ZONE = re.compile(
    r"^(?:请|帮我)?(?:把|设置|设定|修改|更改|调整)?(?:我的)?时区(?:是|为|改为|改成|设为|设成|设置为|换成)|^我(?:的)?在.{1,12}时区"
    r"|^(?:please )?(?:set |change |switch )?(?:my |the )?time ?zone(?: is| to|'s)\b|^i(?:'m| am) in the .{2,30} time ?zone"
)
_WHICH_ZONE = re.compile(
    r"^(?:请问)?(?:我)?(?:现在)?(?:的|在)?(?:是)?(?:什么|哪个)时区|^我的时区(?:是什么|是哪个|呢)?$|\bwhat(?:'s| is)? (?:my )?time ?zone\b"
)
_PLACE = re.compile(
    r"\bin (?!the (?:morning|afternoon|evening)\b)(.+)$|^(?:请问|你知道|告诉我)*([\u4e00-\u9fff]{2,10}?)(?:现在|当地|那边)(?:是)?几点"
)
_AFTER = re.compile(
    r"(\d{1,4})\s*个?(天|日|周|星期|礼拜|月|年)(?:之|以)?([后前])|\b(\d{1,4}) (day|week|month|year)s? (from (?:now|today)|later|ago)\b"
)
_STEPS = {"天": "days", "日": "days", "周": "weeks", "星期": "weeks", "礼拜": "weeks", "月": "months", "年": "years"}
_REMINDS = re.compile(r"提醒我|叫我|喊我|通知我|\bremind (?:me|us)\b", re.ASCII)  # a reminder for that day
_PERSONAL = re.compile(
    r"我(?:的)?生日|你|我们|他们?的|她|结婚|考试|\bmy\b|\byour\b|\bour\b|\bmeeting\b|\bappointment\b|开会|会议|发货|到货|航班|\bflight\b"
)


class DateTimeSkill(BaseSkill):
    """Answers by the calendar of `clawdbot.times` and the zones of the system. Needs no model and no network."""

    name = "date and time"
    description = "Date, time, weekdays, days until a date, lunar calendar"
    help: ClassVar[dict[str, str]] = {
        "en": "Tells date and time, weekdays, days until a date",
        "zh": "查日期、时间、星期、倒数日和农历",
    }
    triggers = (
        *("几点", "几号", "几月几", "星期几", "周几", "礼拜几", "哪天", "哪一天", "多少天", "几天", "农历", "阴历", "什么日子", "什么时候", "时间", "日期", "啥时候", "哪年", "哪一年", "几几年"),
        *("what time", "what's the time", "the time", "time in", "local time", "current time", "what day", "what year", "what date", "which day"),
        *("weekday", "date", "the date", "how many days", "days until", "days between", "how long until", "when is", "when's"),
        *("lunar", "day of the week", "countdown to", "时区", "time zone", "timezone"),
    )  # fmt: skip
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter(
            "question",
            {"en": "What would you like to know about date or time?", "zh": "你想知道什么日期或时间？"},
            description=(
                "The question in plain words, e.g. 'what time is it in Tokyo', 'how many days until Spring Festival', "
                "'what weekday is 5 March 2027', 'days between 1 May and 1 June', 'lunar date today'."
            ),
        ),
    )
    effects = frozenset({Effect.READS, Effect.WRITES})
    idempotent = True

    @classmethod
    def parse(cls, *, text: str, rest: str, trigger: str, language: str) -> Mapping[str, Any] | None:
        if not is_question(text):
            raise NotMeant
        return {"question": text}

    @classmethod
    def only_reads(cls, parameters: Mapping[str, Any]) -> bool:
        plain = _plain(str(parameters.get("question") or ""))
        return _WHICH_ZONE.search(plain) is not None or _ZONE.search(plain) is None

    def execute(self, context: Context) -> str:
        question = str(context.parameters["question"])
        plain = _plain(question)
        if _WHICH_ZONE.search(plain):
            return _("Your times are in the zone %(zone)s; there it is %(time)s.") % {
                "zone": str(context.zone),
                "time": time_words.clock(context.now.time()),
            }
        if _ZONE.search(plain):
            return _use_zone(question, context)
        today = context.now.date()
        if (moved := _AFTER.search(digits_for_words(plain))) is not None and not _UNTIL.search(plain):
            return _named(_moved(today, moved), today)
        days = times.days(question, today=today, language=context.language)
        if _LUNAR.search(plain):
            return _lunar(days[0] if days else today, today)
        if len(days) > 1 and _BETWEEN.search(plain):
            return _between(days[0], days[1], today)
        if _CLOCK.search(plain) and not days:
            return _clock(question, context)
        if days and _SINCE.search(plain):
            return _between(days[0], today, today)
        if days and _UNTIL.search(plain):
            return _until(days[-1], today, festivals.named(plain, days[-1]))
        if days:
            return _named(days[0], today)
        if place := places.find(question):
            return _there(*place, context.now)
        if _TODAY.search(plain) or _WEEKDAY.search(plain):
            return _named(today, today)
        return _clock(question, context)


def is_question(text: str) -> bool:
    """Returns whether a message asks for what the calendar and the clock know, and for nothing else."""
    plain = _plain(text)
    if _ZONE.search(plain) or _WHICH_ZONE.search(plain):
        return True
    if _PERSONAL.search(plain) or _REMINDS.search(plain) or len(plain) > 80:
        return False
    if plain.startswith("time in ") and places.find(text) is None:  # a title, or an idiom
        return False
    if _CLOCK.search(plain) or _TODAY.search(plain):
        return True
    asks = any(kind.search(plain) for kind in (_UNTIL, _BETWEEN, _SINCE, _WEEKDAY, _LUNAR))
    found = _LUNAR.search(plain) or _AFTER.search(digits_for_words(plain)) or times.days(text, today=date(2027, 6, 15))
    return asks and bool(found)


def _plain(text: str) -> str:
    return re.sub(r"\bwhats\b", "what's", folded(text)[0].strip().rstrip("?？。.!！ "))


def _clock(question: str, context: Context) -> str:
    place = places.find(question)
    if place is not None:
        return _there(*place, context.now)
    if _PLACE.search(_plain(question)):  # the person's own time would be a wrong answer
        raise SkillError(str(_NO_SUCH_PLACE))
    now = context.now
    return _("It is %(time)s, %(day)s.") % {
        "time": time_words.clock(now.time()),
        "day": time_words.day(now.date(), now.date()),
    }


def _moved(today: date, found: re.Match[str]) -> date:
    """Returns the day of 100天后 or "3 weeks ago"."""
    count = int(found[1] or found[4])
    step = _STEPS.get(found[2] or "", f"{found[5]}s")
    back = found[3] == "前" or (found[6] or "") == "ago"
    moved: date = today + relativedelta(**{step: -count if back else count})
    return moved


def _use_zone(question: str, context: Context) -> str:
    place = places.find(question)
    if place is None:
        raise SkillError(str(_NO_SUCH_PLACE))
    context.dialog.use_time_zone(place[1])
    there = context.now.astimezone(zoneinfo.ZoneInfo(place[1]))
    return _("Your times are in the zone %(zone)s now; there it is %(time)s. Reminders that you have keep theirs.") % {
        "zone": place[1],
        "time": time_words.clock(there.time()),
    }


def _there(name: str, zone: str, now: datetime) -> str:
    there = now.astimezone(zoneinfo.ZoneInfo(zone))
    return _("In %(place)s it is %(time)s, %(day)s.") % {
        "place": name[:1].upper() + name[1:],
        "time": time_words.clock(there.time()),
        "day": time_words.day(there.date(), now.date()),
    }


def _named(at: date, today: date) -> str:
    text = time_words.day(at, today)
    if at == today:
        return _("Today is %(weekday)s, %(date)s.") % {
            "weekday": time_words.weekday(at),
            "date": time_words.written(at, date.min),
        }
    return _("That is %(day)s.") % {"day": text} + _distance(at, today)


def _distance(at: date, today: date) -> str:
    count = (at - today).days
    if count > 2:
        return ngettext(" That is in %(count)s day.", " That is in %(count)s days.", count) % {"count": count}
    if count < 0:
        return ngettext(" That was %(count)s day ago.", " That was %(count)s days ago.", -count) % {"count": -count}
    return ""


def _until(at: date, today: date, name: str = "") -> str:
    count = (at - today).days
    if count < 0:
        return _named(at, today)
    if count == 0:
        return _("%(name)s is today.") % {"name": name} if name else _("That is today.")
    values = {"count": count, "day": time_words.day(at, today), "name": name}
    if name:
        return (
            ngettext(
                "%(count)s day until %(name)s, which is on %(day)s.",
                "%(count)s days until %(name)s, which is on %(day)s.",
                count,
            )
            % values
        )
    return ngettext("%(count)s day until %(day)s.", "%(count)s days until %(day)s.", count) % values


def _between(first: date, second: date, today: date) -> str:
    count = abs((second - first).days)
    values = {
        "count": count,
        "first": time_words.written(first, today),
        "second": time_words.written(second, today),
    }
    return (
        ngettext(
            "From %(first)s to %(second)s it is %(count)s day.",
            "From %(first)s to %(second)s it is %(count)s days.",
            count,
        )
        % values
    )


def _lunar(at: date, today: date) -> str:
    try:
        day = lunar.of_date(at)
    except ValueError:
        raise SkillError(_("I know the lunar calendar of the years 2000 to 2099 only.")) from None
    said = _("day %(number)s of leap month %(month)s") if day.leap else _("day %(number)s of month %(month)s")
    return _("%(day)s is %(name)s in the lunar calendar (%(said)s).") % {
        "day": time_words.day(at, today),
        "name": _chinese_name(day),
        "said": said % {"number": day.day, "month": day.month},
    }


def _chinese_name(day: lunar.LunarDay) -> str:
    """Returns the day as it is written in China: 腊月廿三."""
    ten, one = divmod(day.day - 1, 10)
    number = {10: "初十", 20: "二十", 30: "三十"}.get(day.day) or _TENS[ten] + _ONES[one + 1]
    return f"{'闰' if day.leap else ''}{_MONTHS[day.month - 1]}月{number}"
