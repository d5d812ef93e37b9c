"""Finds the arithmetic in a message of either language, and nothing in a message that asks for something else.

A message is a calculation only as a whole: every word in it belongs to the arithmetic or to the request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from skills.calculator.evaluation import CONSTANTS, FUNCTIONS, LONGEST
from skills.numerals import digits_for_words, plain

_NUM = r"(?:\d+(?:\.\d+)?|\.\d+)"
_LEAD = re.compile(
    r"^(?:(?:hey|hi|ok|so|and|then|now|please|could you|can you|would you|will you|tell me|do you know|quickly|let's|help me)\b[\s,]*"
    r"|(?:what'?s|what is|what are|what does|how much is|how much are|how much|the result of|the value of|result of|value of)\b\s*"
    r"|(?:calculate|compute|evaluate|work out|figure out|solve|calculator|calc)\b[\s:]*(?:the\b)?\s*"
    r"|(?:请问|请|麻烦|帮我|帮忙|给我|你|能不能|能|可以|那么|那|告诉我|我想知道|用)+"
    r"|(?:计算器|计算一?下|计算|算一?下|算一算|算算看?|算个?|求|一下|看看)+[\s::,,]*)",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"(?:\s*(?:=|\?|!|。|\.(?!\d)|,|please|thanks|thank you|equals?|equal to|is what|make)"
    r"|(?:等于多少|等于几|等于什么|等于|是多少|是几|得多少|得几|得|一共是?|总共是?|多少钱?|几块?|呢|吗|啊|呀|吧|谢谢|的结果是?|结果是?|的值|来着))+\s*$",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"\b(?:calculate|compute|evaluate|work out|figure out|solve|calc|calculator)\b|=|等于|计算|算|得多少|得几|\bequals?\b",
    re.IGNORECASE,
)
_EACH = re.compile(r"[，,]\s*(?:每人|每个人|一个?人|人均).*$")  # of "3个人平分270块，一人多少"
# Sharing a bill and discounts, in the words of a shop.
_EVERYDAY = (
    (rf"^(?:split|divide|share)\s+({_NUM})\s+(?:between|among|amongst|by|across|into|for)\s+({_NUM})(?:\s+(?:people|persons|friends|of us|ways|parts|kids|children|ppl))?$", r"\1/\2"),
    (rf"^({_NUM})\s+(?:split|divided|shared)\s+(?:between|among|by|across)\s+({_NUM})\s+(?:people|persons|friends|of us|ways|parts|kids|children)$", r"\1/\2"),
    (rf"^({_NUM})\s*个?人(?:平分|均分|平摊|分摊|aa|分)\s*({_NUM})[，, ]*(?:每人|[一1]个?人|每个人|人均)?(?:出|付|给|要|是|分)?$", r"\2/\1"),
    (rf"^({_NUM})\s*(?:[，, ]*)(?:平均)?(?:分给|平分给?)\s*({_NUM})\s*个?(?:人|孩子|小朋友)[，, ]*(?:每人|[一1]个?人|每个人|人均)?(?:出|付|给|要|是|分)?$", r"\1/\2"),
    (rf"^打\s*([1-9])\s*折[，, ]*(?:原价|价格|标价)?(?:是)?\s*({_NUM})$", r"(\2*0.\1)"),
    (rf"^(?:原价|标价)(?:是)?\s*({_NUM})[，, ]*打\s*(\d{{1,2}})\s*折(?:后)?(?:是)?$", r"(\1*0.\2)"),
)  # fmt: skip
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (r"math\.", ""),
        (r"(?:再|然后|，再|接着)(?=\s*[加减乘除])", ""),
        *_EVERYDAY,
        (r"[\[{【]([^][{}]*[-+*/×÷][^][{}]*)[\]}】]", r"(\1)"),
        (r"π", "pi"),
        (r"(?<=\d)\s*pi\b", "*pi"),
        (r"(" + _NUM + r")\s*的\s*(" + _NUM + r")分之\s*(" + _NUM + ")", r"(\1*\3/\2)"),
        (r"\b(?:an?|one|1) third of\b", "(1/3)*"),
        (r"\b(?:an?|one|1) quarter of\b", "(1/4)*"),
        (r"\bthe\b", " "),
        (r"百分之\s*(" + _NUM + ")", r"\1%"),
        (r"(" + _NUM + r")分之\s*(" + _NUM + ")", r"(\2/\1)"),
        (r"\bper\s?cent\b", "%"),
        (r"\bcube root (?:of )?(" + _NUM + r")", r"cbrt(\1)"),
        (r"\b(?:square )?root (?:of )?(" + _NUM + r")", r"sqrt(\1)"),
        (r"\b(?:square )?root of\s*\(", "sqrt("),
        (r"(" + _NUM + r")\s*的\s*(?:开)?平方根|(?:√|根号)\s*(" + _NUM + ")", r"sqrt(\1\2)"),
        (r"√\s*\(|根号\s*\(", "sqrt("),
        (r"(" + _NUM + r")\s*的\s*立方根", r"cbrt(\1)"),
        (r"(" + _NUM + r")\s*的\s*平方(?!根)|(" + _NUM + r")\s*squared\b", r"(\1\2**2)"),
        (r"(" + _NUM + r")\s*的\s*立方(?!根)|(" + _NUM + r")\s*cubed\b", r"(\1\2**3)"),
        (r"(" + _NUM + r")\s*的\s*(" + _NUM + r")\s*次(?:方|幂)", r"(\1**\2)"),
        (r"(" + _NUM + r")\s*(?:的)?\s*阶乘|\bfactorial of (" + _NUM + r")|(" + _NUM + r")!", r"fact(\1\2\3)"),
        (r"\b(?:raised )?to the power of\b|\bto the power\b|\^", "**"),
        (r"(" + _NUM + r")\s*打\s*(\d{1,2})\s*折", r"(\1*0.\2)"),
        (r"(" + _NUM + r")\s*%\s*off\s*(?:of\s*)?(" + _NUM + ")", r"(\2*(1-\1/100))"),
        (r"(" + _NUM + r")\s*的\s*(" + _NUM + r")\s*%", r"(\2/100*\1)"),
        (r"(" + _NUM + r")\s*%\s*(?:of|的)\s*(" + _NUM + ")", r"(\1/100*\2)"),
        (r"\bhalf of (" + _NUM + r")|(" + _NUM + r")\s*的\s*一半", r"(\1\2/2)"),
        (r"(?:\btip (?:of )?)?(" + _NUM + r")\s*%\s*(?:tip )?on (" + _NUM + ")", r"(\1/100*\2)"),
        (r"\bmultiplied by\b|\btimes\b|乘以|乘上|乘|×|✕|·", "*"),
        (r"(?<=[\d)])\s*x\s*(?=[\d(])", "*"),
        (r"\bdivided by\b|\bover\b|除以|÷|∕", "/"),
        (r"\bplus\b|加上|加", "+"),
        (r"\bminus\b|减去|减掉|减|−|–", "-"),
        (r"\bmod(?:ulo)?\b|取余|模", " mod "),
    )
)
_PERCENT_ON = re.compile(r"^(.+?[\d)])\s*([+-])\s*(" + _NUM + r")\s*%$")
_PERCENT = re.compile(r"(" + _NUM + r")\s*%(?!\s*[\d(.a-z])")
_ALLOWED = re.compile(
    r"(?:\s|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|[-+*/%(),]|\b(?:" + "|".join(FUNCTIONS | CONSTANTS) + r"|mod)\b)+",
    re.IGNORECASE,
)
_OPERATION = re.compile(r"[\d)ei%]\s*(?:\*\*|[-+*/%]|\bmod\b)\s*[-+\d(.a-z]|\b(?:" + "|".join(FUNCTIONS) + r")\s*\(")
# Dates, telephone numbers, scores, "24/7", "9/11", "1080x1920": figures that nobody wants to have worked out.
_LABEL = re.compile(r"\d+(?:\.\d+)?(?:[-/x]\d+(?:\.\d+)?)+|\+?\(?\d[\d\s()-]{6,}", re.IGNORECASE)
_FACTORIAL = re.compile(r"(?:^|\s)(\d+)\s*!\s*=?\s*\??$")
_FRACTION = re.compile(r"(\d{1,9})/(\d{1,9})")
_LONGEST_MONTH = 31
_BY_TWO = re.compile(r"^\s*(" + _NUM + r")\s*除\s*(" + _NUM + r")\s*$")
_COMMAS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
_COMMA_LEFT = re.compile(r"\d[\d.]*,[\d.,]*\d")


@dataclass(frozen=True, slots=True)
class Calculation:
    """What to work out.

    Attributes:
        expression: For `evaluation.evaluate`; "" when the message can be read in two ways.
        shown: The expression as people write it, or the words that can be read in two ways.
        code: Why it is not clear: "comma" or "order"; "" when it is.
        readings: The two expressions of "order".
    """

    expression: str
    shown: str
    code: str = ""
    readings: tuple[str, ...] = ()


def read(text: str, *, asked: bool = False) -> Calculation | None:
    """Returns the calculation that a message asks for; None when it asks for something else.

    Args:
        text: The whole message, or the argument of a tool call.
        asked: Somebody surely wants a calculation.
    """
    given = plain(text)
    if len(given) > LONGEST or not given:
        return None
    if not asked and _is_label(given.rstrip("?!. 吗呢")):
        return None
    core = _without_money(_without_request(_EACH.sub("", _with_angles(given).lstrip("= "))))
    asked = asked or _ASKED.search(given) is not None
    if (factorial := _FACTORIAL.search(given)) is not None and (asked or core != given.rstrip("!?= ")):
        core = f"fact({factorial[1]})"
    if not asked and _is_label(core) and not (core != given and re.search(r"\d [-−–] \d", core)):
        return None
    core = _COMMAS.sub(lambda found: found[0].replace(",", ""), core)
    core = digits_for_words(_THOUSANDS.sub(lambda found: {"k": "千", "w": "万"}[found[1].lower()], core))
    if (two := _BY_TWO.fullmatch(core)) is not None:
        return Calculation("", f"{two[1]}除{two[2]}", "order", (f"{two[1]}/{two[2]}", f"{two[2]}/{two[1]}"))
    if (unclear := _COMMA_LEFT.search(core)) is not None and not _in_call(core, unclear):
        rest = core.replace(unclear[0], "1")
        return Calculation("", unclear[0], "comma") if asked or _expression(rest) else None
    expression = _expression(core)
    return Calculation(expression, readable(expression)) if expression else None


def readable(expression: str) -> str:
    """Returns an expression as people write it: 12% × 340 for (12/100*340)."""
    text = re.sub(r"\((" + _NUM + r")/100\*(" + _NUM + r")\)", r"\1% × \2", expression.strip())
    text = re.sub(r"\((" + _NUM + r")\*\(1-(" + _NUM + r")/100\)\)", r"\1 - \2%", text)
    text = re.sub(r"^\((.+)\)\*\(1([+-])(" + _NUM + r")/100\)$", r"\1 \2 \3%", text)
    text = re.sub(r"\((" + _NUM + r")/100\)", r"\1%", text)
    text = re.sub(r"^\(([^()]*)\)$", r"\1", text)
    text = re.sub(r"\bdeg\((-?" + _NUM + r")\)", r"\1°", text)
    text = re.sub(r"(?<=[\w)])\s*%\s*(?=[\w(])", " mod ", re.sub(r"\s*\*\*\s*", "^", text))
    text = re.sub(r"(?<=[\w)%])\s*([-+*/])\s*", lambda found: f" {_SIGNS[found[1]]} ", text)
    text = re.sub(r"(?<=e) ([-+]) (?=\d)", r"\1", text)
    return re.sub(r"fact\((\d+)\)", r"\1!", " ".join(text.split()))


_SIGNS = {"*": "×", "/": "÷", "+": "+", "-": "−"}
_ANGLE = re.compile(r"\b(sin|cos|tan)\s*\(?\s*(-?" + _NUM + r")\s*(?:°|度|\bdegrees?\b|\bdeg\b)\s*\)?", re.IGNORECASE)
_ANGLE_ZH = (("正弦", "sin"), ("余弦", "cos"), ("正切", "tan"))
_MONEY = re.compile(
    r"(?:us\$|[$€£¥￥])(?=\s*[\d.])|(?<=\d)\s*(?:[$€£¥￥]|元钱?|块钱?|美元|欧元|人民币|(?:dollars?|euros?|pounds?|yuan|rmb|usd|eur|cny)\b)",
    re.IGNORECASE,
)
_SAME_MONEY = {
    "us$": "$",
    "usd": "$",
    "dollar": "$",
    "美元": "$",
    "eur": "€",
    "euro": "€",
    "欧元": "€",
    "pound": "£",
} | dict.fromkeys(("￥", "元", "元钱", "块", "块钱", "人民币", "yuan", "rmb", "cny"), "¥")
_THOUSANDS = re.compile(r"(?<=\d)\s?([kw])(?![a-z])", re.IGNORECASE)
_VERSION = re.compile(r"\d\.\d+\.\d")


def _is_label(text: str) -> bool:
    if (fraction := _FRACTION.fullmatch(text)) is not None:  # one that is neither a day nor fifty-fifty
        over, under = int(fraction[1]), int(fraction[2])
        return under != 0 and (over <= _LONGEST_MONTH or over == under)
    return _LABEL.fullmatch(text) is not None


def _without_request(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = _TRAIL.sub("", _LEAD.sub("", text.strip())).strip()
    return text


def _with_angles(text: str) -> str:
    """Writes degrees as radians: sin(30°), sin 30 degrees, 正弦30度."""
    for word, function in _ANGLE_ZH:
        text = text.replace(word, function)
    return _ANGLE.sub(r"\1(deg(\2))", text)


def _without_money(text: str) -> str:
    """Returns the text without signs of money when all are the same: $5 + $3. Amounts of two currencies stay."""
    text = re.sub(r"(?<=\d)\s*块\s*(?=\d(?!\d))", ".", text)  # 3块5
    signs = [found[0].strip().lower() for found in _MONEY.finditer(text)]
    kinds = {_SAME_MONEY.get(sign, _SAME_MONEY.get(sign.rstrip("s"), sign)) for sign in signs}
    return _MONEY.sub("", text) if len(kinds) == 1 else text


def _in_call(text: str, found: re.Match[str]) -> bool:
    """Returns whether the comma separates the arguments of a function: max(3,5)."""
    return re.search(r"(?:" + "|".join(FUNCTIONS) + r")\s*\([^()]*$", text[: found.start()]) is not None


def _expression(text: str) -> str:
    if _VERSION.search(text):  # of a program, or an address
        return ""
    for pattern, replacement in _WORDS:
        text = pattern.sub(replacement, text)
    if (on := _PERCENT_ON.fullmatch(text.strip())) is not None:
        text = f"({on[1]})*(1{on[2]}{on[3]}/100)"  # 100 + 10% is 110, as on a pocket calculator
    if not _OPERATION.search(text.lower()):
        return ""
    text = _PERCENT.sub(r"(\1/100)", text)
    if not _ALLOWED.fullmatch(text):
        return ""
    text = re.sub(r"(?<=[\d)])\s*(?=\()", "*", text)  # 2(3+4)
    return re.sub(r"\bmod\b", "%", " ".join(text.lower().split()))


PATTERNS = (
    r"[\d)）万萬亿億千元块塊kw€$]\s*[)）!！\s]*(?:[-+*/×÷x·✕^%=√＋－＊／％＝]|[加减減乘除的打]|个?人(?:平|均|分)|折|分给|块钱?分|split |shared |dollars |euros |plus|minus|times|over|divided|multiplied|mod|to the power|percent|squared|cubed)",
    r"[零一二两兩三四五六七八九十百千万萬亿億][加减減乘除的]|百分之|分之|根号|根號|√",
    r"^\W*(?:split|share|divide) \D?\d|打[一二三四五六七八九\d]折",
    r"π|(?<![a-z])pi\b|[\])}】]\s*[-+*/×÷]|正弦|余弦|正切|\b(?:third|quarter) of \d",
    r"\b(?:sqrt|root|log|ln|sin|cos|tan|factorial|half|max|min|round|abs|fact|exp|floor|ceil) ?(?:of )?[(（]?-?\d|\d\s*[!！]",
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|\w+ty|hundred|thousand|million)[\s-]+(?:plus|minus|times|divided|multiplied|over|percent)\b",
)
"""Coarse patterns of messages that may ask for the skill; `parse` decides."""
