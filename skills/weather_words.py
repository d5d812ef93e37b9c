"""Language of WeatherSkill: finds the place in a Chinese or English question, and tells questions from other talk."""

from __future__ import annotations

import re

from clawdbot.chinese import simplified
from skills.parameters import EDGE
from skills.weather_days import without_days

_IN_PLACE = re.compile(
    r"\b(?:in|for|at)\s+(?:the (?=hague|bronx|gambia|bahamas|netherlands|philippines|maldives|u[ks]\b))?"
    r"(?!(?:the|a|this|that|next|my|your)\b)((?:\b(?:st|mt|ft)\.|[^\d_?？!！.。;；\n])*)",
    re.IGNORECASE,
)
_OTHER_ZH = re.compile(
    r"天气预报|天气|气温|温度|预报|情况|多少度|几度|会不会|下雨|下雪|刮风|冷吗|热吗|冷不冷|热不热|[会吗呢啊呀吧]$|^[在去到]|的$|查询|查|请问|帮我|我想知道|告诉我|咋样|怎么样|怎样|如何|是多少|多少"
)
_OTHER_EN = re.compile(
    r"\b(weather|temperature|forecast|report|update|outlook|like|please|what's|what|how's|how|is|it|the|will|be|going|to|outside"
    r"|there|here|rain|cold|hot|warm|of|in|for|at|on|like|a|an|(?:tell|show|give)(?: us)?|me|about|today|do"
    r"|does|i|need|want|know|check|look up|get|you|can|could|would|hi|hello|hey|thanks|thank you)\b",
    re.IGNORECASE,
)
_NO_PLACE = re.compile(
    r"\b(?:i|i'm|i've|my|we|our|he|she|his|her|they|their|this|that|was|were|has|have|had|should|hate|love|because|so|but|if"
    r"|when|remind|awful|lovely|terrible|beautiful|changed?|affects?|not|don't|never|joke|room|body|oven|boiling|melting"
    r"|freezing|water|sales|revenue|budget|engine|who|why|invented|measured|accurate|reliable|definition|means?|meaning|word"
    r"|song|lyrics|movie|play|sing|listen|skill|feature|function|plugin|app|bot|tool|station|channel|girl|man|woman"
    r"|presenter|reporter|forecaster|friend|storms?|stormy|permitting|under|forget|mind|cpu|gpu|colou?r|core|thermometer|sun"
    r"|moon|mars|battery|disk|skin|fever|surface|average|absolute|global|pizza|bread|steak|chicken|meat|coffee|tea|beer|wine"
    r"|sensor|good|great|bad|fair|fine|crazy|work)\b|\d"
    r"|[我你她它咱很了变讲词员计播唱《》]|他们|^他|喜欢|讨厌|记得|提醒|笑话|说话|太(?![原仓和湖康谷白])|真[好冷热的是不]|不[要想好错用准必]|越来越|体温"
    r"|水温|室温|发烧|孩子|因为|所以|如果|但是|空调|影响|什么|怎么|为啥|谁|准吗|准确|首歌|电脑|手机|电池|显卡|冰箱|烤箱|月球|火星|^水$|算了|职业|几[号点]|[周期]几",
    re.IGNORECASE,
)
_UNWANTED = re.compile(
    r"(?:不要|别|不用|不必|不需要|没让你|没叫你).{0,4}[说讲提聊查告看管]|不是问|没问|不想[知聊听]|算了"
    r"|\b(?:don't|do not|didn't|did not|stop|no need to|not asking)\b.{0,20}"
    r"\b(?:tell|talk|ask|want|care|need|show|give|check|like)(?:ing)?\b"
    r"|\b(?:never mind|forget(?: about)?|not|no more|enough of|instead of|rather than) the"
    r" (?:weather|forecast|temperature)\b",
    re.IGNORECASE,
)
_FINE = (
    r"(?:nice|great|good|bad|fair|fine|lovely|beautiful|awful|terrible|horrible|crazy|wonderful|perfect|stormy|sunny|rainy"
    r"|foul|wild|mild|cold|hot|warm|cool|dry|wet|cloudy|windy)"
)
# The word with another meaning, talk about the weather or about forecasts, temperatures of things.
_TALK = re.compile(
    r"\bunder the weather\b|\bweather(?:ed|ing)\b|\bweather[- ]?(?:permitting|proof|man|girl|vane|beaten|balloon)\b"
    r"|\bweather (?:the|this|a|any) (?:\w+ ){0,2}(?:storms?|crisis|recession|downturn|pandemic|change|challenges?)\b"
    rf"|\b{_FINE}[- ]weather\b|\bweather(?:'s| is| was| has been| looks?| seems?| feels?)"
    rf" (?:so |very |really |too |quite |pretty |just )*{_FINE}\b"
    r"|\bwhat(?:'s| is) weather\b|\b(?:who|why)\b"
    r"|\bhow (?:accurate|reliable|is|are|do|does) (?:the )?(?:weather |temperatures? )?(?:forecasts? )?"
    r"(?:measured|made|work)"
    r"|\btemperatures? of (?:the|a|an|my|your|this)\b"
    r"|预报员|天气(?:预报)?(?:是怎么|怎么[做来])|(?:什么是|啥是)天气|天气是什么",
    re.IGNORECASE,
)
_IS_QUESTION = re.compile(r"[?？]")
_TELLS = re.compile(r"\b(?:i|we|my|our)\b", re.IGNORECASE)
_ASKS = re.compile(r"[?？]|\b(?:what|how|will|tell|show|give|check|know|need|please)\b", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
# Where the person is, which the bot does not know: it asks for the city.
_HERE = re.compile(
    r"\b(?:(?:at )?home|near(?:by)?(?: me| here)?|around (?:here|me)|over here"
    r"|(?:in )?my (?:city|town|area|village|location|place))\b"
    r"|我们?(?:这[里儿边]|家)|[本当]地|附近|家里",
    re.IGNORECASE,
)
_SYMBOLS = re.compile(r"@\w+|[^\w\s,，、&'’.·-]")  # names of bots, emoji, #
_BETWEEN_PLACES = re.compile(r"\s*(?:,|，|、|&|\band\b|[和与跟及])\s*", re.IGNORECASE)
_SKY_EN = r"(?:rain(?:y|ing)?|snow(?:y|ing)?|sunny|cold|hot|warm|windy|cloudy|freez(?:e|ing)|storm(?:y|ing)?|humid|foggy|chilly|dry|wet)"
_WEAR_EN = r"(?:an? |my |some )?(?:umbrella|rain ?coat|coat|jacket|sun ?screen|sun ?glasses)"
_WHEN_EN = r"(?=.*\b(?:in [a-z]|outside|today|tonight|tomorrow|weekend|week|\w+day\b))"
_SKY_ZH = r"(?:下|刮|有)?(?:大|小|暴)?[雨雪风]|[冷热晒]|晴天?|暖和|凉快"
PATTERNS = (
    r"^\W*(?:(?:hey|hi|hello|so|and|ok|please)\W+)*(?:is it (?:going to|gonna)|will it|does it look like|is there going to be)(?: be)? "
    r"(?:rain|snow|storm)",
    rf"^\W*(?:(?:hey|hi|hello|so|and|ok)\W+)*(?:is it (?:(?:going to|gonna) be )?|will it be |how (?=\w+ (?:is|will)\b)){_SKY_EN}\b{_WHEN_EN}",
    rf"\b(?:do|should|will|would|shall) (?:i|we) (?:need|take|bring|wear|pack) {_WEAR_EN}\b",
    rf"(?:会不会|会|是不是要|有没有|要)(?:{_SKY_ZH})(?:吗|么|呢|$|[?？])|[下刮](?:大|小|暴)?[雨雪风](?:吗|么|不|了吗|了?没)",
    r"(?:今天|明天|后天|现在|外面|周末|[周期][一二三四五六日天]).{0,8}?(?:冷不冷|热不热|[冷热](?:吗|么)|多少度|几度)",
    r"(?:要不要|需不需要|用不用|需要|是否|要|该|用|得)带?(?:雨?伞|外套)(?:吗|么|不|呢|$|[?？])|(?:要|用|需要)带(?:雨?伞|外套)",
)
"""Questions about rain, heat and umbrellas, which name no weather."""
_SKY = re.compile(
    rf"\b(?:do|should|will|would|shall) (?:i|we) (?:need|take|bring|wear|pack) {_WEAR_EN}\b|\b{_SKY_EN}\b|\b(?:gonna|look|storms?|right)\b"
    rf"|(?:要不要|需不需要|用不用|需要|是否|是不是要|要|该|用|得)?(?:带|穿)(?:雨?伞|外套)|[吗么没](?=[，, ?？]|$)|出门|外面|(?:[我人](?:们)?)(?:现在|住)?在"
    rf"|(?:会不会|会|有没有|要)?(?:{_SKY_ZH})(?:不(?:{_SKY_ZH}))?",
    re.IGNORECASE,
)
_LONGEST_ZH = 12
_MOST_WORDS = 5
_MOST_WORDS_OF_SEVERAL = 10


def without_sky(text: str) -> str:
    """Returns a question that a pattern found without its words for rain, heat and umbrellas, so that the place is left."""
    return " ".join(_SKY.sub(" ", simplified(text)).split())


def city_of(text: str, rest: str) -> str:
    """Returns the place in the question, in simplified characters; "" when there is none.

    Several places stay together ("Paris and London", "Paris, Texas"): `places_in` takes them apart.

    Args:
        text: The whole message.
        rest: The message without the trigger word.
    """
    left = _left(*(_HERE.sub(" ", simplified(part)) for part in (text, rest)))
    if _HAN.search(left):
        return left if len(left) <= _LONGEST_ZH else ""
    words = len(left.split())
    return left if words <= (_MOST_WORDS_OF_SEVERAL if _BETWEEN_PLACES.search(left) else _MOST_WORDS) else ""


def places_in(city: str) -> list[str]:
    """Returns the parts of the names of several places: "Paris, London and Rome", 北京和上海."""
    return [part for part in _BETWEEN_PLACES.split(city) if part]


def is_list(city: str) -> bool:
    """Returns whether the places stand side by side; "Paris, Texas" may be one place in another."""
    return len(places_in(city)) > 2 or bool(re.search(r"\band\b|[&、和与跟及]", city, re.IGNORECASE))


def is_asked(text: str, rest: str) -> bool:
    """Returns whether a message with a trigger word asks for the weather: it names a place, or nothing else at all."""
    text, rest = (_HERE.sub(" ", simplified(part).replace("’", "'")) for part in (text, rest))
    if _UNWANTED.search(text) or (_TELLS.search(text) and not _ASKS.search(text) and not _HAN.search(text)):
        return False
    if _TALK.search(text) and not (_IS_QUESTION.search(text) and _IN_PLACE.search(text)):
        return False
    left = _left(text, rest)
    return not left or (bool(city_of(text, rest)) and not _NO_PLACE.search(left))


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
    if not _HAN.search(text) and (found := _IN_PLACE.search(without_days(text))):
        named = _without_symbols(found.group(1))
        named = re.sub(
            r"(?:^|[\s,]+)(?:like|please|is|be|will|going|on|thanks|thank you|today"
            r"|and (?=(?:please|remind|tell|how|what|will|is|if|on|for)\b)|and(?=\W*$))\b.*$",
            "", named, flags=re.IGNORECASE | re.DOTALL,
        ).strip(EDGE)  # fmt: skip
        if named and not _OTHER_EN.fullmatch(named):
            return named
    left = _without_symbols(without_days(rest))
    if _HAN.search(left):
        return _chinese_name(left)
    named = " ".join(_OTHER_EN.sub(" ", left).split())
    return re.sub(r"^(?:and\b\W*)+|(?:\W*\band)+$", "", named.strip(f"{EDGE}-"), flags=re.IGNORECASE)


def _without_symbols(text: str) -> str:
    return " ".join(_SYMBOLS.sub(" ", text).split()).strip(f"{EDGE}-")


def _chinese_name(left: str) -> str:
    before = None
    while before != left:
        before, left = left, _OTHER_ZH.sub("", left.strip(EDGE)).strip(EDGE)
    return left.replace(" ", "")
