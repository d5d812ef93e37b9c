"""Cuts what a person said into clauses, and tells of each whom it is about and what it goes on from.

"my sister's a nurse, she lives in york" gives two clauses about the sister. A question tells nothing, but says whom
"she" means next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from bots.pipeline.engine.answer.grounded import declining, given_names, names, relations, small_talk, values, words
from bots.pipeline.engine.answer.grounded.fact import SELF
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.answer.grounded.plain_text import asks, folded, is_chinese
from bots.pipeline.engine.answer.grounded.words import Word
from memory.consolidation.noise_filter import own_words
from skills.person import reading as person

NOTHING_TOLD = frozenset(("forget", "injection", "language", "code", "others", "make", "do"))
"""Kinds of requests that tell nothing of the person."""
LONGEST = 1200  # characters of a message that are read
READ_TEXTS = 8192  # texts whose reading is kept: the latest messages of about 20 people
_SUBJECT = (
    r"(?:i|i'm|im|i've|ive|i'll|i'd|my|we|we're|we've|our|he|she|it|its|it's|they|they're|his|her|their|the|there|there's|this|that|he's|she's|hes|shes"
    rf"|(?:(?:an?|one|two|the) )?(?:{relations.EN})(?:'s)?|who \w+|[a-z]+(?: is| has| lives| works| likes| loves| hates| was| plays| wants| goes| studies|'s)|[a-z]+ [a-z]+ (?:is|has|lives|works)|now i\w*|also \w+|then \w+|both \w+)\b"
)
_VERBS = (
    r"live|lives|work|works|love|loves|like|likes|hate|hates|play|plays|study|studies|drive|drives|speak|speaks|eat|eats|drink|drinks|want|wants|swim|run|go|went|going|moved|moving|born|turning|turned|allergic|"
    r"studying|working|living|learning|playing|married|back|leaving|flying|staying|bought|sold|lost|broke|started|quit|teach|teaches|need|needs|prefer|prefers|enjoy|enjoys|named|called|also|just"
)
_CUT_EN = re.compile(
    r"(?<!\bdr\.)(?<!\bmr\.)(?<!mrs\.)(?<!\bms\.)(?<!\bst\.)(?<!\bno\.)(?<=[.!?;…])\s+|\s*\n+\s*|;\s*|\s+[-–—]+\s+|,?\s+(?:and|but|so|while|whereas|then|plus|also|though|n|&)\s+|\s+(?=(?:she'?s|he'?s|they'?re|his name|her name|i (?:have|got|play|live|work|saw|need|use)|i'?m|im)\b)|,\s*(?:and |but |so )?",
    re.IGNORECASE,
)
_GOES_ON_EN = re.compile(
    rf"(?:{_SUBJECT})|.*\b(?:is|are|was|were|at|on|in|from|to|for|has|have|had|got|called|named|by|until|till|starts?|every|don't|dont|can't|cant|not|never|will|with)\b.*\w|.*'s \w|(?:{_VERBS})\b"
)
"""What tells a new clause from an item of a list: a subject, a verb or a preposition."""
_BOUND = re.compile(
    r"(?:^|\b(?:when|if|that|because|cuz|cos|think|where|what|who|how|since|than|as|while|where|whose|say|said|until|till|hope|know))$"
)
"""What goes on in one clause: "when i'm"."""
_CUT_ZH = re.compile(
    r"[，。！？；,!?;…~～]+\s*|\s+(?![a-z])|\n+|(?<=[^\s和跟给对让叫问说与把被比帮])(?=我(?:们|家|的)?(?:叫|是|今年|现在|住|在|有|的|喜欢|对|养|打算|还|也|爸|妈|哥|姐|弟|妹|老公|老婆|儿子|女儿|爷爷|奶奶|孩子|男朋友|女朋友|同事|老板))"
    rf"|(?<=[岁号点块元斤层级])(?=(?:{relations.ZH})(?!的?时))"
)
_LEAD_EN = re.compile(
    r"^(?:(?:and|n|but|so|also|well|oh|ah|hi|hey|hello|btw|by the way|actually|now|then|plus|ok|okay|yeah|yes|no|anyway|(?:please |can you |could you )?remember(?: that| this)?|note(?: that)?|fyi|just so you know|for the record"
    r"|sorry|today|yesterday|tomorrow|tonight|(?:next|last|this) \w+|on \w+(?: \d+\w*)?|guess what|lol|haha|um|hmm|good (?:morning|evening)|morning|since \w+|these days|at the moment|currently|in \w+)[ ,:!.-]+)+"
)
_LEAD_ZH = re.compile(
    r"^(?:你好|您好|嗨|哈喽|对了|那个|其实|嗯|哦|啊|诶|记住|帮我记一?下|记一?下|请记住|还有|然后|而且|但是?|不过|所以|另外|顺便说一?下|话说|今天|明天|后天|昨天|前天|今晚|最近|上?下?个?(?:周|星期|礼拜)[一二三四五六日天末]?|这?上?下?个?月|今年|去年|明年|早上|上午|中午|下午|晚上|刚才|刚刚|现在|以前|\d+月\d*[号日]?|\d+[号日]|[：:])+"
)
_SELF_EN = re.compile(r"(?:i|i'm|im|i've|ive|i'll|i'd|we|we're|we've|we'll|me|my name)\b")
_AND_ME = re.compile(r"\b(?:and|&) (?:i|me)\b|\b(?:i|me) and\b|[和跟]我(?!的|[家妈爸姐妹哥弟])|我[和跟]")
_MINE_EN = re.compile(rf"(?:my|our)(?: own| dear)? (?:(?P<adj>{relations.ADJECTIVE})[ -])?(?P<rest>.*)")
_OF_ONE = re.compile(
    r"(?:one|some|two|three|both|all|a (?:friend|cousin|colleague|neighbou?r)) of (?:my|our) (?P<rest>.*)|an? (?P<one>friend|cousin|colleague|neighbou?r) of mine"
)
_HE_EN = re.compile(
    r"(?P<he>he|he's|hes|his|him|he'll)\b|(?P<she>she|she's|shes|her|she'll|hers)\b|(?P<they>they|they're|their|them|both)\b|(?P<it>it|it's|its|this|that|that's|these|those)\b"
)
_HE_ZH = re.compile(r"(?P<he>他)(?!们)|(?P<she>她)(?!们)|(?P<it>它|这|那)|(?P<they>[他她它]们|两个都|俩都)")
_SELF_ZH = re.compile(r"(?:我|俺|咱)(?:们)?(?!的)")
_REL_ZH = re.compile(rf"(?:(?:我|咱|俺)(?:们)?(?:家)?(?:的)?)?(?P<r>{relations.ZH})")
_VERB = re.compile(
    r"(?:'s|s)?(?: also| just| really| now)? (?:is|are|was|were|has|have|had|lives?|works?|likes?|loves?|hates?|wants?|goes|got|plays?|studies|moved|started|turns?|turned|will|can|can't|doesn't|isn't|prefers?|eats?|drinks?|drives?|speaks?|broke|died|just|needs?|says|said)\b|'s\b"
)
_UPDATES = re.compile(
    r"\b(?:switched|changed|now|moved|upped|update|updated|new one|instead)\b|现在|改|换|变成|变为|涨|降"
)
"""Words of a clause that only says what is new."""
_NEAREST = 0.9
"""How much the context of a clause counts that says "it" or nothing but a value."""
_CONTINUES = re.compile(
    r"(?:who|which|whose|where|when|has|have|had|is|are|was|were|will|can|could|do|does|did|would|should)\b"
)
"""How a clause in the middle of a message begins that goes on from the one before it: "…, who plays rugby"."""
_LETTER = re.compile(r"[^\W\d_]")
_IT = re.compile(r"\b(?:it|its|it's|them)\b|[它]")


@dataclass(frozen=True, slots=True)
class Clause:
    """A piece of what the person said.

    Attributes:
        text: As it was written.
        plain: In small letters, simplified.
        owners: Whom it is about: "self", relations, names as "?leo"; none for things.
        words: Its telling words.
        context: Those of what it goes on from.
        near: How much the context counts: nearly as much as its own words where it says nothing else ("it's on friday").
        elided: It leaves out whom it is about, or says "she".
        at: When it was said.
        message, start, stop: Its place in the messages.
        corrected: Its text has been mended by a later message.
    """

    text: str
    plain: str
    owners: frozenset[str]
    words: tuple[Word, ...]
    context: tuple[Word, ...]
    near: float
    elided: bool
    at: datetime
    message: int
    start: int
    stop: int
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a piece of a text says by itself, whoever said it.

    Attributes:
        begin, stop: Its place in the text.
        written, plain: As it was written, and in small letters.
        asks: It is a question.
        words: Its telling words.
        topics: How many of them say what it is about.
        says_it: It says "it".
        updates: It has a word of change.
        named: The names that it gives to relations.
    """

    begin: int
    stop: int
    written: str
    plain: str
    asks: bool
    words: tuple[Word, ...]
    topics: int
    says_it: bool
    updates: bool
    named: dict[str, frozenset[str]]


@dataclass(slots=True)
class Focus:
    """Whom and what the talk is about, for pronouns.

    Attributes:
        people: Owners of the clauses about others, latest last.
        topic: Telling words of the latest clause.
        earlier: Those of the message before it.
        aliases: Names of relations: "leo" is "son".
    """

    people: list[frozenset[str]] = field(default_factory=list)
    topic: tuple[Word, ...] = ()
    earlier: tuple[Word, ...] = ()
    aliases: dict[str, frozenset[str]] = field(default_factory=dict)

    def person(self, pronoun: str) -> frozenset[str]:
        """Returns whom a pronoun ("he", "she", "they", "it") means; nobody when nobody fits."""
        for owners in reversed(self.people):
            pets = owners & relations.PETS
            wrong = owners & (
                relations.WOMEN if pronoun == "he" else relations.MEN if pronoun == "she" else frozenset()
            )
            if wrong and pets:  # "my sister's dog": it is the dog
                return owners
            if wrong:
                continue
            if pronoun == "it":
                if pets:
                    return pets | {one for one in owners if one.startswith("?")}
                continue
            return owners - pets if pronoun in ("he", "she") and owners - pets - {SELF} else owners
        return frozenset()


def told(said: Iterable[Said]) -> tuple[list[Clause], Focus]:
    """Returns the clauses that tell something, oldest first, and what the talk is about now."""
    focus = Focus()
    found: list[Clause] = []
    for number, one in enumerate(said):
        text, read = _read(one.text[:LONGEST])
        if read:
            before = focus.topic
            found.extend(_of_message(text, read, one, number, focus))
            focus.earlier = before
    return found, focus


def clear_cache() -> None:
    """Forgets how texts were read."""
    _read.cache_clear()


@lru_cache(maxsize=READ_TEXTS)
def _read(written: str) -> tuple[str, tuple[_Piece, ...]]:
    """Returns the person's own words of a message, and their pieces; no pieces when it tells and asks nothing.

    This holds of a text whoever wrote it. Whom a piece is about depends on what was said before, and is not kept.
    """
    text = own_words(written)
    if text.startswith("/") or small_talk.kind(text) or person.asks(text) or declining.kind(text) in NOTHING_TOLD:
        return text, ()
    return text, tuple(_piece(text, begin, stop) for begin, stop in pieces(text))


def _piece(text: str, begin: int, stop: int) -> _Piece:
    written = text[begin:stop].strip()
    plain = folded(written)
    mine = words.of(plain)
    is_asked = text[stop : stop + 1] in ("?", "？") or (
        asks(written) and not (begin and _CONTINUES.match(plain) is not None)
    )
    named: dict[str, frozenset[str]] = {}
    names.learn(written, plain, named)
    updates = bool(_UPDATES.search(plain))
    return _Piece(
        begin, stop, written, plain, is_asked, mine, words.own_topics(plain), bool(_IT.search(plain)), updates, named
    )


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yields where the clauses of a text begin and end; the items of a list stay together."""
    plain = folded(text)
    chinese = is_chinese(plain)
    cuts = [match.span() for match in (_CUT_ZH if chinese else _CUT_EN).finditer(plain)]
    begin = 0
    asked = asks(text)
    for number, (stop, goes_on) in enumerate(cuts):
        if asked and not chinese and not plain[stop:goes_on].strip() and plain[stop - 1 : stop].isalnum():
            continue  # "what do i play" is one clause
        after = cuts[number + 1][0] if number + 1 < len(cuts) else len(plain)
        rest = plain[goes_on:after].strip()
        if _BOUND.search(plain[begin:stop]):
            continue
        if rest.startswith(("i ", "me ")) and re.fullmatch(r"(?:my|our) \w+(?: \w+)?", plain[begin:stop].strip()):
            continue  # "my sister and i"
        hard = plain[stop - 1 : stop] in ".!?;…" or "\n" in plain[stop:goes_on] or ";" in plain[stop:goes_on]
        if not chinese and not hard and not (_GOES_ON_EN.match(rest) or values.holds("time", rest)):
            continue
        if plain[begin:stop].strip(" ,.!?"):
            yield begin, stop
        begin = goes_on
    if plain[begin:].strip(" ,.!?"):
        yield begin, len(text)


def _of_message(text: str, read: Iterable[_Piece], one: Said, number: int, focus: Focus) -> Iterator[Clause]:
    before: Clause | None = None
    for piece in read:
        begin, stop, written, plain = piece.begin, piece.stop, piece.written, piece.plain
        is_asked, mine = piece.asks, piece.words
        focus.aliases.update(piece.named)
        if is_asked:
            owners, elided = mentioned(plain, mine, focus.aliases), False
        else:
            owners, elided = owners_of(written, plain, focus, before.owners if before is not None else frozenset())
        topics = piece.topics
        near = 0.9 if piece.says_it or (elided and piece.updates) else (_NEAREST, 0.7)[topics] if topics < 2 else 0.5
        talk = (*focus.topic, *focus.earlier) if near == _NEAREST else focus.topic
        context = talk if before is not None or topics < 2 or near == _NEAREST else ()
        if len(called := _called(plain, owners, focus.aliases)) == 1:
            owners |= called
        clause = Clause(
            written,
            plain,
            owners,
            mine,
            context,
            near,
            elided,
            one.at,
            number,
            begin,
            stop,
            getattr(one, "corrected", False),
        )
        others = (owners - {SELF}) or mentioned(plain, mine, focus.aliases)
        if others:
            focus.people.append(others | _called(plain, others, focus.aliases))
        if mine:
            goes_on = is_asked or not topics or before is not None or near == _NEAREST
            focus.topic = (*mine, *(focus.topic if is_asked else context))[:12] if goes_on else mine
        if not is_asked and before is not None and not (mine and _LETTER.search(plain)):  # a value that goes on
            before = replace(before, text=text[before.start : stop], plain=folded(text[before.start : stop]), stop=stop)
        if is_asked or not mine or not _LETTER.search(plain):
            continue
        if before is not None:
            yield before
        before = clause
    if before is not None:
        yield before


def mentioned(plain: str, mine: Sequence[Word], aliases: dict[str, frozenset[str]]) -> frozenset[str]:
    """Returns the last relation or known name that a text mentions."""
    for name in names.told_in(plain, aliases):
        return aliases[name] | {f"?{name}"}
    return next((frozenset((word.relation,)) for word in reversed(mine) if word.relation), frozenset())


def _called(plain: str, owners: frozenset[str], aliases: dict[str, frozenset[str]]) -> frozenset[str]:
    """Returns the names of owners that a clause says."""
    return frozenset(f"?{name}" for name in names.told_in(plain, aliases) if aliases[name] & owners)


def owners_of(written: str, plain: str, focus: Focus, before: frozenset[str]) -> tuple[frozenset[str], bool]:
    """Returns whom a clause is about, and whether it goes on from what was said before.

    Args:
        written: The clause.
        plain: The same in small letters.
        focus: What the talk is about.
        before: The owners of the clause before it in the same message.
    """
    if is_chinese(plain):
        found, close = _owners_zh(plain, focus, before)
    else:
        found, close = _owners_en(plain, focus, before, capital=written[:1].isupper())
    if found and SELF not in found and _AND_ME.search(plain):
        found |= {SELF}
    return found, close


def _owners_en(plain: str, focus: Focus, before: frozenset[str], *, capital: bool) -> tuple[frozenset[str], bool]:
    bare = _LEAD_EN.sub("", plain)
    if (mine := _MINE_EN.match(bare)) is not None and not bare.startswith("my name"):
        return _of_thing(mine["rest"]), False
    if _SELF_EN.match(bare):
        return frozenset((SELF,)), False
    if (one := _OF_ONE.match(bare)) is not None:
        return _of_thing(one["rest"] or one["one"]) or frozenset(("friend",)), False
    if (pronoun := _HE_EN.match(bare)) is not None:
        which = pronoun.lastgroup or "it"
        return focus.person(which) or (before if which in ("it", "they") else frozenset()), True
    first = re.match(r"(?:the |a |an )?([a-z]+)", bare)
    if first is None:
        return before or frozenset((SELF,)), True
    if first[1] in focus.aliases:
        return focus.aliases[first[1]] | {f"?{first[1]}"}, False
    if relation := relations.relation_en(first[1]):
        return frozenset((relation,)), False
    if re.match(rf"(?:the |a |an )?\w+(?: \w+)?{_VERB.pattern}", bare):
        known = any(word.concepts or word.kinds or word.heads for word in words.of(first[1]))
        named = not known and first[0] == first[1] and (capital or first[1] in given_names.COMMON)
        return (frozenset((f"?{first[1]}",)) if named else frozenset()), False
    return before, True


def _of_thing(rest: str) -> frozenset[str]:
    """Returns the owner of "my …": the relation at its beginning, else the person."""
    pattern = rf"(?P<r>{relations.EN})s?(?:'s|s'|')?(?![a-z-])"
    match = re.match(pattern, rest) or re.match(rf"[a-z]+ {pattern}", rest)
    if match is None:
        return frozenset((SELF,))
    found = {relations.relation_en(match["r"]) or match["r"]}
    behind = re.match(rf"(?:[a-z]+ )?(?P<r>{relations.EN})\b", rest[match.end() :].lstrip())
    if behind is not None:  # "my sister's dog"
        found.add(relations.relation_en(behind["r"]))
    return frozenset(found)


def _owners_zh(plain: str, focus: Focus, before: frozenset[str]) -> tuple[frozenset[str], bool]:
    bare = _LEAD_ZH.sub("", plain)
    if (relation := _REL_ZH.match(bare)) is not None:
        found = frozenset((relations.usual(relation["r"]),))
        thing = re.match(rf"的(?P<r>{relations.ZH})", bare[relation.end() :])
        return (found | {relations.usual(thing["r"])} if thing is not None else found), False
    if (pronoun := _HE_ZH.match(bare)) is not None:
        which = pronoun.lastgroup or "it"
        return focus.person(which) or before, True
    for name, owners in focus.aliases.items():
        if bare.startswith(name):
            return owners | {f"?{name}"}, False
    if _SELF_ZH.match(bare) or bare.startswith("我的"):
        return frozenset((SELF,)), False
    return before, True
