"""Reads, checks and stores the values of slots. A stored value is JSON: text, number, true or false, or an ISO time."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from clawdbot.chinese import simplified
from clawdbot.errors import ClawdbotError
from clawdbot.flows import moments, numbers
from clawdbot.flows.steps import Choice, Collect
from clawdbot.reasons import Reason

LONGEST_TEXT = 4000
_YES = """
yes y yeah yep yup aye absolutely certainly definitely fine alright all_right very_well
by_all_means you_bet yes_please sure ok okay right correct true of_course please_do
go_ahead that’s_right sounds_good sure_thing why_not go_for_it do_it let’s_do_it i_do yes_i_do i_am
yes_indeed 👍 👌 ✅ 🆗
是 是的 好 好的 好啊 可以 对 对的 对啊 行 行的 嗯 要 需要 要的 没错 没问题 确认 确定 当然
可以的 嗯嗯 嗯呢 好滴 好嘞 好呀 行啊 没毛病 就这样 就这么办 当然可以
"""
_NO = """
no n nope nah never negative absolutely_not of_course_not certainly_not no_way not
no_thanks no_thank_you i_don’t don’t false not_really definitely_not not_at_all i_do_not
i_am_not i’m_not 不 不是 不是的 否 不要 不用 不用了 不需要 没有 不行 不可以
不好 不对 错 不了 没 👎 ❌ 🙅
"""
YES, NO = frozenset(_YES.split()), frozenset(_NO.split())
_MARKS = " \t\n.,!?;:~…。，！？；：、～\"'“”‘()（）"
_BESIDE = re.compile(
    r"\b(?:please|thanks|thank you|then|it is|it's|i think|i'd say|that one)\b"
    r"|[吧呀啊哦呢哈嘛]+$|谢谢|麻烦(?:你|您)?|请"
)
_SKIN = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")  # variants of an emoji
# A word of a sentence in Chinese may stand right before the address, so only names in Latin letters are taken whole.
_LOCAL = r"[a-zA-Z0-9_%+'’À-ɏ-]"
_EMAIL = re.compile(
    rf"(?<![a-zA-Z0-9_%+'’.À-ɏ@-]){_LOCAL}{{1,64}}(?:\.{_LOCAL}{{1,64}})*@[\w-]{{1,63}}(?:\.[\w-]{{1,63}})+(?!@)"
    r"|(?<![\w.@+-])[\u4e00-\u9fff]{1,20}@[\w-]{1,63}(?:\.[\w-]{1,63})+(?!@)"
)
_PHONE = re.compile(r"(?<![A-Za-z0-9_./])\(?\+?\d(?:[\d \-()./]{4,22})\d(?![A-Za-z0-9_])")
_TRUNK = re.compile(r"^(\+[\d -]+?)\s*\(0\)")  # the zero that callers from abroad leave out
_DATE = re.compile(r"\b(?:\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})\b")
_ORDINAL_EN = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
_CARDINAL_EN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ORDINAL_ZH = "一二三四五六七八九"


class Unfit(ClawdbotError):
    """A text or value does not fit a slot. Its reason is a sentence for the person."""

    permanent = True

    def __init__(self, why: Reason) -> None:
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the meaning of an answer depends on.

    Attributes:
        now: The time of the message in the person's zone; aware.
        language: "en" or "zh-hans".
    """

    now: datetime
    language: str = "en"


def read(step: Collect, text: str, around: Surroundings, slots: Mapping[str, Any]) -> Any:
    """Returns the value that the text means for the slot.

    Args:
        step: The step that asks for it.
        text: The person's words.
        around: Time and language.
        slots: The values that are known, for bounds that name another slot.

    Raises:
        Unfit: It is none, or it breaks a rule.
    """
    value = _READERS[step.type](step, text, around)
    check(step, value, around, slots)
    return value


def check(step: Collect, value: Any, around: Surroundings, slots: Mapping[str, Any]) -> None:
    """Checks a stored value against the rules of the slot.

    Raises:
        Unfit: It breaks one.
    """
    if not is_canonical(step.type, value) or (step.type == "choice" and not _is_choice(step, value)):
        raise Unfit(Reason("slot_unfit"))
    if isinstance(value, str) and step.type in ("text", "email", "phone"):
        _check_text(step, value, around.language)
    _check_bounds(step, value, slots)
    if step.future and _in_past(step.type, value, around.now):
        raise Unfit(Reason("slot_past"))


def is_canonical(kind: str, value: Any) -> bool:
    """Returns whether the value has the form in which values of this type are stored."""
    if kind == "yes_no":
        return isinstance(value, bool)
    if kind in ("number", "integer"):
        whole = isinstance(value, int) or (isinstance(value, float) and kind == "number")
        return whole and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    parsers = {"date": date.fromisoformat, "time": time.fromisoformat, "datetime": datetime.fromisoformat}
    if kind not in parsers:
        return True
    try:
        parsers[kind](value)
    except ValueError:
        return False
    return len(value) == {"date": 10, "time": 5, "datetime": 16}[kind]


def named_in(step: Collect, text: str, around: Surroundings, slots: Mapping[str, Any]) -> Any:
    """Returns the value if a longer text names one beyond doubt, else None; for texts that answer no question.

    Never a number or a text: these could be anything.
    """
    if step.type in ("text", "number", "integer", "yes_no"):
        return None
    try:
        if step.type == "choice":
            return _only_choice(step, text)
        return read(step, text, around, slots)
    except Unfit:
        return None


def yes_or_no(text: str) -> bool | None:
    """Returns whether the whole text says yes or no; None when it says something else."""
    plain = _plain(text)
    plain = re.sub(r"^(\W)\1+$", r"\1", plain)  # 👍👍
    words = {plain.replace(" ", "_"), _plain(_BESIDE.sub(" ", plain)).replace(" ", "_")}
    parts = [part for part in re.split(r"[\s,，.。!！、]+", plain) if part]
    if words & YES or (len(parts) <= 3 and parts and all(part in YES for part in parts)):
        return True
    if words & NO or (len(parts) <= 3 and parts and all(part in NO for part in parts)):
        return False
    return None


def _plain(text: str) -> str:
    folded = _SKIN.sub("", simplified(unicodedata.normalize("NFKC", text))).lower().replace("'", "’")
    return " ".join(folded.split()).strip(_MARKS)


def _bare(text: str) -> str:
    """Returns letters and digits alone, without accents: people type "cafe" for a button that says "☕ Café"."""
    apart = unicodedata.normalize("NFKD", _plain(text))
    return " ".join(re.sub(r"[^\w\s]", " ", "".join(one for one in apart if not unicodedata.combining(one))).split())


def _text(step: Collect, text: str, around: Surroundings) -> str:
    if not (value := text.strip()):
        raise Unfit(Reason("slot_empty"))
    if not step.free and not step.pattern and not any(sign.isalnum() for sign in value):
        raise Unfit(Reason("slot_empty"))  # an emoji, or marks alone
    return value


def _number(step: Collect, text: str, around: Surroundings) -> float:
    found = list(dict.fromkeys(numbers.find(text)))
    if len(found) != 1:
        raise Unfit(Reason("slot_one_number") if found else Reason("slot_not_number"))
    return found[0]


def _integer(step: Collect, text: str, around: Surroundings) -> int:
    number = _number(step, text, around)
    if number != int(number):
        raise Unfit(Reason("slot_not_whole"))
    return int(number)


def _yes_no(step: Collect, text: str, around: Surroundings) -> bool:
    value = yes_or_no(text)
    if value is None:
        raise Unfit(Reason("slot_yes_no"))
    return value


def _choice(step: Collect, text: str, around: Surroundings) -> str:
    value = _only_choice(step, text) or _by_number(step, text)
    if value is None:
        raise Unfit(Reason("slot_no_choice"))
    return value


def _only_choice(step: Collect, text: str) -> str | None:
    """Returns the choice that the text is, else the only one that it names."""
    plain = _plain(text)
    for form in (_plain, _bare):  # as it is written, else without accents and emoji
        exact = [choice for choice in step.choices if form(text) and form(text) in map(form, _names(choice))]
        if exact:
            return exact[0].value if len(exact) == 1 else None
    named: dict[str, str] = {}  # the longest name of each choice that the text holds
    for choice in step.choices:
        names = sorted(map(_plain, _names(choice)), key=len, reverse=True)
        held = next((name for name in names if _holds(plain, name)), "")
        if held:
            named[choice.value] = held
    # "window seat" names both "window seat" and "seat"; the longer one is meant
    longest = [one for one, name in named.items() if not any(name in o and name != o for o in named.values())]
    return longest[0] if len(longest) == 1 and not _denies(plain) else None


def _names(choice: Choice) -> set[str]:
    return {name for name in (choice.value, *choice.label.values(), *choice.words) if name.strip()}


def _holds(plain: str, name: str) -> bool:
    if name.isascii():
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", plain, re.ASCII) is not None
    return name in plain


def _denies(plain: str) -> bool:
    """Returns whether the text may say which choice is not wanted."""
    return re.search(r"\b(?:not|no|don’t|except|but)\b|不|别|除了|没", plain) is not None


def _by_number(step: Collect, text: str) -> str | None:
    plain = _plain(_BESIDE.sub(" ", _plain(text)))
    match = re.fullmatch(r"(?:the |number |no\. ?|option |第|选)*(\w+?)(?: one| option|个|项|号|种)?", plain)
    if match is None:
        return None
    word = match[1]
    if word.isdecimal() and len(word) <= 3:
        place = numbers.place([choice.shown("en") for choice in step.choices], int(word))
        return step.choices[place].value if place is not None else None
    if word in ("last", "最后", "最后一"):
        return step.choices[-1].value
    words = next((words for words in (_ORDINAL_EN, _CARDINAL_EN, tuple(_ORDINAL_ZH)) if word in words), None)
    at = words.index(word) if words is not None else len(step.choices)
    return step.choices[at].value if at < len(step.choices) else None


def _is_choice(step: Collect, value: Any) -> bool:
    return any(choice.value == value for choice in step.choices)


def _moment(step: Collect, text: str, around: Surroundings) -> str:
    try:
        return moments.read(step.type, text, around.now, around.language)
    except moments.Unclear as unclear:
        raise Unfit(unclear.reason) from None


def _email(step: Collect, text: str, around: Surroundings) -> str:
    found = set(_EMAIL.findall(unicodedata.normalize("NFKC", text)))
    if len(found) != 1:
        raise Unfit(Reason("slot_not_email"))
    return str(found.pop()).rstrip(".").replace("’", "'")


def _phone(step: Collect, text: str, around: Surroundings) -> str:
    found = _PHONE.findall(_DATE.sub(" ", unicodedata.normalize("NFKC", text)))
    if len(found) != 1:
        raise Unfit(Reason("slot_not_phone"))
    written = _TRUNK.sub(r"\1 ", found[0].strip("("))
    digits = re.sub(r"\D", "", written)
    if not 6 <= len(digits) <= 15:
        raise Unfit(Reason("slot_not_phone"))
    return ("+" if written.startswith("+") else "") + digits


_READERS = {
    "text": _text,
    "number": _number,
    "integer": _integer,
    "choice": _choice,
    "yes_no": _yes_no,
    "date": _moment,
    "time": _moment,
    "datetime": _moment,
    "email": _email,
    "phone": _phone,
}


def _check_text(step: Collect, value: str, language: str) -> None:
    longest = min(step.longest or LONGEST_TEXT, LONGEST_TEXT)
    if len(value) > longest:
        raise Unfit(Reason("slot_too_long", most=longest))
    if step.shortest is not None and len(value) < step.shortest:
        raise Unfit(Reason("slot_too_short", least=step.shortest))
    if step.pattern and re.fullmatch(step.pattern, value) is None:
        hint = {key: words for key, words in step.hint.items() if words}
        if not hint:
            raise Unfit(Reason("slot_unfit"))
        raise Unfit(Reason("slot_hint", hint={"en": hint.get("en") or next(iter(hint.values())), **hint}))


def _check_bounds(step: Collect, value: Any, slots: Mapping[str, Any]) -> None:
    moment = step.type in ("date", "time", "datetime")
    low, high = _bound(step.minimum, slots), _bound(step.maximum, slots)
    if low is not None and value < low:
        raise Unfit(Reason("slot_not_before", least=low) if moment else Reason("slot_at_least", least=low))
    if high is not None and value > high:
        raise Unfit(Reason("slot_not_after", most=high) if moment else Reason("slot_at_most", most=high))


def _bound(bound: Any, slots: Mapping[str, Any]) -> Any:
    """Returns the bound, or the value of the slot that it names; None while that has no value."""
    if isinstance(bound, str) and not bound[:1].isdigit():
        return slots.get(bound)
    return bound


def _in_past(kind: str, value: str, now: datetime) -> bool:
    local = now.replace(tzinfo=None)
    return value < (local.date().isoformat() if kind == "date" else local.isoformat(timespec="minutes"))
