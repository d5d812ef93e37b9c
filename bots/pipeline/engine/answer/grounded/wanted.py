"""Reads a question as telling words, whom it is about, and the type of what it asks for (a time, a place, a name)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bots.pipeline.engine.answer.grounded import clauses, names, relations, words
from bots.pipeline.engine.answer.grounded.clauses import Focus
from bots.pipeline.engine.answer.grounded.fact import SELF
from bots.pipeline.engine.answer.grounded.plain_text import HAN, is_chinese, plain, question
from bots.pipeline.engine.answer.grounded.words import Word

SINGLE = frozenset(
    [
        "home",
        "age",
        "birthday",
        "name",
        "surname",
        "origin",
        "work",
        "password",
        "weigh",
        "tall",
        "size",
        "number",
        "email",
        "cost",
        "earn",
        "colour",
        "team",
        "partner",
        "marry",
    ]
)
"""Concepts of which one value holds at a time."""

_TYPES_EN = (
    ("age", r"\bhow old\b|\bwhat age\b|'s age\b|\bmy age\b"),
    (
        "number",
        r"\bhow (?:many|much|tall|heavy|big|far|large|high|wide|deep|fast)\b|\bwhat(?:'s| is| was)? (?:the )?(?:number|price|cost)\b|\w+ (?:number|num)$",
    ),
    (
        "time",
        r"\bwhen\b|\b(?:what|which) (?:time|day|date|month|year|weekday)\b|\bhow (?:long|often)\b|\bsince when\b|\bby when\b",
    ),
    ("place", r"\bwhere\b|\b(?:what|which) (?:city|town|place|country|village|street|area)\b"),
    ("name", r"\b(?:name|names|called|named)\b"),
    ("person", r"\bwho(?:se|m|'s)?\b"),
    ("reason", r"\bwhy\b|\bhow come\b|\bwhat for\b"),
)
_TYPES_ZH = (
    ("age", r"几岁|多大(?:了|年纪|岁数)?|多少岁|什么年纪|年龄"),
    (
        "time",
        r"什么时候|何时|几点|哪[一]?天|几[号日月](?!楼|线|门|房|院|厅|馆|桌|床|车|口|店|台|柜)|星期几|周几|礼拜几|多久|哪[一]?年|几年|多长时间|啥时候|几时",
    ),
    ("name", r"叫什么|什么名|名字|名$|[\u4e00-\u9fff]叫$|叫啥|姓什么|怎么称呼|叫谁"),
    ("number", r"几[个只条位口本次杯斤门家辆台层楼盆号]?|多少|多[高重远]"),
    ("place", r"哪里?|哪儿|什么地方|何处"),
    ("person", r"谁"),
    ("reason", r"为什么|为啥|怎么会|原因"),
)
_TYPES = {
    True: tuple((name, re.compile(one)) for name, one in _TYPES_ZH),
    False: tuple((name, re.compile(one)) for name, one in _TYPES_EN),
}
_ASKS_BY_EN = re.compile(
    r"^(?:please )?(?:name|list|show)(?: me)?(?: all)?(?: of)? |\b(?:i|we) (?:own|have|keep)$|\b(?:what|which) (?:time|day|date|month|year|weekday|place|city|town|country)\b|\bhow (?:old|many|much|tall|heavy|big|far|large|high|wide|deep|fast|long|often|come)\b"
    r"|\b(?:when|where|why|who|whose|whom|what|which|how)(?:'s|'re|s)?\b|\b(?:again|exactly|ever|planned|supposed|happen(?:s|ed|ing)?)\b|\b(?:do|did|does|have|has) (?:you|u) (?:know|remember|recall)\b"
    r"|\b(?:did|do|have) i (?:say|tell you|told you|mention(?:ed)?)(?: that)?\b|\bi (?:said|told you|mentioned)\b"
)
_ASKS_BY_ZH = re.compile(
    r"叫什么|姓什么|叫谁|是谁|什么时候|啥时候|何时|几点钟?|哪[一]?天|几[号日月]|星期几|周几|礼拜几|多久|哪[一]?年|多长时间|几岁|多大(?:了|年纪|岁数)?|多少岁|什么地方|何处|哪个(?:城市|地方|国家|区|省)|哪座城市|哪里?|哪儿|为什么|为啥|多少|什么|几[\u4e00-\u9fff]?|谁|怎么样?|吗$|呢$|是不是|有没有|对不对|名$|叫$"
)
_KIND_EN = re.compile(
    r"\b(?:what|which|what kind of|what sort of|what type of|how many)(?: (?:other|else|is|are|was|'s))? (?P<x>(?!is\b|are\b|was\b|do\b|does\b|did\b|am\b|my\b|i\b)[a-z-]+(?: (?!is\b|are\b|was\b|do\b|does\b|did\b|am\b|my\b|i\b|of\b)[a-z-]+)?)"
)
_KIND_ZH = re.compile(
    r"(?:什么|哪[种款部本家个支只首]|几[门种])(?!时候|名|地方|的|了|样|时)(?P<x>[\u4e00-\u9fff]{1,4})"
)
_ASKED_TYPES = frozenset("citi town countri place villag time day date month year weekday happen".split())
_WHAT_ANIMAL = re.compile(rf"是(?:一?只|一?条)?(?:什么|哪种)(?P<x>{relations.ZH})$")
_DO_EN = re.compile(
    r"\bwhat (?:do|does|did|am|is|are) (?:i|we|he|she|they|my [a-z' -]+?|[a-z]+) (?:do|doing)(?: for (?:a living|work|money))?$|\bfor a living\b|\bwhat (?:kind of )?job\b"
)
_DO_ZH = re.compile(r"(?:是|在)?(?:做|干)(?:什么|啥)(?:工作|的|职业|行业)?(?:的|呢)?$|什么工作|什么职业")
_MINE_EN = re.compile(r"\b(?:my|mine|our|ours)\b")
_ME_EN = re.compile(r"\b(?:i|me|we|us|i'm|im|i've|i'll|i'd|we're|myself)\b")
_MINE_ZH = re.compile(r"[我咱俺]")
_WHICH = (
    r"^(?:and |so |then )*(?:which|who)(?:'s| is| one is| of (?:them|the two) is| one of them is| will be)?(?: the)? "
)
_COMPARES = (
    ("age", "age", re.compile(rf"{_WHICH}(?:older|younger|elder|oldest|youngest)\b|(?:谁|哪个|哪一个)(?:的?年龄|年纪|岁数)?(?:更|比较|最)?(?:年长|年轻|大|小)(?:一?些|一点)?$")),
    ("number", "tall", re.compile(rf"{_WHICH}(?:taller|shorter|tallest)\b|(?:谁|哪个)(?:更|比较|最)?(?:高|矮)(?:一?些|一点)?$")),
    ("number", "weigh", re.compile(rf"{_WHICH}(?:heavier|lighter|heaviest)\b|(?:谁|哪个)(?:更|比较|最)?(?:重|胖)(?:一?些|一点)?$")),
    ("number", "cost", re.compile(rf"{_WHICH}(?:cheaper|dearer|cheapest|more expensive)\b|哪个(?:更|比较|最)?(?:便宜|贵)(?:一?些|一点)?$")),
)  # fmt: skip
"""Comparisons: what type of value they need of each, and its word. Both are quoted; who asks sees which is more."""
_WORLD_EN = re.compile(
    r"^(?:what|who)(?:'s| is| are| was| were) (?:an? )?(?!my\b|our\b|the\b|on\b|in\b|for\b|at\b|your\b)[a-z]+$|\bmean(?:s|ing)?\b|\bdefin\w+\b|\bcapital of\b"
)
_WORLD_ZH = re.compile(r"^什么是|是什么意思")
_PLURAL_EN = re.compile(
    r"^(?:please )?(?:name|list) |\b(?:what|which) (?:are|other|else)\b|\b(?:names|allergies|pets|kids|children|hobbies|languages|plans|things|all)\b|\beverything\b|\bwhat (?:do|does|can|can't|don't|doesn't) .*\b(?:like|love|enjoy|hate|dislike|eat|play|speak|have)\b|\ballergic to$|\bwho (?:are|is in)\b"
)
_PLURAL_ZH = re.compile(r"哪些|都|几[个只口]|分别|喜欢.*什么|对什么|什么过敏|爱好|会.*什么")
_HOW = re.compile(
    r"^(?:and |so |but )*how (?:do|to|can|should|does|would|could)\b|怎么(?!称呼|样|叫)|怎样|如何|咋(?!样)"
)
_YES_NO_EN = re.compile(r"^(?:do|does|did|is|are|am|was|were|have|has|can|will|isn't|aren't|don't|doesn't|didn't)\b")
_YES_NO_ZH = re.compile(r"(?:吗|(?<!什)么)$|是不是|有没有|对不对|会不会|能不能")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a question asks for.

    Attributes:
        plain: The question in its plain form.
        words: Telling words that an answer should hold.
        optional: Words of a kind ("which instrument"), which an answer may name by a member.
        whom: Relations and names that an answer must be about.
        owner: "self" where the person asks about themselves ("i"), "mine" for something of theirs ("my"), else "".
        type: "time", "place", "number", "age", "name", "person", "reason", or "".
        several: It asks for all there is.
        yes_no: It asks whether something holds.
        world: It asks what something is at all.
        how: It asks how something is done.
        borrowed: Its words are those of what the talk is about, because it says none.
    """

    plain: str
    words: tuple[Word, ...]
    optional: tuple[Word, ...]
    whom: frozenset[str]
    owner: str
    type: str
    several: bool = False
    yes_no: bool = False
    world: bool = False
    borrowed: bool = False
    how: bool = False

    @property
    def is_personal(self) -> bool:
        """Whether it asks about the person or somebody whom the person named."""
        return bool(self.whom or self.owner)

    @property
    def concepts(self) -> frozenset[str]:
        return frozenset(concept for word in (*self.words, *self.optional) for concept in word.concepts)


def read(text: str, focus: Focus) -> Wanted:
    """Returns what a message asks for. focus: whom its pronouns mean."""
    asked = question(text)
    chinese = is_chinese(asked)
    kind = next((name for name, pattern in _TYPES[chinese] if pattern.search(asked)), "")
    compared = next(((name, word) for name, word, pattern in _COMPARES if pattern.search(asked)), None)
    if compared is not None:
        kind = compared[0]
    kinds = (_KIND_ZH if chinese else _KIND_EN).search(asked)
    optional = words.of(kinds["x"]) if kinds is not None else ()
    optional = tuple(word for word in optional if word.stem not in _ASKED_TYPES)
    left = (_ASKS_BY_ZH if chinese else _ASKS_BY_EN).sub(" ", asked)
    mine = list(words.of(" ".join(left.split())))
    if compared is not None:
        mine = list(words.of(compared[1]))
    mine += _implied(asked, kind, mine, chinese=chinese)
    whom = {word.relation for word in mine if word.relation}
    whom |= {f"?{name}" for name in names.told_in(asked, focus.aliases)}
    if (kept := _WHAT_ANIMAL.search(asked)) is not None:  # "what bird is Coco?" is not only about what is called a bird
        whom -= {word.relation for word in words.of(kept["x"])}
    pronouns = clauses._HE_ZH if chinese else clauses._HE_EN
    topic: tuple[Word, ...] = ()
    if not whom and (found := _pronoun(asked, pronouns)) is not None:
        meant = focus.person(found)
        whom |= {one for one in meant if one != SELF}
        if not whom:
            topic = () if any(not word.is_weak for word in mine) else _topic(focus)
    own_name = kind == "name" and _owner(asked, chinese=chinese) == SELF  # it is about nothing said before
    if not mine and not whom and not optional and not own_name:
        topic = topic or _topic(focus)
    named = {words.stem(one[1:]) for one in whom if one.startswith("?")}
    rest = tuple(
        word for word in dict.fromkeys(mine) if not word.relation and word not in optional and not _in(word.stem, named)
    )
    return Wanted(
        asked,
        (*rest, *topic),
        tuple(word for word in optional if not word.relation),
        frozenset(whom),
        _owner(asked, chinese=chinese),
        kind,
        compared is not None or bool((_PLURAL_ZH if chinese else _PLURAL_EN).search(asked)),
        bool((_YES_NO_ZH if chinese else _YES_NO_EN).search(asked if not chinese else plain(text))),
        bool((_WORLD_ZH if chinese else _WORLD_EN).search(asked)),
        bool(topic),
        bool(_HOW.search(asked)),
    )


def _topic(focus: Focus) -> tuple[Word, ...]:
    return tuple(word for word in focus.topic if not word.is_weak)[:2]


def _in(stem: str, named: set[str]) -> bool:
    return any(stem == name or (bool(HAN.search(stem)) and (name in stem or stem in name)) for name in named)


def _pronoun(asked: str, pronouns: re.Pattern[str]) -> str | None:
    """Returns which pronoun a question uses: "he", "she", "it" or "they"; None for none."""
    for match in pronouns.finditer(asked):
        before = asked[match.start() - 1 : match.start()]
        if before.isascii() and before.isalnum():
            continue
        if match[0] in ("this", "that", "these", "those", "这", "那"):
            continue
        return match.lastgroup
    return None


def _implied(asked: str, kind: str, said: list[Word], *, chinese: bool) -> list[Word]:
    """Returns words that a question means without saying them: "how old" means an age."""
    found = []
    if kind == "age":
        found.append(words.of("age")[0])
    if kind == "name" and not any("name" in one.concepts for one in words.of(asked)):
        found.append(words.of("name")[0])
    if chinese and "姓什么" in asked:
        found = [words.of("surname")[0]]
    if (_DO_ZH if chinese else _DO_EN).search(asked) and all(one.relation or one.is_weak for one in said):
        found.append(words.of("work")[0])
    if kind == "person" and not chinese and re.match(r"(?:and )?who(?:'s| is| are|s)? (?:my|our)\b", asked):
        found.append(words.of("name")[0])
    return found


def _owner(asked: str, *, chinese: bool) -> str:
    if chinese:
        if re.search(r"[我咱俺](?:们)?(?:的|家)", asked):
            return "mine"
        return SELF if _MINE_ZH.search(asked) else ""
    if _MINE_EN.search(asked):
        return "mine"
    return SELF if _ME_EN.search(asked) else ""


_ELLIPTIC = re.compile(
    r"^(?:and|or|also|what about|how about|wbu|hbu|nd|n)\b(?!.*\b(?:do|does|did|is|are|was|am)\b(?! *$))|^(?!.*\b(?:do|does|did|is|are|was|am|can|have|has|i|'s)\b)\W*[a-z']+(?: [a-z0-9']+){0,2}\W*$"
    r"|呢\W*$|^那|^还有|^[\u4e00-\u9fff]{1,4}[？?]?$"
)


def inherits(text: str, new: Wanted, before: Wanted, focus: Focus) -> Wanted | None:
    """Returns a short follow-up (`new`, read from `text`) completed by the question before it; None when it stands alone.

    "and my sister?" asks the same of somebody else; "and when?" asks for something else of the same.
    """
    words_of = plain(text)
    length = len(new.plain) if HAN.search(new.plain) else len(new.plain.split()) * 3
    if not _ELLIPTIC.search(words_of) or (
        HAN.search(words_of) and re.search(r"什么时候|几|哪", words_of) and new.words
    ):
        return None
    telling = [word for word in (*new.words, *new.optional) if not word.is_weak and not new.borrowed]
    if length > 15:
        return None
    if (new.whom or new.owner) and not telling and not new.type:
        return replace(before, plain=new.plain, whom=new.whom, owner=new.owner if not new.whom else "")
    if new.type and not telling and not new.whom:
        kept = tuple(word for word in before.words if not ({"age", "name", "home", "work"} & word.concepts))
        added = tuple(word for word in new.words if word not in kept and not new.borrowed)
        return replace(
            new, words=(*(kept or focus.topic[:3]), *added), whom=before.whom, owner=before.owner, optional=()
        )
    if not new.type and not new.whom and telling:
        kept = tuple(
            word
            for word in before.words
            if {"home", "work", "age", "name", "like", "dislike", "birthday", "colour", "cost"} & word.concepts
        )
        whom = frozenset(one for one in before.whom if not one.startswith("?"))
        whom = whom if whom == before.whom else frozenset()
        if any(word.kinds or word.heads for word in telling) or kept or before.type or before.words:
            return replace(
                before, plain=new.plain, words=(*new.words, *new.optional), whom=whom, owner="", optional=kept
            )
    return None


def about(whom: frozenset[str], owners: frozenset[str]) -> bool:
    """Tells whether a clause about `owners` may be about all of `whom`; a name must be the same."""
    for one in whom:
        if one.startswith("?"):
            if one not in owners:
                return False
        elif not any(relations.covers(one, other) for other in owners if not other.startswith("?") and other != SELF):
            return False
    return True
