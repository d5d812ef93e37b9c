"""Finds a conversion in a message: an amount with its unit, and the unit wanted. Nothing else may be in the message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from skills.numerals import digits_for_words, plain
from skills.units.names import COMPOSITES, CURRENCIES, DECIMAL_AFTER, NEXT_SMALLER, TEMPERATURES, UNITS

_NUM = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_LEAD = re.compile(
    r"^(?:(?:hey|hi|ok|so|and|then|please|could you|can you|tell me|do you know)\b[\s,]*"
    r"|(?:请问|请|麻烦|帮我|帮忙|告诉我|我想知道|那么|那|把|将|换算一下|换算|转换)+[\s::,,]*)",
    re.IGNORECASE,
)
_TRAIL = re.compile(r"[\s?!.。=,]+$|(?:呢|吗|啊|呀|吧|谢谢|please|thanks|thank you)$", re.IGNORECASE)
_VERB_EN = r"(?:(?:convert|change|turn|what'?s|what is|what are|how much is|how much are|how (?:long|far|tall|heavy|big|hot|fast) is)\s+)?"
_INTO_EN = r"\s*(?:\bconverted\b\s*)?(?:\bto\b|\bin\b|\binto\b|\bas\b|\bis(?= how many)|\bequals?\b|->|→|=)\s*\??\s*(?:how many\s*)?"
_INTO_ZH = (
    r"\s*(?:(?:地|的)?(?:大约|大概)?(?:是|等于|有|合|相当于|约等于|约)(?:多少|几)(?:个)?"
    r"|(?:换算|转换|转|换|折算|折合)(?:成|为|到|算成)?(?:是)?(?:多少|几)?(?:个)?|(?:多少|几)(?:个)?|到|用)\s*"
)
_HALF = re.compile(r"^(.*?)半$")


@dataclass(frozen=True, slots=True)
class Conversion:
    """What to convert.

    Attributes:
        parts: Amounts with the names of pint: ((5, "foot"), (7, "inch")).
        amount: The amount as the person wrote it.
        target: The unit wanted, as pint calls it; "" when the message does not say.
        target_shown: The unit wanted, as the person wrote it.
        currency: It is about money, whose rates nobody here knows.
        both: The two units wanted together, such as feet and inches: name of pint, and how it is shown.
    """

    parts: tuple[tuple[float, str], ...]
    amount: str
    target: str = ""
    target_shown: str = ""
    currency: bool = False
    both: tuple[tuple[str, str], ...] = ()


def read(text: str) -> Conversion | None:
    """Returns the conversion that a whole message asks for; None when it asks for something else."""
    given = plain(text)
    if not given or len(given) > 120:
        return None
    core = _stripped(given)
    for pattern in _shapes():
        if (found := pattern.fullmatch(core)) is not None:
            return conversion(found["amount"], found["unit"])
    return None


def conversion(amount: str, unit: str) -> Conversion | None:
    """Returns the conversion of an amount such as "5 feet 7" into a unit; None when either cannot be read."""
    target, parts = unit_of(unit), parts_of(amount)
    if parts and (both := _composite(unit)):
        return Conversion(parts, amount.strip(), both[0][0], unit.strip(), both=both)
    if parts and target:
        if target in TEMPERATURES and all(name == "degree" for _number, name in parts):  # 37度 is no angle here
            parts = tuple((number, "degF" if target == "degC" else "degC") for number, _name in parts)
        return Conversion(parts, amount.strip(), target, unit.strip())
    if (_is_money(unit) and (_money_amount(amount) or parts)) or (_money_amount(amount) and target):
        return Conversion((), amount.strip(), "", unit.strip(), currency=True)
    return None


def _composite(words: str) -> tuple[tuple[str, str], ...]:
    return COMPOSITES.get(" ".join(plain(words).lower().split()).strip(" ."), ())


def is_unit(words: str) -> bool:
    """Returns whether the words name a unit, or two that are used together."""
    return bool(unit_of(words) or _composite(words))


def unit_of(words: str) -> str:
    """Returns pint's name of a unit; "" when it is none."""
    word = " ".join(plain(words).lower().split()).strip(" .")
    word = re.sub(r"^(?:an?|the)\s+", "", word)
    return UNITS.get(word) or UNITS.get(re.sub(r"\s*([/²³])\s*", r"\1", word)) or ""


def parts_of(words: str) -> tuple[tuple[float, str], ...]:
    """Returns the amounts in "5 feet 7", 5'7", 3斤2两, 三斤半, 1米75; () when they are none."""
    text = digits_for_words(_unit_before_number(plain(words).lower()))
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = re.sub(r"(?<=[a-z])([23])(?![\d.])", lambda power: "²³"[int(power[1]) - 2], text)  # m2 is one word
    text = _fractions(text)
    text = re.sub(r"^(?:an?|one)\s+(?=[a-z])", "1 ", text)
    if (feet := re.fullmatch(r"(\d+)\s*'\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''|”)?)?", text)) is not None:
        return ((float(feet[1]), "foot"), (float(feet[2] or 0), "inch"))
    text = re.sub(r"(?<=\d)\s*(?:\"|''|″)", " inch", text)
    half = _HALF.match(text)
    found = re.findall(rf"({_NUM})\s*([^\d\s-][^\d-]*?)?\s*(?:,|\band\b)?\s*(?=-?\d|$)", half[1] if half else text)
    if not found or "".join(a + b for a, b in found).replace(" ", "") != re.sub(
        r"[\s,]|\band\b", "", half[1] if half else text
    ):
        return ()
    parts: list[tuple[float, str]] = []
    for number, name in found:
        unit = unit_of(name) if name else ""
        if not unit and parts and not name:
            parts.append(_bare(number, parts[-1][1], spoken_zh=not text.isascii()))
        elif unit:
            parts.append((float(number), unit))
        else:
            return ()
    if half:
        parts.append((0.5, parts[-1][1]))
    warmth = len(parts) > 1 and parts[0][1] in TEMPERATURES
    return tuple(parts) if len({_kind(unit) for _n, unit in parts}) == 1 and not warmth else ()


def _fractions(text: str) -> str:
    """Writes fractions as decimals: half a mile, 1 1/2 miles, one and a half miles, 半斤."""
    text = re.sub(r"^half(?: of)?(?: an?)?\s+|^半个?(?=\S)", "0.5 ", text)
    text = re.sub(r"^(\d+) and a half\b", r"\1.5", text)
    whole = re.match(r"(?:(\d{1,6})\s+)?(\d{1,3})/(\d{1,3})(?=\s*[^\d\s/])", text)
    if whole is None or not int(whole[3]):
        return text
    return f"{int(whole[1] or 0) + int(whole[2]) / int(whole[3])} {text[whole.end() :]}"


def _bare(number: str, unit: str, *, spoken_zh: bool) -> tuple[float, str]:
    if spoken_zh and unit in DECIMAL_AFTER and (unit not in NEXT_SMALLER or len(number) > 1):
        return float(f"0.{number}"), unit
    return float(number), NEXT_SMALLER.get(unit, "")


def _kind(unit: str) -> str:
    """Returns what a composite amount may mix: units of one chain."""
    chains = ("foot inch yard", "chi cun zhang", "jin liang qian", "stone pound ounce", "hour minute second day week")
    return next((chain for chain in (*chains, "meter centimeter kilometer") if unit in chain.split()), unit)


def _unit_before_number(text: str) -> str:
    """两 is a unit in 3两 and a number in 两斤: leaves it alone after a digit or a number word."""
    return re.sub(r"(?<=[\d零一二三四五六七八九十半百千])两(?![\d一二三四五六七八九十百千万])", "liang", text)


def _money_amount(amount: str) -> bool:
    text = digits_for_words(plain(amount).lower())
    found = re.fullmatch(rf"([$€£¥]|us\$)?\s*({_NUM})\s*(\D*)", text.replace(",", ""))
    return found is not None and (bool(found[1]) or _is_money(found[3]))


def _is_money(word: str) -> bool:
    return plain(word).lower().strip(" .") in CURRENCIES


def _stripped(text: str) -> str:
    before = None
    while before != text:
        before = text
        text = _TRAIL.sub("", _LEAD.sub("", text.strip())).strip()
    return text


@lru_cache(maxsize=1)
def _shapes() -> tuple[re.Pattern[str], ...]:
    words = sorted({*UNITS, *CURRENCIES, *COMPOSITES}, key=len, reverse=True)
    unit = rf"(?P<unit>{'|'.join(map(re.escape, words))})"
    number = r"(?:[-\d零一二两三四五六七八九十百千万亿半$€£¥]|an?\b|one\b|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b|half\b)"
    amount = rf"(?P<amount>{number}[^?]*?)"
    shapes = (
        rf"{_VERB_EN}{amount}{_INTO_EN}{unit}",
        rf"how many {unit} (?:is|are|in|are in|are there in|make|does|do)\s+{amount}(?:\s+(?:make|have|has))?",
        rf"{amount}{_INTO_ZH}{unit}",
        rf"(?:多少|几){unit}(?:是|等于|合|有){amount}",
    )
    return tuple(re.compile(shape, re.IGNORECASE) for shape in shapes)


PATTERNS = (
    r"\d.{0,24}?(?:\bto\b|\bin\b|\binto\b|\bas\b|\bis how\b|->|→|=)\s*\S",
    r"\bhow many\b.{1,40}\b(?:in|is|are|make)\b",
    r"[\d零一二两兩三四五六七八九十百千万萬半].{0,12}(?:多少|几|幾|换算|換算|转换|轉換|转成|轉成|换成|換成|折合|等于|等於|合|到|用)",
    r"^.{0,20}?(?:半|\bhalf\b)",
    r"\b(?:an?|one|half|two|three|four|five|six|seven|eight|nine|ten)\s+\w+\s+(?:to|in|into)\s",
    r"(?:多少|几|幾).{1,6}(?:是|等于|等於|合|有)[\d一二两兩三四五六七八九十百千万萬]",
)
"""Coarse patterns of messages that may ask for the skill; `parse` decides."""
