"""Rules for Chinese."""

from __future__ import annotations

import re

from memory.consolidation.claims import ENDED
from memory.consolidation.rule import Rule, rule

_RELATIVE = (
    r"姐姐|妹妹|哥哥|弟弟|妈妈|母亲|爸爸|父亲|老婆|妻子|太太|老公|丈夫|先生|女朋友|男朋友|对象|儿子|女儿|爷爷|奶奶|外公|外婆"
    r"|姥姥|姥爷|老板|妈|爸|姐|妹|哥|弟"
)
_S = rf"(?<![你他她它和跟给对让叫问])(?:我|咱)(?:们一家|们家|们俩|们|俩|家)?(?:的)?(?:新|现任)?(?P<r>{_RELATIVE})?"
_NOW = r"(?:现在|如今|又|又|才|上上周|这周|前不久|不久前|前几天|前阵子|年初|年底|昨晚|正式|重新|目前|一直|已经|已|还是|还|也|都|刚刚|刚|最近|终于|今年|去年|前年|今天|昨天|前天|上个?月|上周|上个?星期|这个月|\d{4}年|[\d一二三四五六七八九十]+月份?)*"
_PET = r"猫咪|小猫|小狗|狗狗|猫|狗|兔子|仓鼠|鹦鹉|乌龟|金鱼|鸟"
_V = r"(?P<v>[^，。！？；、：,.!?;:\s（）()]{1,16})"

_DOUBT = re.compile(
    r"[?？]\s*$|吗[。！]?\s*$|呢[。！]?\s*$|什么|哪里|哪儿|哪个|谁|怎么|为什么|是不是|会不会|要不要|如果|要是|假如|假设|想象"
    r"|[他她它](?:们)?[说讲问]|可能|也许|或许|大概|希望|但愿|打算|[说问讲]过?[：:]|听说|据说|开玩笑|比如|例如|以前|曾经|原来|[“”\"「」]"
)
_TAIL = re.compile(
    r"(?:了|啦|呢|啊|呀|吧|哦|哈|的|附近|那边|这边|这里|那里|已经|一段时间|很久|好久|很多年|[一二三四五六七八九十两几\d]+年)+$"
)
_PRONOUN = re.compile(r"^(?:的|你|您|他|她|它|这|那|我|自己|大家|别人|上(?:了)?(?:你|他|她)|跟|和|被|听你|把)")
_LIST = re.compile(r"[、和跟与及]|以及|还有")
# What one moves to and is no place to live: rooms, programs, services.
_NO_HOME = (
    r"书房|客厅|卧室|厨房|阳台|办公室|工位|会议室|教室|仓库|车库|地下室|桌|柜|架|箱|床|云|网盘|服务器|机房|硬盘|数据库|平台|系统|群|微信|钉钉|飞书"
    r"|抖音|知乎|微博|快手|小红书|公众号|频道|账号|手机|电脑|平板|苹果|安卓|华为|小米|文件夹|目录|分支|版本|部门|小组|项目|下周|明天|后天|周[一二三四五六日]"
    r"|星期|月球|火星|梦里|天堂|地狱|[A-Za-z]{2,}|救兵|石头"
)
_NO_PLACE = re.compile(
    rf"{_NO_HOME}|"
    r"家里|学校|公司|宿舍|酒店|医院|外面|一起|楼|隔壁|这|那|哪|新家|新房|心里|一个|自己"
)


# 叫 is also "to order", "to cry" and "to be told": a name is short and begins with none of these.
_NO_NAME = re.compile(
    r"^(?:[了个得着过起声不没醒唤到去嚷喊人一半整两几三很太真好苦累停救车出滴代外快跑服客师警救家早睡吃喝做回下开关干别这那啥什谁怎多少]|上来|上去)"
    r"|外卖|起床|吃饭|一声|不停|起来|晚上|快递|跑腿|出租|滴滴|代驾|救护|服务员|保安|闹钟|名字|的$|时候|大家|别人|同事|朋友$|过来|回来|出来|出去"
)
# Who is told to call the person so: only what looks like a name counts, because 叫我 also asks for something.
_LIKE_A_NAME = re.compile(
    r"^(?:[小阿老大]\w{1,2}|(\w)\1|[A-Za-z][\w .'-]{0,15}|[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜戚谢邹苏潘葛范彭郎鲁韦马苗方俞任袁柳"
    r"史唐费薛雷贺倪汤罗毕郝安常于傅康余顾孟黄穆萧尹姚邵汪毛米戴宋庞熊纪舒屈项祝董梁杜阮蓝贾江童郭梅盛林钟徐邱骆高夏蔡田樊胡霍万卢莫房丁邓洪包左石"
    r"崔龚程邢裴陆荣翁甄封储靳段巫焦谷侯全班秋仲宫宁甘祖武符刘景詹龙叶司黎薄白蒲台鄂卓池乔闻翟谭姬申冉桑桂牛燕尚温庄晏瞿习容向古易慎廖耿匡文寇广欧沃利蔚"
    r"聂晁敖冷辛简饶曾关相查红游权岳帅覃齐路成]\w{1,3}|\w{1,3}(?:哥|姐|叔|姨|总|老师|同学|先生|女士|医生|师傅))$"
)
_NO_COMPANY = re.compile(r"^(?:家|外面|外地|国外|一个|一家|这|那|哪|新公司|公司|老家|海边|咖啡馆|图书馆|明天|下周|楼)")
_NO_ORIGIN = re.compile(
    r"[的个你您他她我这那]|^(?:[好坏男女大小老病客主名路工军商诗机器外本别普正常聪穷富懒忙单过内年成有没急慢爱直俗俗妙能强弱局圈知当候负责发证保合投]|夜猫|早起|明白|性情|老实|诚实|可怜|幸运|普通|正常)"
)


def is_doubtful(sentence: str) -> bool:
    """Tells whether a sentence asks, wishes, supposes or reports what others said."""
    return bool(_DOUBT.search(sentence))


def subject(match: re.Match[str]) -> tuple[str, str]:
    """Returns the relation ("" for the speaker) and "", because Chinese puts no name next to it."""
    return match.groupdict().get("r") or "", ""


def called(relation: str, name: str, speaker: str) -> str:
    """Returns the subject of the sentence to recall."""
    own = speaker or "对方"
    return f"{own}的{relation}" if relation else own


def possessive(who: str) -> str:
    return f"{who}的"


def is_several(relation: str) -> bool:
    """Returns False: every relation in `_RELATIVE` identifies one person."""
    return False


def _trim(text: str) -> str:
    return _TAIL.sub("", text.strip())


def _place(text: str) -> list[str]:
    value = _trim(re.split(r"工作|上班|上学|读书|生活|定居|居住|住|开始|做|当", text, maxsplit=1)[0])
    return [value] if 2 <= len(value) <= 12 and not _NO_PLACE.search(value) else []


def is_place(text: str) -> bool:
    """Tells whether a value can be where somebody lives or comes from."""
    return bool(_place(text))


def is_no_name(text: str) -> bool:
    """Tells whether what stands behind 叫 is no name: 叫外卖, 叫醒."""
    return bool(_NO_NAME.search(text) or _PRONOUN.match(text))


def is_like_a_name(text: str) -> bool:
    """Tells whether a word looks like a name by itself: 小王, 李明, 张老师, Tom."""
    return bool(_LIKE_A_NAME.match(text)) and not _NO_NAME.search(text)


def _thing(text: str) -> list[str]:
    value = _trim(text)
    return [value] if 1 <= len(value) <= 12 and not _PRONOUN.match(value) else []


def _things(text: str) -> list[str]:
    return [value for part in _LIST.split(text) for value in _thing(part)]


def _name(text: str) -> list[str]:
    value = _trim(text)
    fits = 1 <= len(value) <= 8 and not _PRONOUN.match(value) and not _NO_NAME.search(text.strip())
    return [value] if fits else []


def _nickname(text: str) -> list[str]:
    value = re.sub(r"(?:就行|就好|就可以|好了|吧|即可)+$", "", _trim(text))
    return [value] if _LIKE_A_NAME.match(value) and not _NO_NAME.search(value) else []


def _origin(text: str) -> list[str]:
    return [] if _NO_ORIGIN.search(text) else _place(text)


def _company(text: str) -> list[str]:
    value = re.sub(r"(?:上班|工作|任职|报到|做|当)$", "", _trim(text))
    return [value] if 2 <= len(value) <= 14 and not _PRONOUN.match(value) and not _NO_COMPANY.search(value) else []


def _date(text: str) -> list[str]:
    value = _trim(text)
    return [value] if re.search(r"[\d一二三四五六七八九十]", value) else []


RULES: tuple[Rule, ...] = (
    rule(rf"{_S}{_NOW}(?:从[^，。,\s]{{1,10}}?)?搬(?:家)?(?:到|去|来|回)了?{_V}", "home", "{s}住在{v}", _place),
    rule(rf"{_S}{_NOW}(?:居?住在|定居在){_V}", "home", "{s}住在{v}", _place),
    rule(rf"我(?!的?(?:{_RELATIVE}|朋友|同事|室友|邻居))[^。！？他她它你]{{1,20}}[，,]{_NOW}(?:居?住在|住到|搬[到去]){_V}", "home", "{s}住在{v}", _place),
    rule(rf"{_S}{_NOW}在(?P<v>[^，。！？；、,.\s]{{2,10}}?)(?:定居|生活)", "home", "{s}住在{v}", _place),
    rule(rf"{_S}(?:已经)?(?:不再?|没)(?:居?住在|住){_V}", "home", "{s}不再住在{v}", _place, ENDED),
    rule(rf"{_S}(?:是|来自)(?P<v>[\u4e00-\u9fff]{{2,6}}?)人(?![\u4e00-\u9fff])", "origin", "{s}是{v}人", _origin),
    rule(rf"{_S}(?:来自|老家[在是]|出生在|出生于){_V}", "origin", "{s}来自{v}", _place),
    rule(rf"(?<![你他她它])我(?:的(?:名字|全名)(?:叫|是)|叫(?!做?[你他她车人上])|的名字叫做){_V}", "name", "{s}叫{v}", _name),
    rule(rf"(?:^|[，,。；])(?:新|现任)(?P<r>{_RELATIVE})(?:的名字)?叫{_V}", "name", "{s}叫{v}", _name),
    rule(rf"(?:大家都?|你可以|请|以后)(?:叫|喊)我{_V}", "name", "{s}叫{v}", _nickname),
    rule(rf"(?<![你他她它])我{_NOW}(?:改名(?:字)?(?:叫|为|成|了叫)|改叫|更名为|的新名字(?:叫|是)){_V}", "name", "{s}叫{v}", _name),
    rule(rf"(?<![你他她它])我(?:的)?(?:新|现任)?(?P<r>{_RELATIVE})(?:的名字)?叫{_V}", "name", "{s}叫{v}", _name),
    rule(rf"{_S}(?:的)?生日(?:是|在){_V}", "birthday", "{p}生日是{v}", _date),
    rule(
        rf"{_S}{_NOW}是(?:一名|一位|一个|个|名)?(?P<v>[\u4e00-\u9fff]{{0,6}}(?:师|医生|护士|学生|司机|程序员|公务员|警察|记者|作家"
        r"|演员|厨师|店员|销售|会计|编辑|翻译|教授|军人|农民|工人|研究员|设计师|工程师|老师))(?![\u4e00-\u9fff])",
        "job", "{s}的职业是{v}", _thing,
    ),
    rule(rf"{_S}{_NOW}在(?P<v>[^，。！？；、,.\s]{{2,16}}?)(?:工作|上班|任职)", "employer", "{s}在{v}工作", _company),
    rule(
        rf"(?:{_S}|(?:^|(?<=[，。；,]))){_NOW}(?:从[^，。,\s]{{1,10}}?)?(?:跳槽(?:到|去)了?|跳到了?|入职了?|加入了|换到了?|去了){_V}",
        "employer", "{s}在{v}工作", lambda text: _company(text) if not re.search(r"群|会$|社|班$|医院|超市|公园|趟|玩|看|买|吃", text) else [],
    ),
    rule(rf"{_S}{_NOW}对(?P<v>[^，。！？；,.\s不]{{1,16}}?)(?:严重|非常|特别|都)?过敏", "allergy", "{s}对{v}过敏", _things, "yes"),
    rule(rf"{_S}{_NOW}对(?P<v>[^，。！？；,.\s]{{1,12}}?)(?:其实|现在|已经|并|根本|原来|完全|实际上|真的|早就|又|竟然|居然)*不(?:再)?过敏", "allergy", "{s}对{v}不过敏", _things, "no"),
    rule(
        rf"{_S}{_NOW}(?:最|更|很|非常|特别|比较|挺|超级?|真的?|就)*(?:喜欢|热爱|偏爱|爱(?=[吃喝看听玩打跳唱])){_V}",
        "preference", "{s}喜欢{v}", _thing, "likes",
    ),
    rule(
        rf"{_S}{_NOW}(?:再也|已经|其实|真的|很|最|非常|特别)*(?:不再?|不太|不怎么)(?:那么|怎么|太)?(?:喜欢|爱(?=[吃喝看听玩])){_V}",
        "preference", "{s}不喜欢{v}", _thing, "dislikes",
    ),
    rule(rf"{_S}{_NOW}(?:很|最|非常|特别)*(?:讨厌|受不了){_V}", "preference", "{s}不喜欢{v}", _thing, "dislikes"),
    rule(
        rf"{_S}{_NOW}(?:养|有|收养|买)了?(?:一|1)?(?:只|条|个)(?:[\u4e00-\u9fff]{{0,4}}?)(?P<x>{_PET})[，,]?(?:名字)?叫(?:做)?{_V}",
        "pet", "{s}的{x}叫{v}", _name, x=True,
    ),
    rule(rf"(?<![你他她它])我(?:家)?(?:的)?(?P<x>{_PET})(?:的名字)?叫(?:做)?{_V}", "pet", "{s}的{x}叫{v}", _name, x=True),
    rule(rf"{_S}{_NOW}(?P<v>吃素|吃全素|吃斋|素食)", "diet", "{s}{v}", _thing),
    rule(rf"{_S}{_NOW}是(?:个|一个)?(?P<v>素食者|素食主义者|纯素食者)", "diet", "{s}是{v}", _thing),
    rule(rf"{_S}{_NOW}(?P<v>结婚|离婚|退休|订婚)了", "status", "{s}已{v}", _thing),
)  # fmt: skip
