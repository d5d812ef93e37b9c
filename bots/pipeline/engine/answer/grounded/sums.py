"""Works out sums that people put in words: "12 pizzas at 9.50 each how much", 200块一节课 12节多少, "split that by 6".

Only where what is to be worked out is plain: a calculation in the text, a price and a count of the same unit, the last
result, or numbers of one unit that the person told. The answer shows the calculation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from bots.pipeline.engine.answer.grounded.plain_text import HAN, asks, plain
from skills.calculator.evaluation import Undefined, evaluate, shown

_N = r"(?:\d+(?:\.\d+)?)"
_EXPRESSION = re.compile(
    rf"(?<![\d.-]){_N}(?:\s*(?:[-+*/×÷x]|plus|minus|times|divided by|乘以?|除以|再?加上?|再?减去?)\s*{_N})+(?![\d.-])"
)
_SIGNS = (
    ("divided by", "/"), ("plus", "+"), ("minus", "-"), ("times", "*"), ("除以", "/"), ("乘以", "*"), ("乘", "*"),
    ("加上", "+"), ("加", "+"), ("减去", "-"), ("减", "-"), ("再", ""), ("×", "*"), ("÷", "/"), ("x", "*"), (" ", ""),
)  # fmt: skip
_ASKS = re.compile(r"\bhow (?:much|many)\b|\bwhat'?s?\b|\btotal\b|\bdifference\b|\bis that\b|多少|几|等于|剩|一共|总共")
_EACH = re.compile(
    rf"\b(?P<n>{_N}) [a-z ]{{2,25}}?(?:at|for|@|x|cost(?:ing)?) [£$€]?(?P<p>{_N})(?: [a-z]+)? (?:each|a piece|apiece|per|a)\b"
)
_PER = re.compile(rf"[£$€]?(?P<p>{_N}) ?[a-z]*? (?:an?|per) (?P<u>[a-z]+)\b.*?\b(?P<n>{_N}) (?P<v>[a-z]+)")
_PER_ZH = re.compile(r"(?:一|每)(?P<u>[\u4e00-\u9fff])")
_COUNT_ZH = re.compile(r"(?P<n>\d+(?:\.\d+)?|[二两俩三四五六七八九十]+)(?P<u>[\u4e00-\u9fff])")
_DIGITS = {one: number for number, one in enumerate("零一二三四五六七八九十")} | {"两": 2, "俩": 2}
_LABEL = re.compile(r"\b(?:phone|number|code|combo|pin|password|id|postcode|date)\b|号码|密码|电话|日期")
_LAST = re.compile(r"= ?(?P<r>-?[\d,]+(?:\.\d+)?)\s*$")
_THEN = (
    (re.compile(rf"^(?:and |then |now |ok )*(?:take (?:off|away)|minus|subtract|less|deduct)\W*(?P<n>{_N})$|^再?减去?(?P<n2>{_N})$"), "-"),
    (re.compile(rf"^(?:and |then |now |ok )*(?:add|plus)\W*(?P<n>{_N})$|^再?加上?(?P<n2>{_N})$"), "+"),
    (re.compile(rf"^(?:and |then |now |ok )*(?:split|divide|divided|share)(?: (?:it|that))? (?:by|between|among) (?P<n>{_N})(?: people| of us)?$|^再?除以(?P<n2>{_N})$"), "/"),
    (re.compile(rf"^(?:and |then |now |ok )*(?:times|multiply by|multiplied by|x) ?(?P<n>{_N})$|^再?乘以?(?P<n2>{_N})$"), "*"),
)  # fmt: skip
_ADD = re.compile(rf"^(?:add|sum|sum up|add up|total of) (?P<a>{_N})(?:,? and |, | \+ )(?P<b>{_N})$")
_TOTAL = re.compile(r"\b(?:in total|altogether|total|combined|all together)\b|总共|一共|加起来|加一起|合计")
_ANY_UNIT = re.compile(r"多少(?!次|年|天)|\bhow (?:much|many)\b")
_UNITED = re.compile(rf"(?P<n>{_N}) ?(?P<u>[a-z]{{2,}}|[\u4e00-\u9fff])")
_YEARS_AGO = re.compile(
    r"how (?:many years ago|long ago) (?:was|is) (?P<y>(?:19|20)\d\d)$|(?P<z>(?:19|20)\d\d)年?(?:距今|离现在|到现在)(?:多少|几)年"
)
_PERIODS = (
    (re.compile(r"\b(?:a|per|each|one) year\b|\byearly\b|一年|全年"), 12),
    (re.compile(r"\bhalf a year\b|半年"), 6),
)
_MONTHLY = re.compile(
    rf"[£$€]?(?P<n>{_N})[^,，。.]{{0,12}}?(?:a month|per month|monthly|each month)|(?:每个?月|一个月|月)[^,，。\d]{{0,4}}(?P<m>{_N})|(?P<k>{_N})(?:块|元)?(?:每|一个|/)月|(?:房租|月租|租金|月薪|工资)(?P<j>{_N})"
)


def answer(text: str, last: str, told: Sequence[str], today: date) -> str:
    """Returns the calculation that a message asks for, with its result; "" for another message.

    Args:
        text: The message.
        last: The bot's answer before, whose result a follow-up goes on from.
        told: The person's messages before, latest last.
        today: The day, for "how many years ago".
    """
    words = plain(text)
    asked = bool(_ASKS.search(words)) or asks(text)
    if (year := _YEARS_AGO.search(words)) is not None:
        return worked(f"{today.year} - {year['y'] or year['z']}")
    if (pair := _ADD.match(words)) is not None:
        return worked(f"{pair['a']} + {pair['b']}")
    if then := _then(words, last):
        return then
    if (
        (found := _expression(words))
        and (asked or found == words or _ends_with(words, found))
        and not _LABEL.search(words)
    ):
        return worked(_signs(found))
    if not asked:
        return ""
    return _product(words) or _year(words, told) or _total(words, told)


def _expression(words: str) -> str:
    """Returns the last calculation in a message; "" without one."""
    return max(_EXPRESSION.finditer(words), key=lambda match: match.start(), default=[""])[0]


def _ends_with(words: str, found: str) -> bool:
    """Tells whether a short message ends with a calculation that is no date, no score and no size."""
    return words.endswith(found) and len(words) < 60 and re.search(r"[+*×÷]|加|减|乘|除", found) is not None


def worked(expression: str) -> str:
    """Returns a calculation with its result, as people read it; "" when it has none."""
    try:
        result = shown(evaluate(expression))
    except (Undefined, ValueError):
        return ""
    readable = re.sub(r"\s*([-+*/])\s*", r" \1 ", expression)
    return f"{readable.replace('*', '×').replace('/', '÷').replace('-', '−')} = {result}"


def _signs(text: str) -> str:
    for word, sign in _SIGNS:
        text = text.replace(word, sign)
    return text


def _then(words: str, last: str) -> str:
    """Returns the last result worked on: "take off 10"."""
    result = _LAST.search(last.split("\n")[0])
    if result is None:
        return ""
    for pattern, sign in _THEN:
        if (match := pattern.match(words)) is not None:
            return worked(f"{result['r'].replace(',', '')} {sign} {match['n'] or match['n2']}")
    return ""


def _product(words: str) -> str:
    """Returns a price times a count of the same unit."""
    if HAN.search(words):
        return _product_zh(words)
    if (each := _EACH.search(words)) is not None:
        return worked(f"{each['n']} * {each['p']}")
    if (per := _PER.search(words)) is not None and per["v"].rstrip("s") == per["u"].rstrip("s"):
        return worked(f"{per['p']} * {per['n']}")
    return ""


def _product_zh(words: str) -> str:
    units = {match["u"] for match in _PER_ZH.finditer(words)}
    counts = [match for match in _COUNT_ZH.finditer(words) if match["u"] in units]
    if len(counts) != 1:
        return ""
    begin, stop = counts[0].span("n")
    others = re.findall(_N, f"{words[:begin]} {words[stop:]}")
    number = _number(counts[0]["n"])
    return worked(f"{others[0]} * {number}") if len(others) == 1 and number else ""


def _number(text: str) -> str:
    return text if text[0].isdigit() else str(_DIGITS.get(text, ""))


def _year(words: str, told: Sequence[str]) -> str:
    """Returns what a monthly sum, told before, makes in a year or half a year."""
    months = next((count for pattern, count in _PERIODS if pattern.search(words)), 0)
    if not months:
        return ""
    for one in reversed(told[-6:]):
        if (match := _MONTHLY.search(plain(one))) is not None and not asks(one):
            number = match["n"] or match["m"] or match["k"] or match["j"]
            return worked(f"{number} * {months}")
    return ""


def _total(words: str, told: Sequence[str]) -> str:
    """Returns the sum of the numbers of one unit in the latest message that has several of them."""
    if _TOTAL.search(words) is None:
        return ""
    for one in (*reversed(told[-6:]),):
        if asks(one):
            continue
        by_unit: dict[str, list[str]] = {}
        for match in _UNITED.finditer(plain(one)):
            by_unit.setdefault(match["u"], []).append(match["n"])
        several = [
            numbers
            for unit, numbers in by_unit.items()
            if len(numbers) > 1 and (unit in words or (len(by_unit) == 1 and _ANY_UNIT.search(words)))
        ]
        if len(several) == 1:
            return worked(" + ".join(several[0]))
    return ""
