"""Rules for parts of time expressions in English. The text is folded: lower case, straight apostrophes."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Match

from clawdbot.times import festivals, pieces, rules
from clawdbot.times.lengths import EN_LENGTH, duration, english_length
from clawdbot.times.numerals import EN as N
from clawdbot.times.numerals import MONTH_NUMBER, ORDINALS, WEEKDAYS, english, ordinal
from clawdbot.times.pieces import Clock, Count, Day, Every, Except, Lead, Offset, Part, To, Unclear, Until, Value

_WEEKDAY_NUMBER = {name[:length]: i for i, name in enumerate(WEEKDAYS) for length in (3, 99)} | {
    "tues": 1, "weds": 2, "thur": 3, "thurs": 3,
}  # fmt: skip
_FREQ = {
    "second": "SECONDLY", "sec": "SECONDLY", "minute": "MINUTELY", "min": "MINUTELY", "hour": "HOURLY", "hr": "HOURLY",
    "day": "DAILY", "week": "WEEKLY", "month": "MONTHLY", "year": "YEARLY",
}  # fmt: skip
_ADVERBS = {
    "hourly": ("HOURLY", 1), "daily": ("DAILY", 1), "weekly": ("WEEKLY", 1), "monthly": ("MONTHLY", 1),
    "yearly": ("YEARLY", 1), "annually": ("YEARLY", 1), "fortnightly": ("WEEKLY", 2), "quarterly": ("MONTHLY", 3),
    "biweekly": ("WEEKLY", 2), "bi-weekly": ("WEEKLY", 2),
}  # fmt: skip

_M = "(?:" + "|".join(sorted(MONTH_NUMBER, key=len, reverse=True)) + ")"
_W = "(?:" + "|".join(sorted(_WEEKDAY_NUMBER, key=len, reverse=True)) + ")"
_WS = rf"{_W}s?"
_AND = r"(?:,? and |, ?| & | ?/ ?| or )"
_TH = r"\d{1,2}(?:st|nd|rd|th)"
_NTH = "(?:" + "|".join((*ORDINALS, _TH)) + ")"
_EACH = "(?:every|each)"
_PART = r"(?P<part>morning|afternoon|evening|night|noon|midday|midnight|lunchtime)"
_FESTIVAL = "|".join(re.escape(name) for name in festivals.NAMES if name.isascii())
_AROUND = rf"(?:(?P<far>the (?:day|night|evening)|{N} days?|a week|{N} weeks?) (?P<side>before|after) |(?P<open>before |after ))?(?:on |at )?"
_ALONE = "(?<!next )(?<!this )(?<!last )(?<!coming )"  # "next Sunday" names a day of its own
_AM_PM = r"(?P<half>a\.?m\.?|p\.?m\.?)(?![a-z])"
_UNITS = (
    r"(?! ?(?:%|°|[$€£]|km|mph|kph|points?|places?|dollars?|euros?|pounds?|people|percent|years?|times|degrees?|meters|metres"
    r"|miles|stars?|items?|levels?|steps?|least|most|per|weeks|months|days|of the|of my)\b)(?![\d.:]*\d|st\b|nd\b|rd\b|th\b|/\d|%|°)"
)
_AT_LIST = re.compile(rf"\bat \d{{1,2}}(?::\d\d)?(?:{_AND}\d{{1,2}}(?::\d\d)?)*(?:,|,? and|,? or| &)$")
_HOURS = (
    "(?:"
    + "|".join(("twelve", "eleven", "ten", "nine", "eight", "seven", "six", "five", "four", "three", "two", "one"))
    + ")"
)


def _at(hour: int, minute: int, half: str | None = None, *, exact: bool = False) -> tuple[Value, ...]:
    if half:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of twelve")
        hour, exact = hour % 12 + (12 if half.startswith("p") else 0), True
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= 24 * 60):
        raise ValueError("no time of day")
    return (Clock(hour, minute, exact or hour == 0 or hour > 12),)


def _clock(match: Match[str]) -> tuple[Value, ...]:
    groups = match.groupdict()
    text, minute = groups["hour"], groups.get("minute")
    return _at(
        english(text),
        english(minute.replace("o", "0")) if minute else 0,
        groups.get("half"),
        exact=text.startswith("0"),
    )


def _next_clock(match: Match[str]) -> tuple[Value, ...]:
    """Reads the further hours of "at 9, 12 and 18"."""
    if not _AT_LIST.search(match.string[: match.start()]):
        raise ValueError("no list of hours")
    return _clock(match)


def _clocks(match: Match[str]) -> tuple[Value, ...]:
    """Reads "from 9 to 5pm"."""
    half = match["half"]
    if match["to_half"] and not half:  # "from 7 to 8 pm" is an hour, "from 11 to 1 pm" passes noon
        pm = match["to_half"].startswith("p") is (int(match["hour"]) % 12 < int(match["to"]) % 12)
        half = "pm" if pm else "am"
    begin = _at(int(match["hour"]), int(match["minute"] or 0), half)
    end = _at(int(match["to"]), int(match["to_minute"] or 0), match["to_half"])
    return (*begin, *(To(clock) for clock in end if isinstance(clock, Clock)))


def _around_the_hour(match: Match[str]) -> tuple[Value, ...]:
    hour, minutes = english(match["hour"]), match["minutes"]
    count = {"half": 30, "quarter": 15, "a quarter": 15}.get(minutes) or english(minutes)
    if match["side"] in ("past", "after"):
        return _at(hour, count, match["half"])
    if match["half"] and hour == 12:
        return _at(11, 60 - count, "am" if match["half"].startswith("p") else "pm")
    return _at(hour - 1 if hour > 1 else 12, 60 - count, match["half"])


def _part(name: str) -> Part:
    return Part({"midday": "noon", "lunchtime": "noon"}.get(name, name))


def _parts(match: Match[str]) -> tuple[Value, ...]:
    return (Part("night"),) if match["part"] == "night" else (_part(match["part"]),)


def _number(text: str) -> int:
    if not 1 <= (number := ordinal(text)) <= 31 and number != -1:
        raise ValueError("no day of a month")
    return number


def _around(match: Match[str], day: Day) -> tuple[Value, ...]:
    groups = match.groupdict()
    if groups.get("open"):
        return (Unclear("range"),)
    if not groups.get("far"):
        return (day,)
    count, _, unit = groups["far"].replace("the", "1").partition(" ")
    if unit in ("night", "evening"):  # the night before Christmas
        return (pieces.shifted(day, -1), Part("evening"))
    days = english(count) * (7 if unit.startswith("week") else 1)
    return (pieces.shifted(day, days if groups["side"] == "after" else -days),)


def _date(match: Match[str]) -> tuple[Value, ...]:
    month, number, year = MONTH_NUMBER[match["month"]], ordinal(match["day"]), match["year"]
    day = pieces.written(int(year) if year else None, month, number)
    if (named := match.groupdict().get("weekday")) is not None:
        day = pieces.if_weekday(day, _WEEKDAY_NUMBER[named])
    return _around(match, day)


def _weekday(match: Match[str]) -> tuple[Value, ...]:
    number, which = _WEEKDAY_NUMBER[match["day"]], match["which"] or ""
    if which.startswith("last"):
        return (pieces.relative(-1),)
    if which == "next ":
        return (pieces.next_weekday(number),)
    if match["week"]:  # Friday next week
        return (pieces.weekday(number, 1 if match["week"] == "next" else 0),)
    return (pieces.weekday(number, 0 if which == "this " else None),)


def _weekdays(text: str) -> tuple[str, ...]:
    found = [_WEEKDAY_NUMBER[name] for name in re.findall(rf"\b({_W})s?\b", text)]
    return tuple(pieces.WEEKDAYS[number] for number in dict.fromkeys(found))


def _range(match: Match[str]) -> tuple[Value, ...]:
    first, last = _WEEKDAY_NUMBER[match["first"]], _WEEKDAY_NUMBER[match["last"]]
    days = (pieces.WEEKDAYS[(first + further) % 7] for further in range((last - first) % 7 + 1))
    return (Every("WEEKLY", weekdays=tuple(days)),)


def _interval(text: str | None) -> int:
    if not text:
        return 1
    word = text.strip()
    if word in ("other", "second"):
        return 2
    count = ordinal(word) if word in ORDINALS or (word[-1] in "tdh" and word[0].isdigit()) else english(word)
    if count < 1:
        raise ValueError("no interval")
    return count


def _every(match: Match[str]) -> tuple[Value, ...]:
    unit, interval = match["unit"].rstrip("s"), _interval(match["n"])
    if match["half"]:
        return (Every("MINUTELY", 30 if unit in ("hour", "hr") else 1),)
    if unit == "quarter":
        return (Every("MONTHLY", 3 * interval),)
    if unit == "fortnight":
        return (Every("WEEKLY", 2 * interval),)
    return (Every(_FREQ[unit], interval),)


def _every_weekdays(match: Match[str]) -> tuple[Value, ...]:
    return (Every("WEEKLY", _interval(match["n"]), weekdays=_weekdays(match["days"])),)


def _every_nth(match: Match[str]) -> tuple[Value, ...]:
    return (Every("MONTHLY", weekdays=(f"{ordinal(match['nth'])}{_weekdays(match['day'])[0]}",)),)


def _monthdays(match: Match[str]) -> tuple[Value, ...]:
    numbers = (_number(text.removesuffix(" day")) for text in re.findall(rf"{_TH}|last day|first", match["days"]))
    return (Every("MONTHLY", monthdays=tuple(dict.fromkeys(numbers))),)


def _count(match: Match[str]) -> tuple[Value, ...]:
    length = english_length(match["length"])
    return (Count(days=length.days + 30 * length.months),) if length.days or length.months else ()


def _length(match: Match[str]) -> Offset:
    return english_length(match["length"])


_DAYS_LIST = rf"(?P<days>{_WS}(?:{_AND}{_WS})*)"
_TABLE: tuple[rules.Section, ...] = (
    # Leads and distances
    (r"early|earlier|ahead|advance|before|prior", (
        (
            rf"\b{EN_LENGTH} (?:early|earlier|ahead of time|ahead|in advance|beforehand|before(?:hand)?|prior)\b(?: that)?",
            lambda m: (Lead(duration(_length(m))),),
        ),
    )),
    (r"\b(?:in|after|within) (?:\d|[a-z]+[ -])", (
        (rf"\b(?:in|after|within)(?: the next)? {EN_LENGTH}(?:'s? time)?\b(?! of)", lambda m: (_length(m),)),
    )),
    (r" (?:from now|later|from today)\b", (
        (rf"\b{EN_LENGTH} (?:from now|later|from today)\b", lambda m: (_length(m),)),
    )),
    (r"timer|countdown|alarm", (
        (rf"(?:(?<=timer )|(?<=countdown )|(?<=alarm ))(?:for |in )?{EN_LENGTH}\b", lambda m: (_length(m),)),
        (rf"\b{EN_LENGTH}(?= (?:timer|countdown)\b)", lambda m: (_length(m),)),
    )),
    (r" ago\b", (
        (rf"\b(?:{EN_LENGTH} ago)\b", lambda m: (Offset(past=True),)),
    )),
    # Series
    (r"every|each|ly\b|week|work|business|month|\d(?:st|nd|rd|th)", (
        (rf"\b{_EACH} (?P<half>half[ -](?:an )?)?(?P<n>other |second |{_TH} |third |fourth |{N} )?(?P<unit>seconds?|secs?|minutes?|mins?|hours?|hrs?|days?|weeks?|months?|years?|quarters?|fortnights?)\b", _every),
        (r"\beveryday\b", lambda m: (Every("DAILY"),)),
        (rf"\b(?:{'|'.join(_ADVERBS)})\b(?! (?:standup|stand-up|meeting|report|news|bread|basis))", lambda m: (Every(*_ADVERBS[m[0]]),)),
        (rf"\b{_EACH} {_PART}\b|\bnightly\b", lambda m: (Every("DAILY"), _part(m["part"] or "night"))),
        (rf"\b(?:(?:on )?{_EACH} (?:weekday|workday|working day|work day|business day)s?|(?:on )?(?:weekdays|workdays|working days|business days))\b", lambda m: (Every("WEEKLY", weekdays=pieces.WORKDAYS),)),
        (rf"\b(?:(?:on |at )?{_EACH} weekend|(?:on |at )?weekends)\b", lambda m: (Every("WEEKLY", weekdays=pieces.WEEKEND),)),
        (rf"\b(?:on )?{_EACH} (?P<n>other |second |third |fourth )?{_DAYS_LIST}\b", _every_weekdays),
        (rf"\b(?:on )?(?:the |every |each )(?P<nth>{_NTH}) (?P<day>{_W}) (?:of|in) (?:the|every|each|a) month\b", _every_nth),
        (rf"\b{_EACH} (?P<nth>first|1st|3rd|4th|last) (?P<day>{_W})\b(?! (?:of|in))", _every_nth),
        (rf"\b{_EACH} month on the (?P<nth>{_NTH}) (?P<day>{_W})\b", _every_nth),
        (
            rf"\b(?:on )?the (?P<days>(?:last day|first|{_TH})(?:{_AND}(?:the )?(?:last day|{_TH}))*) (?:day )?(?:of|in) (?:every|each) month\b",
            _monthdays,
        ),
        (rf"\b(?:{_EACH} month|monthly) on (?:the )?(?P<days>(?:last day|first|{_TH})(?:{_AND}(?:the )?{_TH})*)\b", _monthdays),
        (rf"\bon the (?P<days>{_TH}{_AND}(?:the )?{_TH})(?: of the month)?\b(?! of| {_M})", _monthdays),
        (rf"\b{_EACH} (?P<days>{_TH}(?:{_AND}(?:the )?{_TH})*)(?: of the month)?\b(?! of {_M}| {_M}| {_W}| (?:minute|hour|day|week|month|year))", _monthdays),
        (rf"\b{_EACH} (?=(?:{_M} \d|\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_M}|(?:{_FESTIVAL})\b))", lambda m: (Every("YEARLY"),)),
    )),
    # Ends and exceptions of series
    (r"times|twice|thrice|for |until|till|up to|through|ending|except|but not|exclud|apart", (
        (rf"\b(?:except|but not|excluding|apart from)(?: on| for)? {_DAYS_LIST}\b", lambda m: (Except(_weekdays(m["days"])),)),
        (r"\b(?:except|but not|excluding)(?: on| at)?(?: the)? weekends?\b", lambda m: (Except(pieces.WEEKEND),)),
        (rf"\b(?:twice|thrice|{N} times) (?:a|per|every|each) (?:day|week|month)\b", lambda m: (Unclear("times_a_day"),)),
        (rf"\b(?:for )?(?P<times>{N}) times\b(?! as)", lambda m: (Count(times=english(m["times"])),)),
        (rf"\bfor (?:the next )?{EN_LENGTH}\b", _count),
        (r"\b(?:until|till|up to|through|ending(?: on)?)(?= )", lambda m: (Until(),)),
    )),
    # Days of the week
    (r"mon|tue|wed|thu|fri|sat|sun", (
        (rf"\b(?:{_EACH} |from )?(?P<first>{_W})s? ?(?:to|through|thru|till|until|-) ?(?P<last>{_W})s?\b", _range),
        (rf"\b(?:on )?(?P<n>)(?P<days>{'(?:' + '|'.join(WEEKDAYS) + ')'}s(?:{_AND}{_WS})*)\b", _every_weekdays),
        (rf"\b(?:on )?(?P<which>(?:this coming|coming|this|next|last) )?(?P<day>{'|'.join(WEEKDAYS)}|(?:tue|tues|thu|thur|thurs|fri)\b|(?<=on )(?:mon|wed|sat|sun)\b|(?<=next )(?:mon|wed|sat|sun)\b|(?:mon|wed|sat|sun)\b(?={_AND}{_W}\b)|(?<=(?:mon|tue|wed|thu|fri|sat), )(?:mon|wed|sat|sun)\b|(?<=(?:mon|tue|wed|thu|fri|sat) and )(?:mon|wed|sat|sun)\b|(?<=(?:mon|tue|wed|thu|fri|sat), and )(?:mon|wed|sat|sun)\b)(?: (?P<week>this|next) week)?\b", _weekday),
        (rf"\b(?P<week>next|this) week(?: on)? (?P<which>)(?P<day>{'|'.join(WEEKDAYS)})\b", _weekday),
    )),
    # Dates
    (r"\b" + _M + r"|\d(?:st|nd|rd|th)|month|year", (
        (rf"\b{_AROUND}(?:{_ALONE}(?P<weekday>{_W}),? )?(?P<month>{_M})\.? (?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?!:|\.\d)(?! (?:miles|km|people|points|a\.?m|p\.?m))(?:,? (?P<year>20\d\d)\b)?", _date),
        (rf"\b{_AROUND}(?:{_ALONE}(?P<weekday>{_W}),? )?(?:the )?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<month>{_M})\b\.?(?:,? (?P<year>20\d\d)\b)?", _date),
        (rf"\b(?:on )?{_ALONE}(?P<weekday>{_W}),? (?:the )?(?P<day>{_TH})\b(?! of| {_M})", lambda m: (pieces.weekday_at(_WEEKDAY_NUMBER[m["weekday"]], _number(m["day"])),)),
        (rf"\bthe (?P<day>{_TH})(?= at \d|[,.;!?]|$)", lambda m: (pieces.of_month(None, _number(m["day"])),)),
        (rf"\b(?:on |by )the (?P<day>{_TH})\b(?! (?:floor|place|of|time|attempt|day|grade|row|page))(?: of the month\b)?", lambda m: (pieces.of_month(None, _number(m["day"])),)),
        (r"\bthe (?P<day>\d{1,2}(?:st|nd|rd|th)) of (?P<which>this|next) month\b", lambda m: (pieces.of_month(int(m["which"] == "next"), _number(m["day"])),)),
        (rf"\b(?P<which>next|this) month(?: on)? the (?P<day>{_TH})\b", lambda m: (pieces.of_month(int(m["which"] == "next"), _number(m["day"])),)),
        (rf"\b(?:(?:at |by )?the )?(?:end|last day) of (?:the |this )?(?:month|(?P<next>next month)|(?P<month>{_M}))\b", lambda m: (
            pieces.of_named_month(MONTH_NUMBER[m["month"]], -1) if m["month"] else pieces.of_month(1 if m["next"] else None, -1),)),
        (r"\b(?:(?:at |on )?the )?(?:start|beginning|first(?: day)?) of (?:next|the) month\b", lambda m: (pieces.of_month(1, 1),)),
        (r"\b(?:(?:at |by )?the )?end of (?:the |this )?year\b|\byear end\b", lambda m: (pieces.of_year(0, 12, 31),)),
    )),
    # Festivals
    (rf"\b(?:{_FESTIVAL})", (
        (rf"\b{_AROUND}(?P<next>next )?(?P<name>{_FESTIVAL})\b(?! (?:card|tree|song|gift|present|shopping|party|carol|resolution)s?\b)", lambda m: _around(m, pieces.festival(m["name"]))),
    )),
    # Days
    (r"day|night|tonite|morning|afternoon|evening|morrow|morow|tmr|weekend", (
        (r"\b(?:the day before yesterday|yesterday|last night)\b", lambda m: (pieces.relative(-1),)),
        (r"\btoday\b", lambda m: (pieces.relative(0),)),
        (r"\b(?:tonight|tonite)\b", lambda m: (pieces.relative(0), Part("night"))),
        (r"\bthis (?P<part>morning|afternoon|evening)\b", lambda m: (pieces.relative(0), Part(m["part"]))),
        (r"\b(?:tomorrow|tmrw|tmr|tomorow|tommorow)\b", lambda m: (pieces.relative(1),)),
        (r"\b(?:the )?day after tomorrow\b|(?<=tomorrow and )the day after\b", lambda m: (pieces.relative(2),)),
        (r"\b(?:on |at )?(?:the |this |next )?weekend\b", lambda m: (pieces.weekend(1 if "next" in m[0] else None),)),
    )),
    # Hours
    (r"\d|\b(?:at|by|around|about) |\b(?:eod|cob|end of|close of)|o'?clock|past|quarter|half|noon|mid|lunch|morning|afternoon|evening|night|[ap]\.?m\b| to ", (
        (rf"\b(?:(?:at|by|around|about|@) ?)?(?P<hour>\d{{1,2}})(?:[:.h](?P<minute>[0-5]\d))? ?{_AM_PM}", _clock),
        (rf"(?:(?<=tonight )|(?<=tomorrow )|(?<=today )|\bat )(?P<hour>[01]?\d|2[0-3])(?P<minute>[0-5]\d)\b{_UNITS}", _clock),
        (r"(?<![\d:.,/-])(?:\b(?:at|by|around|about|@) ?)?(?P<hour>\d{1,2}):(?P<minute>[0-5]\d)(?![\d:])", _clock),
        (rf"(?:\b(?:at|by|around|about)|@) ?(?P<hour>\d{{1,2}})(?:[.h](?P<minute>[0-5]\d))?(?: ?o'?clock)?{_UNITS}(?! ?{_M}\b)", _clock),
        (rf"(?<=[,dr&]) (?P<hour>\d{{1,2}})(?::(?P<minute>[0-5]\d))?(?![\d:/-])(?! ?[ap]\.?m){_UNITS}(?! ?{_M}\b)", _next_clock),
        (rf"\b(?:at |by |around )?(?P<hour>\d{{1,2}}|{_HOURS}) ?o'?clock\b", _clock),
        (
            rf"\b(?:from|between) (?P<hour>\d{{1,2}})(?::(?P<minute>[0-5]\d))? ?(?P<half>[ap]\.?m\.?)? ?(?:to|until|till|and|-) ?"
            rf"(?P<to>\d{{1,2}})(?::(?P<to_minute>[0-5]\d))? ?(?P<to_half>[ap]\.?m\.?)?(?![a-z\d:]){_UNITS}(?! ?{_M}\b)",
            _clocks,
        ),
        (rf"\b(?:at |by )?(?P<hour>\d{{1,2}}|{_HOURS})(?:[:.](?P<minute>[0-5]\d))? (?:in the|at) (?P<part>morning|afternoon|evening|night)\b", lambda m: (
            *_clock(m), _part(m["part"]))),
        (rf"\b(?:at|by|around) (?P<hour>{_HOURS})(?: (?P<minute>thirty|fifteen|forty-five|forty five|twenty|ten))?(?: {_AM_PM})?\b{_UNITS}(?! (?:point|more|another))", _clock),
        (rf"\b(?:at |by )?(?P<hour>{_HOURS}) ?{_AM_PM}", _clock),
        (rf"\b(?:in the|during the) {_PART}\b", _parts),
        (rf"(?:(?<=tomorrow )|(?<=day )|(?<=today )){_PART}\b", _parts),
        (r"\b(?:by |at |before )?(?:the )?(?:eod|cob|end of (?:the )?(?:business |work(?:ing)? ?)?day|close of business)\b(?! of)", lambda m: (Clock(17, exact=True),)),
        (r"\b(?:at |around |about )?noon-?ish\b|\bat lunch(?: ?time)?\b", lambda m: (Part("noon"),)),
        (r"\b(?:at )?(?P<part>noon|midday|midnight|lunchtime|night(?=$|[,.!?]| (?:to|i|please|remind)))\b(?<!good night)(?<!the night)(?<!last night)", _parts),
    )),
    (r" (?:past|after|to) ", (
        (rf"\b(?:at |by )?(?P<minutes>half|a quarter|quarter|{N}(?= minutes?)|5|10|15|20|25|five|ten|twenty|twenty-five|twenty five)(?: minutes?)? (?P<side>past|after|to) (?P<hour>1[0-2]|[1-9]|{_HOURS})\b(?: ?{_AM_PM})?(?! ?(?:%|people|\d))", _around_the_hour),
    )),
    # No time
    (r"later|in a |some|soon|another|one of|next|this", (
        (
            r"(?<!see you )(?<!talk to you )(?<!catch you )(?<!sooner or )(?<!than )(?<!no )\b(?:later(?: today| tonight)?(?! than)|in a (?:bit|while|moment|little while|sec)|sometime|some ?day"
            r"|some other time|in a few (?:seconds|minutes|hours|days|weeks)|(?<!as )soon(?! as)|another time|one of these days)\b",
            lambda m: (Unclear("vague"),),
        ),
        (rf"\b(?:next|this) (?:week|month|year)\b|\bnext {_M}\b", lambda m: (Unclear("range"),)),
    )),
)  # fmt: skip


@lru_cache(maxsize=1)
def sections() -> rules.Compiled:
    """Returns the rules; they are compiled at the first text, which takes 0.05 s."""
    return rules.compiled(_TABLE)
