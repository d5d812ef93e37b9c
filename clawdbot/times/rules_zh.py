"""Rules for parts of time expressions in Chinese. The text is folded: simplified, narrow digits."""

from __future__ import annotations

import re
from functools import lru_cache
from re import Match

from clawdbot.times import festivals, pieces, rules
from clawdbot.times.lengths import ZH_LENGTH, chinese_length, duration
from clawdbot.times.numerals import ZH as N
from clawdbot.times.numerals import ZH_WEEKDAYS, chinese
from clawdbot.times.pieces import Clock, Count, Day, Every, Except, Lead, Offset, Part, Unclear, Until, Value

_DAY_SHIFT = {
    "大前天": -3, "前天": -2, "前晚": -2, "昨天": -1, "昨日": -1, "昨晚": -1, "昨夜": -1, "今天": 0, "今日": 0,
    "今儿": 0, "今早": 0, "今晨": 0, "今晚": 0, "今夜": 0, "明天": 1, "明日": 1, "明儿": 1, "明早": 1, "明晨": 1,
    "明晚": 1, "明夜": 1, "后天": 2, "后日": 2, "后晚": 2, "大后天": 3,
}  # fmt: skip
_DAY_END = {"早": "morning", "晨": "morning", "晚": "evening", "夜": "night"}
_PARTS = {
    "凌晨": "dawn", "半夜": "dawn", "深夜": "night", "清晨": "morning", "清早": "morning", "大清早": "morning",
    "早晨": "morning", "早上": "morning", "上午": "forenoon", "中午": "noon", "正午": "noon",
    "下午": "afternoon", "午后": "afternoon", "傍晚": "evening", "晚上": "evening", "晚间": "evening",
    "夜里": "night", "夜间": "night", "夜晚": "evening", "午夜": "midnight",
}  # fmt: skip
_YEARS = {"今年": 0, "本年": 0, "明年": 1, "来年": 1, "后年": 2, "去年": -1, "前年": -2}
_SHIFTS = {"上上": -2, "上": -1, "这": 0, "本": 0, "下": 1, "下下": 2}
_FREQ = {
    "秒": "SECONDLY", "秒钟": "SECONDLY", "分钟": "MINUTELY", "小时": "HOURLY", "钟头": "HOURLY", "天": "DAILY",
    "日": "DAILY", "周": "WEEKLY", "星期": "WEEKLY", "礼拜": "WEEKLY", "月": "MONTHLY", "年": "YEARLY",
}  # fmt: skip
_SHORT = ("SECONDLY", "MINUTELY", "HOURLY")

_W = r"(?:周|星期|礼拜)"
_D = r"[一二三四五六日天]"
_AND = r"(?:[、,，和及与跟 ]|以及)*"
_WHICH = r"(?P<which>上上|下下|上|下|这|本)个?"
_YEAR = "|".join(_YEARS)
_PART = "|".join(sorted(_PARTS, key=len, reverse=True))
_SHIFTED = "|".join(sorted(_DAY_SHIFT, key=len, reverse=True))
_FESTIVAL = "|".join(name for name in festivals.NAMES if not name.isascii())
_AROUND = rf"(?:的?(?:当天|那天)|(?:的|之)?(?P<side>前|后)(?:(?P<eve>夕|夜|一天|一晚|一日)|(?P<far>{N})(?P<unit>天|周|个?星期))|(?P<open>(?:之|以)?[前后](?![天面边])))?"
"""What moves a day: 春节前一天, 国庆后三天."""
_HOUR = (
    r"(?P<hour>\d{1,2}|十[一二三四五六七八九]?|二十[一二三四]?|[零二两三四五六七八九]"
    # 一点 is more often "a little" than one o'clock.
    r"|(?<![有快早晚差大小多少好慢高低近远吃喝学懂会要来给加放省])一"
    r"(?=点(?:[钟整半过零一三二四五十\d提叫喊开去来到在出吃]|[,，。 ]|$)))"
)
_MINUTE = (
    r"(?:整|正|(?P<half>半)|(?P<quarter>[一三])刻钟?"
    r"|过?(?P<minute>\d{1,2}|[二三四五]?十[一二三四五六七八九]?|零[一二三四五六七八九\d]|[一二三四五六七八九](?=分(?!钟)))(?:分(?!钟)|(?![\d个人次天号月元块本张位条岁名页度万千年分])))?"
)
# After a weekday an hour may follow without a gap (周三三点); after other numerals it is part of one number.
_BEFORE_HOUR = (
    rf"(?:(?<={'[周期拜]' + _D})|(?<![第\d.:零一二三四五六七八九十两百有几这那同提讲说])"
    r"(?<!以下)(?<!如下)(?<!注意)(?<!强调)(?<!补充)(?<!给我)(?<!总结))"
)
_AFTER_HOUR = (
    r"(?!建议|意见|理由|要求|原因|想法|看法|问题|内容|思考|方面|心得|感想|提示|注意|结论|说明|好处|不足|共识|希望|启示|区别"
    r"|优点|缺点|体会|感受|疑问|补充|收获|分析|经验|变化|用|儿|也|都|点|个|不|没|多|几|零食|水果|东西|之间|一线)"
)
_VAGUE = (
    r"(?:(?:稍|再)?等|待|(?:再)?过)(?:一)?(?:会儿?|阵子?|下儿?)|一会儿?(?=(?:再|之后|后|提醒|叫|喊|通知))|稍后|稍候|回头|改天|改日"
    r"|晚些时候|晚一?点儿?(?=再|提醒|叫|喊|通知)|过几天|过两天|过段时间|过些天|几天后|几分钟后|几个?小时后|有空的?时候|以后再"
)


def _day(match: Match[str]) -> tuple[Value, ...]:
    part = _DAY_END.get(match[0][-1])
    return (pieces.relative(_DAY_SHIFT[match[0]]), *((Part(part),) if part else ()))


def _around(match: Match[str], day: Day) -> tuple[Value, ...]:
    if match["open"]:  # 春节前 alone is any day before it
        return (Unclear("range"),)
    if not match["side"]:
        return (day,)
    days = 1 if match["eve"] else chinese(match["far"]) * (1 if match["unit"] == "天" else 7)
    return (pieces.shifted(day, days if match["side"] == "后" else -days),)


def _clock(match: Match[str]) -> tuple[Value, ...]:
    hour = chinese(match["hour"])
    minute = 15 * chinese(match["quarter"]) if match["quarter"] else 30 if match["half"] else 0
    minute = chinese(match["minute"]) if match["minute"] else minute
    return _at(hour, minute, exact=hour == 0 or hour > 12 or match["hour"].startswith("0"))


def _before_the_hour(match: Match[str]) -> tuple[Value, ...]:
    early, hour = 15 if match[1] == "一刻" else chinese(match[1].removesuffix("分")), chinese(match[2])
    return _at(hour - 1, 60 - early, exact=hour > 13)


def _at(hour: int, minute: int, *, exact: bool) -> tuple[Value, ...]:
    if not (0 <= hour <= 24 and 0 <= minute < 60 and hour * 60 + minute <= 24 * 60):
        raise ValueError("no time of day")
    return (Clock(hour, minute, exact),)


def _weekday(text: str) -> int:
    return ZH_WEEKDAYS.index(text.replace("天", "日"))


def _weekdays(text: str) -> tuple[str, ...]:
    found = re.findall(_D, re.sub("星期|礼拜", "", text))
    return tuple(pieces.WEEKDAYS[number] for number in dict.fromkeys(map(_weekday, found)))


def _number(text: str) -> int:
    if not 1 <= (number := chinese(text)) <= 31:
        raise ValueError("no day of a month")
    return number


def _month(text: str) -> int:
    if not 1 <= (month := chinese(text)) <= 12:
        raise ValueError("no month")
    return month


def _date(match: Match[str]) -> tuple[Value, ...]:
    month, number, year = _month(match["month"]), chinese(match["day"]), match["year"]
    if year in _YEARS:
        return _around(match, pieces.of_year(_YEARS[year], month, number))
    return _around(match, pieces.written(int(year[:4]) if year else None, month, number))


def _lunar(match: Match[str]) -> tuple[Value, ...]:
    month = {"正": 1, "冬": 11, "腊": 12}.get(match["month"]) or _month(match["month"])
    return (pieces.lunar_date(month, _number(match["day"])),)


def _festival(match: Match[str]) -> tuple[Value, ...]:
    year = match["year"] or ""
    years = _YEARS.get(year)
    number = int(year[:4]) if year and years is None else None
    return _around(match, pieces.festival(match["name"], years, number))


def _edge(match: Match[str]) -> tuple[Value, ...]:
    number = 1 if match["edge"] == "初" else -1
    if match["month"]:
        return (pieces.of_named_month(_month(match["month"]), number),)
    return (pieces.of_month(_SHIFTS[match["which"]] if match["which"] else None, number),)


def _range(match: Match[str]) -> tuple[Value, ...]:
    first, last = _weekday(match["first"]), _weekday(match["last"])
    days = (pieces.WEEKDAYS[(first + further) % 7] for further in range((last - first) % 7 + 1))
    return (Every("WEEKLY", weekdays=tuple(days)),)


def _every(match: Match[str]) -> tuple[Value, ...]:
    unit = match["unit"]
    if match["half"]:
        return (Every("MINUTELY", 30),)
    count = chinese(match["n"]) if match["n"] else 1
    if count < 1:
        raise ValueError("no interval")
    if unit == "刻钟":
        return (Every("MINUTELY", 15 * count),)
    if unit == "季度":
        return (Every("MONTHLY", 3 * count),)
    freq = _FREQ[unit]
    if match["apart"] and freq not in _SHORT:
        # The text leaves open whether the first day counts: 每隔两天 is every second or every third day.
        return (Every(freq, count + 1, other=count if count > 1 else 0),)
    return (Every(freq, count),)


def _every_week(match: Match[str]) -> tuple[Value, ...]:
    interval = 2 if match["apart"] else chinese(match["n"]) if match["n"] else 1
    return (Every("WEEKLY", interval, weekdays=_weekdays(match["days"])),)


def _every_month(match: Match[str]) -> tuple[Value, ...]:
    days, interval = match["days"], chinese(match["n"]) if match["n"] else 1
    if nth := re.search(rf"(?:第({N})|最后一?)个?{_W}({_D})", days):
        count = chinese(nth[1]) if nth[1] else -1
        return (Every("MONTHLY", interval, weekdays=(f"{count}{_weekdays(nth[2])[0]}",)),)
    if re.search("最后|底|末", days):
        return (Every("MONTHLY", interval, monthdays=(-1,)),)
    if re.search("初|第一天|头一天", days):
        return (Every("MONTHLY", interval, monthdays=(1,)),)
    return (Every("MONTHLY", interval, monthdays=tuple(dict.fromkeys(_number(n) for n in re.findall(N, days)))),)


def _count(match: Match[str]) -> tuple[Value, ...]:
    length = chinese_length(match["length"])
    return (Count(days=length.days + 30 * length.months),)


def _length(match: Match[str]) -> Offset:
    return chinese_length(match["length"])


_MONTHDAYS = rf"{N}[号日]?(?:{_AND}{N}[号日])*(?<=[号日])"
_TABLE: tuple[rules.Section, ...] = (
    # Leads and distances
    (r"提[前早]|早.{1,8}(?:提醒|叫|通知|喊)|前[一二两三四五六七八九十半\\d]", (
        (rf"(?:提前|提早){ZH_LENGTH}(?=(?:就|再|来)?)", lambda m: (Lead(duration(_length(m))),)),
        (rf"(?<=[点分半刻整会课班车]|议)(?:开始)?(?:之前|以前|前){ZH_LENGTH}", lambda m: (Lead(duration(_length(m))),)),
        (rf"早{ZH_LENGTH}(?=提醒|叫|通知|喊)", lambda m: (Lead(duration(_length(m))),)),
    )),
    ("后", (
        (rf"(?:再过|过|再)?{ZH_LENGTH}(?:之后|以后|过后|后)(?!天)(?:的今天)?", lambda m: (_length(m),)),
    )),
    (r"[过等][一二两俩三四五六七八九十半\\d]", (
        (rf"(?:再过|过|再等|等){ZH_LENGTH}", lambda m: (_length(m),)),
    )),
    ("计时|闹钟", (
        (rf"{ZH_LENGTH}(?=的?(?:倒计时|计时|闹钟))", lambda m: (_length(m),)),
    )),
    (r"[秒分钟时天日周期拜月年头半][之以]?前", (
        (rf"{ZH_LENGTH}(?:之前|以前|前)(?!提醒|叫|通知)", lambda m: (Offset(past=True),)),
    )),
    # Series
    ("每|隔|天天|工作日|[周期拜]", (
        (rf"每(?P<apart>隔)?逢?个?(?P<half>半)?(?P<n>{N})?个?(?P<unit>秒钟|秒|分钟|刻钟|小时|钟头|天|日|星期|礼拜|周|月|年|季度)", _every),
        (rf"(?<!每)(?P<apart>隔)(?P<half>)(?P<n>{N})?个?(?P<unit>天|日|周|星期|月)", _every),
        (r"天天(?!向上)", lambda m: (Every("DAILY"),)),
        (rf"每个?({_PART}|早|晚)(?![饭餐会点])", lambda m: (Every("DAILY"), Part(_PARTS.get(m[1]) or _DAY_END[m[1]]))),
        (r"(?:每个?|所有)?工作日(?:每天|都)?", lambda m: (Every("WEEKLY", weekdays=pieces.WORKDAYS),)),
        (rf"每逢?个?{_W}末|(?<![这本下上个]){_W}末(?=每天|都)", lambda m: (Every("WEEKLY", weekdays=pieces.WEEKEND),)),
        (rf"(?:每个?)?(?<![这本下上个]){_W}(?P<first>{_D})(?:到|至|-|~)(?:每?{_W})?(?P<last>{_D})(?:每天|都)?", _range),
        (
            rf"(?:每逢?(?P<n>[两二三四])?个?|(?P<apart>每?隔一?个?)){_W}的?{_W}?(?P<days>{_D}(?:{_AND}(?:每?{_W})?{_D}(?![点个十]))*)",
            _every_week,
        ),
        (
            rf"每(?P<n>[两二三四六])?个?月的?"
            rf"(?P<days>第{N}个{_W}{_D}|最后一?个{_W}{_D}|最后一[天日]|月?底|月?末|月?初|第一天|头一天|{_MONTHDAYS})",
            _every_month,
        ),
    )),
    # Ends and exceptions of series
    ("除|次|连续|持续|接下来|未来|直到|截|到", (
        (rf"除了?每?个?{_W}(?P<days>{_D}(?:{_AND}{_W}?{_D})*)(?:以外|之外|外)?", lambda m: (Except(_weekdays(m["days"])),)),
        (rf"除了?{_W}末(?:以外|之外|外)?", lambda m: (Except(pieces.WEEKEND),)),
        (rf"(?:每天|每日|一天|每周)(?:都|要)?(?:提醒我?|叫我?|吃|喝)?{N}次", lambda m: (Unclear("times_a_day"),)),
        (rf"(?:一?共|总共|重复|只)(?:提醒)?({N})次", lambda m: (Count(times=chinese(m[1])),)),
        (rf"(?:连续|持续|接下来的?|未来){ZH_LENGTH}", _count),
        (r"一?直到|截止到?|截至|持续到|到(?=.{1,12}为止)|(?<=[我,， ])到(?=\d|今|明|年底|月底)", lambda m: (Until(),)),
    )),
    # Days
    ("[天日儿早晨晚夜今明周期拜]", (
        (rf"{_SHIFTED}", _day),
        (r"(?:去年|前年)的?今[天日]", lambda m: (pieces.relative(-1),)),
        (rf"([今明后])(?={_PART})", lambda m: (pieces.relative("今明后".index(m[1])),)),
        (rf"{_WHICH}{_W}的?{_W}?({_D})", lambda m: (pieces.weekday(_weekday(m[2]), _SHIFTS[m["which"]]),)),
        (rf"(?:(?<=[周期拜]{_D})|(?<![每这本下上个隔一二三四五六七八九十两几\d])){_W}({_D})", lambda m: (pieces.weekday(_weekday(m[1]), None),)),
        (rf"(?:{_WHICH})?(?<!每){_W}末", lambda m: (pieces.weekend(_SHIFTS[m["which"]] if m["which"] else None),)),
    )),
    # Dates
    ("[月号年]", (
        (
            rf"(?P<year>\d{{4}}年|{_YEAR})?的?(?P<month>{N})月份?(?P<day>{N})(?:[日号]|(?![\d个人次天度万千元块])){_AROUND}",
            _date,
        ),
        (rf"{_WHICH}月的?(?P<day>{N})[日号]", lambda m: (pieces.of_month(_SHIFTS[m["which"]], _number(m["day"])),)),
        (
            rf"(?<![第月\d零一二三四五六七八九十两年每周])({N})号(?![楼线房门店桌机码院馆台车公位选柜库文口球站])",
            lambda m: (pieces.of_month(None, _number(m[1])),),
        ),
        (rf"(?:{_WHICH})?(?:(?P<month>{N})月份?|月)的?(?:(?P<edge>底|末|初)|最后一[天日])(?![一二三四五六七八九十])", _edge),
        (rf"(?:农历|阴历)的?(?P<month>正|腊|冬|{N})月初?(?P<day>{N})", _lunar),
        (rf"(?P<month>正|腊)月初?(?P<day>{N})", _lunar),
    )),
    ("年[底末]", (
        (rf"(?P<year>{_YEAR})?年[底末]|(?P<this>今|明|后)年[底末]", lambda m: (
            pieces.of_year("今明后".find((m["this"] or m["year"] or "今")[0]), 12, 31),)),
    )),
    # Festivals
    (_FESTIVAL, (
        (rf"(?:(?P<year>{_YEAR}|20\d\d年)的?)?(?P<name>{_FESTIVAL})(?![快礼活档])(?:假期|长假|放?假(?=前))?{_AROUND}", _festival),
    )),
    # Hours
    ("[点时晨夜早午傍晚]", (
        (rf"(?:{_PART})(?!茶)", lambda m: (Part(_PARTS[m[0]]),)),
        (r"[早晚](?=(?:\d{1,2}|十[一二]?|[二两三四五六七八九])点|一点[钟半整])", lambda m: (Part(_DAY_END[m[0]]),)),
        (rf"{_BEFORE_HOUR}{_HOUR}(?:点钟?|时(?=[整\d零一二三四五,，。、 提叫喊开]|$)){_MINUTE}{_AFTER_HOUR}", _clock),
        (rf"差(一刻|{N}分)钟?到?({N})点", _before_the_hour),
    )),
    # No time
    ("[会阵下稍回改晚过后空再这本上今明]", (
        (_VAGUE, lambda m: (Unclear("vague"),)),
        (rf"{_WHICH}(?:{_W}|月)|今年|明年|后年", lambda m: (Unclear("range"),)),
    )),
)  # fmt: skip


@lru_cache(maxsize=1)
def sections() -> rules.Compiled:
    """Returns the rules; they are compiled at the first text, which takes 0.05 s."""
    return rules.compiled(_TABLE)
