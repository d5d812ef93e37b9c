"""Brings corrections into what they correct: "exam on friday", "no wait, monday" reads as "exam on monday".

The value of the same type (a day, a time, a number, a name) in the statement before, or the old value that the
correction names, gives way to the new one. So neither a fact nor a quotation says what does not hold any more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from bots.pipeline.engine.answer.grounded import small_talk, values, words
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.answer.grounded.plain_text import HAN, asks, folded

_LOOKED_BACK = 40  # messages
_LONGEST = 160
_FIRST = 5  # characters before a new value, such as "this "
_MARK_EN = re.compile(
    r"^\W*(?:(?:oh|ah|hm+|um|uh|er+|ok|and|but|well|so|yeah|lol|haha|omg|argh|ugh)\W+)*(?:no+|nope|nah|sorry|oops|whoops|wait|actually|correction|scratch that|my bad|my mistake|i mean|i meant|meant|typo|nvm|never ?mind|hang on|hold on|i (?:got|said|wrote|typed) (?:that|it) wrong|that'?s wrong|i was wrong|not [\w' ]+ but|make (?:it|that)|should be|it should be|\*)(?=$|[\W_])"
    r"|(?:,| -) not\b|\bnot [\w' -]{1,25}?(?:,|\bbut\b)|\binstead of\b|\b(?:sorry|i mean|i meant|actually|correction)[,:!]? |\b(?:was|been|got|is|it's|its)? ?(?:moved|migrated|converted|changed|pushed(?: back)?|put(?: it)? (?:back|off|forward)|switched|rescheduled|postponed|upped|raised|lowered|increased|cut|brought forward|delayed) (?:\w+ ){0,2}(?:to|until|till|from)\b"
)
_MARK_ZH = re.compile(
    r"^\W*(?:哦|啊|哎呀?|呃|额|等等|等一下)?\W*(?:不对|不是|错了|不不|说错|打错|记错|搞错|写错|口误|更正|纠正|应该是|其实是?|抱歉|对不起|不好意思|我是说|是说)|(?:说|打|记|搞|写|弄)错了|而是|不是.{1,10}[，, ]*(?:是|叫)|改[成到为在]了?|改(?=\d|周|下)|变[成为]|推迟到|提前到|换成了?|延到|挪到"
)
_LEAD = re.compile(
    r"^\W*(?:(?:oh|ah|hm+|um|uh|er+|ok|and|but|well|so|yeah|no+|nope|nah|sorry|oops|whoops|wait|actually|correction|scratch that|my bad|my mistake|i mean|i meant|meant|typo|nvm|never ?mind|hang on|hold on"
    r"|i (?:got|said|wrote|typed) (?:that|it) wrong|that'?s wrong|i was wrong|make (?:it|that)|(?:it )?should be|it'?s|it is|its|that'?s|they'?re|he'?s|she'?s|really|now|lol|haha|omg|argh|ugh|\*)(?=$|[\W_])\W*)+",
    re.IGNORECASE,
)
_LEAD_ZH = re.compile(
    r"^\W*(?:哦|啊|哎呀?|呃|额|等等|等一下|不对|不是|错了|不不|说错了?|打错了?|记错了?|搞错了?|写错了?|口误|更正一?下?|纠正一?下?|应该是|应该|其实|抱歉|对不起|不好意思|我是说|我说|刚才|是|我|了|\W)+"
)
_CHANGED_TO = re.compile(
    r"\b(?:moved|changed|pushed|put(?: it)? (?:back|off|forward)|switched|rescheduled|postponed|upped|raised|lowered|increased|cut|brought forward|delayed)(?: \w+){0,2} (?:to|until|till) |(?:改|换|推迟|提前|挪|延|变)(?:成|到|为|在)了?|改(?=\d|周|下)|变成"
)
_SURELY = re.compile(
    r"\b(?:mean|meant|sorry|oops|whoops|wait|typo|correction|wrong|should be|my bad|my mistake|make it|make that)\b|\b(?:no+|nope|actually)\W+(?:it'?s|its|he'?s|she'?s|they'?re|in|at|the)\b|^\W*\*|[错对歉]|应该|我是说|其实|不是|口误|更正|改"
)
_TAIL = re.compile(
    r"(?:\W+(?:sorry|actually|lol|haha|my bad|now|instead|my mistake|i mean))+\W*$|[了啦哈呀啊]+\W*$", re.IGNORECASE
)
_MOVED = re.compile(r"\b(?:moved|changed|pushed|postponed|rescheduled)\b|改|换|推迟|提前")
_NEW_NAME = re.compile(
    r"\b(?:changed|switched) (?:his|her|its|the|their) names? to (?P<n>[^\W\d_]+)|名字?(?:又)?(?:改|换)(?:成|为|叫)了?(?P<m>[\u4e00-\u9fff]{1,4}?)(?=了?$|[，。！,.!])"
)
_NAMED = re.compile(
    r"\b(?:called|named)\s+(?P<n>[^\W\d_]+)|(?:取名|起名|名字?)?(?:叫做?|取名|起名)(?P<m>[\u4e00-\u9fff]{1,4}?)(?=$|[，。！,.!\s])"
)
_PART = re.compile(r"[.!;]+\s+|[,，。！；;]\s*")
_SENTENCE = re.compile(r"\w (?:is|are|was) \w|[^\W\d_](?:是|叫)[^\W\d_]")
_PAIRS = (
    (re.compile(r"\bnot (?:in |at |on |an? |the |called )?(?P<old>[\w' -]{1,30}?)(?:,? but|,? (?:it'?s|its|i'm|he'?s|she'?s)|[,;.:]) (?:in |at |on |an? |the |called |it'?s |its |it is )?(?P<new>[^,.;!?]{1,30})"), False),
    (re.compile(r"(?P<new>[\w'][\w' -]{0,30}?),? (?:and )?not (?:in |at |on |an? |the )?(?P<old>[\w' -]{1,30}?)(?=$|[,.;!?])"), True),
    (re.compile(r"(?P<new>[\w'][\w' -]{0,30}?) instead of (?:in |at |on |an? |the )?(?P<old>[\w' -]{1,30}?)(?=$|[,.;!?])"), True),
    (re.compile(r"\bfrom (?P<old>[\w' :-]{1,25}?) to (?P<new>[\w' :-]{1,25}?)(?=$|[,.;!?])"), False),
    (re.compile(r"不是(?P<old>[^，,。；;是]{1,12}?)[，, ]*(?:而是|应该是|是|叫)(?P<new>[^，,。；;！!了]{1,12})"), False),
    (re.compile(r"(?:是|叫)(?P<new>[^，,。；;！!]{1,12}?)[，, ]*(?:而)?不(?:是|叫)(?P<old>[^，,。；;！!]{1,12})"), False),
    (re.compile(r"[从由](?P<old>[^，,。；;]{1,10}?)(?:改|换|推迟|提前|挪|延)(?:成|到|为|在)了?(?P<new>[^，,。；;！!了]{1,12})"), False),
    (re.compile(r"(?P<old>[^，,。；;\s]{1,8}?)(?:改|换|推迟|提前|挪|延)(?:成|到|为|在)了?(?P<new>[^，,。；;！!了]{1,12})"), False),
    (re.compile(r"把(?P<old>[^，,。；;]{1,10}?)(?:改|换)(?:成|为)了?(?P<new>[^，,。；;！!了]{1,12})"), False),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Mended:
    """A message as corrected: the number of the message and its new text."""

    number: int
    text: str


class Corrected(Said):
    """A message whose text a later message has corrected."""

    corrected = True


def amended(said: Iterable[Said]) -> tuple[Said, ...]:
    """Returns the messages, oldest first, with corrections brought into what they correct."""
    found: list[Said] = []
    for one in said:
        mended = _mended(one.text, found) if len(one.text) <= _LONGEST and marks(one.text) else None
        if mended is None:
            found.append(one)
            continue
        old = found[mended.number]
        found[mended.number] = Corrected(*old._replace(text=mended.text, at=one.at, day=one.day))
        if not _adds(one.text):
            found.append(one._replace(text=""))
        else:
            found.append(one)
    return tuple(one for one in found if one.text)


@lru_cache(maxsize=4096)
def marks(text: str) -> bool:
    """Tells whether a message says that it corrects something."""
    plain = folded(text)
    return not asks(text) and (_MARK_ZH if HAN.search(plain) else _MARK_EN).search(plain) is not None


def _adds(text: str) -> bool:
    """Tells whether a correction is a whole statement of its own: "sorry, my exam is on monday"."""
    plain = folded(text)
    if HAN.search(plain):
        left = _LEAD_ZH.sub("", plain)
        return len(words.of(left)) > 2
    left = _LEAD.sub("", plain)
    return len(words.of(left)) > 1 and re.search(r"\b(?:my|i|i'm|our|we)\b", left) is not None


def _mended(text: str, before: list[Said]) -> _Mended | None:
    plain = folded(text)
    for pattern, shortens in _PAIRS:
        match = pattern.search(plain)
        if match is None:
            continue
        old = match["old"].strip()
        new = text[match.start("new") : match.end("new")].strip()
        new = _shortened(new) if shortens else _TAIL.sub("", new)
        if (found := _in_place(old, new, before)) is not None:
            return found
    return _bare(text, plain, before)


def _shortened(new: str) -> str:
    """Returns a new value without what introduces it: "sorry it's on monday" gives "monday"."""
    left = _LEAD.sub("", new) if not HAN.search(new) else _LEAD_ZH.sub("", new)
    match = re.match(
        r"(?:.*\b(?:is|are|was|called|in|at|on|to|my|the|an?|it's|its|i'm|as|has|have) )?(.+)$", left, re.IGNORECASE
    )
    return match[1] if match is not None else left


def _in_place(old: str, new: str, before: list[Said]) -> _Mended | None:
    if not old or not new:
        return None
    pattern = re.compile(
        re.escape(old) if HAN.search(old) else rf"(?<![A-Za-z0-9]){re.escape(old)}(?![A-Za-z0-9])", re.IGNORECASE
    )
    for number in range(len(before) - 1, max(-1, len(before) - _LOOKED_BACK), -1):
        text = before[number].text
        if pattern.search(folded(text)) and len(folded(text)) == len(text) and not asks(text):
            return _Mended(number, pattern.sub(new.replace("\\", ""), text, count=1))
    return None


def _bare(text: str, plain: str, before: list[Said]) -> _Mended | None:
    """Returns what a correction without the old value mends: the value of its type in the statement it is about."""
    changed = _CHANGED_TO.search(plain)
    if (found := _renamed(text, plain, before)) is not None:
        return found
    if changed is not None and (found := _new_value(text[changed.end() :], before)) is not None:
        return found
    lead = (_LEAD_ZH if HAN.search(plain) else _LEAD).match(plain)
    left = text[lead.end() if lead else 0 :]
    left = _TAIL.sub("", left).strip(" .!,。，！")
    folded_left = folded(left)
    if not left:
        return None
    if small_talk.kind(text):
        return None
    number = _target(folded_left, before)
    if number is None:
        return _in_parts(text, plain, before)
    old = before[number].text
    mended = _swapped(old, left)
    if mended == old and _SURELY.search(plain) and not _has_subject(folded_left):
        mended = _last_word(old, left)
    return _Mended(number, mended) if mended != old else None


def _renamed(text: str, plain: str, before: list[Said]) -> _Mended | None:
    """Returns the latest statement that gives a name, with the new one: "they changed her name to Ida"."""
    new = _NEW_NAME.search(plain)
    if new is None:
        return None
    group = "n" if new["n"] else "m"
    for number in range(len(before) - 1, max(-1, len(before) - _LOOKED_BACK), -1):
        old = before[number].text
        held = _NAMED.search(folded(old))
        if held is not None and not asks(old) and len(folded(old)) == len(old):
            begin, stop = held.span("n" if held["n"] else "m")
            return _Mended(number, old[:begin] + text[new.start(group) : new.end(group)] + old[stop:])
    return None


def _in_parts(text: str, plain: str, before: list[Said]) -> _Mended | None:
    """Returns what the last part of a correction mends that is nothing but a value: "they moved it. It's the 23rd"."""
    parts = [part for part in _PART.split(text) if part.strip()]
    if len(parts) < 2 or (_SURELY.search(plain) is None and _MOVED.search(plain) is None):
        return None
    for part in reversed(parts):
        bare = folded(part)
        lead = (_LEAD_ZH if HAN.search(bare) else _LEAD).match(bare)
        left = _TAIL.sub("", part[lead.end() if lead else 0 :]).strip()
        if not any(values.spans(name, folded(left)) for name in values.SWAPPED) or _has_subject(folded(left)):
            continue
        number = _target(folded(left), before)
        if number is not None and (mended := _swapped(before[number].text, left)) != before[number].text:
            return _Mended(number, mended)
    return None


def _swapped(old: str, left: str) -> str:
    """Returns a statement with the values of a correction in the place of those of the same type."""
    mended, plain = old, folded(left)
    for name in values.SWAPPED:
        new_spans, old_spans = values.spans(name, plain), values.spans(name, folded(mended))
        if new_spans and old_spans and len(folded(mended)) == len(mended):
            begin, stop = _likeliest(mended, old_spans, plain)
            value = left[new_spans[0][0] : new_spans[0][1]]
            mended = mended[:begin] + _fitting(mended[begin:stop], value) + mended[stop:]
            if name == "clock" and values.spans("day", plain) == []:
                break
    return mended


def _new_value(new: str, before: list[Said]) -> _Mended | None:
    """Returns the latest statement with a value of the type to which something was changed, and with the new one."""
    for number in range(len(before) - 1, max(-1, len(before) - 5), -1):
        text = before[number].text
        for name in values.SWAPPED:
            fresh, held = values.spans(name, folded(new)), values.spans(name, folded(text))
            # "moved to Utrecht in spring" changes no spring: the new value comes first.
            if fresh and fresh[0][0] <= _FIRST and held and len(folded(text)) == len(text) and not asks(text):
                begin, stop = held[-1]
                value = _fitting(text[begin:stop], new[fresh[0][0] : fresh[0][1]])
                return _Mended(number, text[:begin] + value + text[stop:])
    return None


def _has_subject(left: str) -> bool:
    """Tells whether a correction is a statement of its own: "my sister is 30"."""
    if HAN.search(left):
        return bool(re.match(r"我|他|她|它", left))
    return bool(re.match(r"(?:i|i'm|im|i've|my|we|our|the(?! \d)|he|she|they|you|there|his|her)\b", left))


def _fitting(old: str, new: str) -> str:
    """Returns the new value, with the "at" or "in" that the old one has."""
    lead = re.match(r"(?:at|in|by|for|until|till|from|around|about|the) ", old, re.IGNORECASE)
    if lead is not None and not re.match(r"(?:at|in|by|for|until|till|from|around|about|the) ", new, re.IGNORECASE):
        return lead[0] + new
    return new


def _likeliest(text: str, spans: list[tuple[int, int]], left: str) -> tuple[int, int]:
    """Returns the old value nearest to a word that the correction repeats; else the last one."""
    plain = folded(text)
    shared = [word.stem for word in words.of(left) if word.stem in plain and not word.stem.isdigit()]
    if not shared:
        return spans[-1]
    at = plain.find(shared[0])
    return min(spans, key=lambda span: abs(span[0] - at))


def _target(left: str, before: list[Said]) -> int | None:
    """Returns the number of the message that a correction is about: it shares a telling word, or is the last one."""
    telling = [
        word
        for word in words.of(left)
        if not word.is_weak and not any(values.holds(name, word.stem) for name in ("day", "clock", "number"))
    ]
    statements = [number for number in range(len(before)) if before[number].text and not asks(before[number].text)]
    if not statements:
        return None
    for number in reversed(statements[-_LOOKED_BACK:]):
        plain = folded(before[number].text)
        if telling and any(words.met(word, words.of(plain), plain) >= 0.9 for word in telling[:3]):
            return number
    if len(telling) > 2 or _has_subject(left):
        return None
    typed = [name for name in values.SWAPPED if values.spans(name, left)]
    for number in reversed(statements[-6:]):
        if not typed or any(values.spans(name, folded(before[number].text)) for name in typed):
            return number if typed or number == statements[-1] else None
    return None


def _last_word(old: str, new: str) -> str:
    """Returns the statement with the new value in place of what stands behind its last verb or preposition."""
    if len(new.split()) > 4 or len(new) > 24 or _SENTENCE.search(new):
        return old
    if new.isupper() and len(alike := re.findall(r"\b[A-Z]{2,6}\b", old)) == 1:  # a code, such as that of an airport
        return old.replace(alike[0], new)
    if HAN.search(old):
        match = re.match(
            r"(?P<a>.*(?:叫做?|是|在|住|姓|去|喜欢|养了?|吃|喝|学|买了?))(?P<b>[^，。！？,!?]{1,10}?)(?P<c>[了啦]?[，。！？,!?\s]*)$",
            old,
        )
    else:
        match = re.match(
            r"(?P<a>.*\b(?:is|are|was|called|named|in|at|on|to|from|a|an|the|with|for|like|love|as|has|have|got|i'm|im|it's|its|'s)\s)(?P<b>[^,.!?;]+?)(?P<c>[.!?\s]*)$",
            old,
            re.IGNORECASE,
        )
    if match is None:
        return old
    bare = re.sub(r"^(?:on|in|at|to|from|an?|the|it'?s|is|called)\s", "", new, flags=re.IGNORECASE)
    bare = re.sub(r"^(?:是|叫|在)", "", bare)
    return f"{match['a']}{bare}{match['c']}"
