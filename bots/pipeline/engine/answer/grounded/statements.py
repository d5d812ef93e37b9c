"""Reads what one message states about the person, at once and without a model.

The rules of the nightly consolidation come first in precision; `statements_en` and `statements_zh` add what newcomers
write: small letters, no punctuation, ages, "my X is Y". Questions, tales, quotations and others' words state nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache

from bots.pipeline.engine.answer.grounded import given_names, relations, statements_en, statements_zh
from bots.pipeline.engine.answer.grounded.fact import MANY, SELF, Fact
from bots.pipeline.engine.answer.grounded.plain_text import is_chinese
from clawdbot.chinese import simplified
from memory.consolidation import rules, rules_en, rules_zh
from memory.consolidation.claims import ENDED, Statement
from memory.consolidation.episodes import Episode, Line
from memory.consolidation.noise_filter import own_words

LONGEST = 600  # characters of a message that are read; who writes more pastes
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CLAUSE_EN = re.compile(r"[^,;]+[,;]?")
_CLAUSE_ZH = re.compile(r"[^，。！；,!;\n]+[，。！；,!;]?")
# Where a statement without punctuation goes on: 我叫李雷我今年三十岁住在武汉. Behind 让, 说 and the like 我 is no subject.
_NO_MARKS_ZH = re.compile(
    r"(?<=[^，。！；,!;\s让叫给对和跟是道得望果如欢爱恨问听说为讲])(?=我(?:叫|是|今年|现在|住|在|喜欢|不喜欢|对|有|家|的|女儿|儿子|老婆|老公|(?:"
    + relations.ZH
    + r")(?:是|叫|在|今年|喜欢|有)))|(?<=岁)(?=[住在])|(?<=[师生员工计士机医])(?=在[^，。,]{1,10}(?:上班|工作))"
)
_LATIN_START = re.compile(r"[a-z]")
_ADDRESS = re.compile(r"(?:\b[Mm]y|我的?)[^.。,，@]{1,20}?[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
# A clause without a subject goes on about the one before: 我喜欢火锅，不喜欢香菜.
_OF_ME = re.compile(rf"^\W*(?:你好|大家好|嗨)?\W*我(?!的|家|{relations.ZH})(?![^，,]{{0,6}}(?:说|讲|告诉|提)过?)")
_GOES_ON = re.compile(
    r"^(?:但是?|也|还|而且|然后)?(?:现在|目前)?(?:不?(?:太|大|怎么)?(?:喜欢|爱[吃喝看])|讨厌|住在?|在.+(?:工作|上班)|是|今年|\d+岁|养|有|叫|来自|老家[在是]|对.+过敏)"
)
_OF_RELATION = re.compile(rf"我(?:家|们)?(?:的)?(?:{relations.ZH})(?!的|和|跟)")
_GOES_ON_ABOUT = re.compile(
    r"(?:今年|现在|已经|名字)?(?:叫|(?:\d{1,3}|[一二两三四五六七八九十]{1,3})岁|在.+(?:上班|工作)|住在?|喜欢|讨厌|对.+过敏)"
)
_PLACES = ("home", "origin", "birthplace")
_ENDS_A_QUESTION = ("?", "？")


@lru_cache(maxsize=2048)
def stated(text: str, at: datetime, day: date) -> tuple[Fact, ...]:
    """Returns the facts that a message states, in order.

    Args:
        text: The message as it was written.
        at: When it was said, aware.
        day: The same as a day of the person's calendar.
    """
    found: dict[tuple[str, str, str], Fact] = {}
    for sentence in (*sentences(text, at, day), *_addresses(text)):
        mine = list(_of_sentence(sentence, at))
        line = Line(0, "", "user", "", sentence, at, day, None)
        more = [] if _is_of_others(sentence) else [_as_fact(one, sentence) for one in rules.read(Episode((line,)))]
        # Of lists ("peanuts and shellfish") those rules tell the parts apart.
        listed = {(one.subject, one.attribute, one.standing) for one in more if one.attribute in MANY}
        mine = [one for one in mine if (one.subject, one.attribute, one.standing) not in listed]
        taken = {(one.subject, one.attribute) for one in mine if one.attribute not in MANY}
        for fact in (*mine, *(one for one in more if (one.subject, one.attribute) not in taken)):
            found.pop(fact.key, None)
            found[fact.key] = fact
    return tuple(found.values())


def _addresses(text: str) -> Iterator[str]:
    """Yields what states an e-mail address, whose dots end no sentence."""
    if "@" in text and not statements_en.QUESTION.match(text.lower()):
        yield from (match[0] for match in _ADDRESS.finditer(own_words(text[:LONGEST])))


def _is_of_others(sentence: str) -> bool:
    folded = simplified(sentence)
    if is_chinese(folded):
        return bool(statements_zh.OTHERS_WORDS.search(folded))
    return bool(statements_en.QUESTION.match(folded.lower()))


def sentences(text: str, at: datetime, day: date) -> Iterator[str]:
    """Yields the sentences that the person means of themselves: no tale, role play, quotation or pasted text."""
    line = Line(0, "", "user", "", own_words(text[:LONGEST]), at, day, None)
    return (sentence for _line, sentence in rules.meant(Episode((line,))))


def _of_sentence(sentence: str, at: datetime) -> Iterator[Fact]:
    folded = simplified(sentence).replace("俺", "我")
    chinese = is_chinese(folded)
    if chinese and folded.startswith("我") and not statements_zh.OTHERS_WORDS.search(folded):
        sentence, folded = _with_marks(sentence, folded)
    clauses = list((_CLAUSE_ZH if chinese else _CLAUSE_EN).finditer(folded))
    last = len(clauses) - 1
    skip = mine = False
    for number, clause in enumerate(clauses):
        text = clause[0].strip()
        asks = number == last and folded.rstrip().endswith(_ENDS_A_QUESTION)
        if chinese:
            bare = text.rstrip("，。！；,!; ")
            if not (statements_zh.ASKS.search(bare) or statements_zh.OTHERS_WORDS.search(text)):
                written = _as_in(bare, clause[0], sentence, clause.start())
                me = _left_out(folded, bare) if number else ""
                yield from _matches(me + bare, me + written, at, sentence, chinese=True)
            continue
        lowered = text.lower().replace("’", "'")
        skip = bool(statements_en.QUESTION.match(lowered)) or (
            skip and number > 0 and not lowered.startswith(("i ", "my ", "i'm"))
        )
        if asks or skip or len(lowered) != len(text) or rules_en.is_doubtful(_harmless(text)):
            continue
        me = statements_en.left_out(lowered) if mine else ""
        mine = bool(me) or statements_en.OF_ME.match(lowered) is not None
        yield from _matches(me + lowered, me + text, at, sentence, chinese=False)


def _left_out(sentence: str, clause: str) -> str:
    """Returns the subject that a Chinese clause goes on with: 我, or 我家猫 for 今年三岁; "" for none."""
    if _OF_ME.match(sentence) and _GOES_ON.match(clause):
        return "我"
    relation = _OF_RELATION.match(sentence)
    return relation[0] if relation is not None and _GOES_ON_ABOUT.match(clause) else ""


def _with_marks(sentence: str, folded: str) -> tuple[str, str]:
    """Returns a Chinese sentence, as written and simplified, with the commas that the person left out."""
    places = [match.start() for match in _NO_MARKS_ZH.finditer(folded)]
    for place in reversed(places):
        sentence, folded = f"{sentence[:place]}，{sentence[place:]}", f"{folded[:place]}，{folded[place:]}"
    return sentence, folded


def _harmless(text: str) -> str:
    """Returns the clause without a polite "could you …" behind the statement, which makes nothing doubtful."""
    return re.sub(r"\b(?:can|could|would|will) you\b.*$", "", text, flags=re.IGNORECASE)


def _as_in(bare: str, clause: str, sentence: str, start: int) -> str:
    """Returns the clause in its original characters; traditional ones keep their places."""
    begin = start + clause.find(bare)
    return sentence[begin : begin + len(bare)]


def _matches(text: str, written: str, at: datetime, sentence: str, *, chinese: bool) -> Iterator[Fact]:
    data = statements_zh if chinese else statements_en
    for pattern, attribute, standing in data.RULES:
        for match in pattern.finditer(text):
            if not chinese and statements_en.OTHERS_WORDS.search(text[: match.start()]):
                continue
            groups = match.groupdict()
            value = _value(written, match, attribute, chinese=chinese)
            if not value or not _fits(value, attribute, standing, written, match, chinese=chinese):
                continue
            subject = SELF
            if groups.get("r"):
                subject = relations.usual(groups["r"], groups.get("adj") or "")
            named = groups.get("n")
            if named and (chinese or written[match.start("n")].isupper()):
                yield Fact(subject, "name", written[match.start("n") : match.end("n")], at, "", sentence)
            if attribute in ("my", "favourite"):
                thing = (groups.get("x") or "").strip()
                if attribute == "favourite":
                    thing = f"最喜欢的{thing}"
                yield Fact(subject, f"my {relations.usual_thing(thing)}", value, at, groups.get("c") or "is", sentence)
            else:
                yield Fact(subject, attribute, value, at, "" if standing == "bare" else standing, sentence)


def _value(written: str, match: re.Match[str], attribute: str, *, chinese: bool) -> str:
    value = written[match.start("v") : match.end("v")].strip(" '’\"“”")
    if chinese:
        tail = (
            r"(?:了|啦|啊|呀|吧|哦|哈|呢|就好|就行|就可以|好了)+$"
            if attribute in ("name", "home", "preference", "my")
            else r"(?:啦|啊|呀|哦)+$"
        )
        return re.sub(tail, "", value)
    if attribute in ("home", "employer", "name", "job", "origin"):
        value = rules_en.trim(value)
    if attribute == "name" and value.islower():
        value = value.title()
    if attribute in _PLACES and value.islower() and len(value.split()) <= 2:
        value = value.title()
    if (
        attribute == "job"
        and value
        and re.match(r"(?!an? |the |head |[A-Z])[a-z]+(?: [a-z]+)?$", value)
        and not value.endswith("s")
    ):
        value = f"{'an' if value[0] in 'aeiou' else 'a'} {value}"
    return value


def _fits(value: str, attribute: str, standing: str, written: str, match: re.Match[str], *, chinese: bool) -> bool:
    if attribute == "name":
        if chinese:
            return _is_name_zh(simplified(value), bare=standing == "bare")
        return _is_name_en(written[match.start("v") : match.end("v")], written, bare=standing == "bare")
    if "cap" in match.groupdict() and not (
        written[match.start("v")].isupper() and written[match.start("cap")].isupper()
    ):
        return False
    if attribute in _PLACES:
        language = rules_zh if chinese else rules_en
        return language.is_place(value) if attribute == "home" or chinese else len(value.split()) <= 5
    if attribute == "origin" and chinese:
        return len(value) >= 2
    if attribute == "birthday":
        return bool(re.search(r"\d|[一二三四五六七八九十]", value)) or not chinese
    if attribute == "employer" and not chinese:
        return not re.match(
            r"(?:home|night|nights|weekends?|the moment|a|an|it|you|me|free|myself)\b", value.lower()
        ) or bool(re.match(r"an? [a-z]+", value.lower()))
    if attribute == "age" and not chinese:
        return value.isdigit() or bool(re.match(r"(?:twen|thir|for|fif|six|seven|eigh|nine)ty", value))
    return True


def _is_name_en(value: str, written: str, *, bare: bool) -> bool:
    words = value.strip(" '").split()
    if not 0 < len(words) <= 3 or statements_en.NO_NAME.match(value.lower().strip()):
        return False
    if any(not re.fullmatch(r"[^\W\d_][\w.'’-]*", word) for word in words):
        return False
    if not bare:
        return len(words[0]) > 1 or words[0].isupper()
    if written.isupper() or value.islower():
        return len(words) == 1 and words[0].lower() in given_names.COMMON
    return all(word[0].isupper() for word in words) and not _LATIN_START.match(words[0])


def _is_name_zh(value: str, *, bare: bool) -> bool:
    if statements_zh.NO_NAME.search(value) or rules_zh.is_no_name(value):
        return False
    return rules_zh.is_like_a_name(value) if bare else len(value) <= 8 or value.isascii()


def _as_fact(one: Statement, sentence: str) -> Fact:
    subject = SELF if one.subject == SELF or not one.subject else relations.usual(one.subject.lower())
    if one.attribute == "pet":
        return Fact(relations.usual(one.value.lower()), "name", one.standing, one.said_at, "", sentence)
    if one.attribute.startswith("favourite "):
        return Fact(subject, f"my {one.attribute}", one.value, one.said_at, "is", sentence)
    value = one.value
    if one.attribute == "preference":
        value = re.split(r" (?:and|but) (?:i |also )*(?:hate|dislike|don't|can't|love|like)\b", value)[0]
    if one.attribute == "job" and value[:1].islower() and not _HAN.search(value):
        value = f"{'an' if value[0] in 'aeiou' else 'a'} {value}"
    return Fact(subject, one.attribute, value, one.said_at, "!" if one.standing == ENDED else one.standing, sentence)
