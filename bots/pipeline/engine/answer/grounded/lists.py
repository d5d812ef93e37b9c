"""Keeps lists that a person tells and changes in a talk: "shopping list: bread, eggs", "add milk", 去掉面包.

Nothing is stored: the list follows from what was said, so it is as long remembered as the messages are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import lists_patterns as patterns
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.answer.grounded.plain_text import HAN, folded
from memory.text.tokenizer import tokenize

LONGEST = 200  # characters of a message that changes a list
LONGEST_ITEM = 40
NEAR = 2
"""Messages after a list within which "and butter" adds to it."""
_NAMES_LIST = re.compile(r"\blist\b|清单|列表|单子")
_GROUPS = ("items", "items2", "items3", "items4")


@dataclass(slots=True)
class Kept:
    """A list as it is now.

    Attributes:
        name: What the person calls it, such as "shopping" and 购物, or what is to be done: "buy"; "" for "list".
        items: As they were written, in the order in which they were added.
        changed: Number of the message that opened or changed it last.
    """

    name: str
    items: list[str] = field(default_factory=list)
    changed: int = 0


def now(said: Iterable[Said]) -> list[Kept]:
    """Returns the lists as they are after what was said, the one changed last at the end."""
    found: list[Kept] = []
    for number, one in enumerate(said):
        _take(found, one.text, number)
    return found


def changes(said: Iterable[Said]) -> frozenset[int]:
    """Returns the ids of the messages that take something off a list: they ask to forget nothing."""
    found: list[Kept] = []
    removals = set()
    for number, one in enumerate(said):
        before = [list(kept.items) for kept in found]
        _take(found, one.text, number)
        change = _change(_plain(one.text))
        named = bool(found) and _NAMES_LIST.search(_plain(one.text)) is not None
        if change is not None and not change[0] and (named or before != [kept.items for kept in found]):
            removals.add(one.id)
    return frozenset(removals)


def answer(text: str, said: Iterable[Said]) -> str:
    """Returns the list that a message asks for or changes, as it is then; "" for another message.

    Args:
        text: The message.
        said: What was said before it, oldest first.
    """
    plain = _plain(text).rstrip("?？ ")
    asked = (patterns.ASKS_ZH if HAN.search(plain) else patterns.ASKS_EN).search(plain)
    if len(text) > LONGEST or (asked is None and _change(plain) is None):
        return ""
    found = now(said)
    if asked is not None:
        kept = _meant(found, _name(asked))
        return _shown(kept) if kept is not None else ""
    before = [list(one.items) for one in found]
    _take(found, text, max((one.changed for one in found), default=0) + 1)
    unchanged = not found or sorted(before) == sorted(one.items for one in found)
    if unchanged and not (found and _NAMES_LIST.search(plain)):
        return ""
    return _("Noted. %(list)s") % {"list": _shown(found[-1])}


def _take(found: list[Kept], text: str, number: int) -> None:
    """Opens or changes a list as a message says; `found` is changed in place."""
    plain = _plain(text)
    if len(text) > LONGEST or text.rstrip().endswith(("?", "？")):
        return
    change = _change(plain)
    if change is not None and change[0] and not found and _NAMES_LIST.search(plain):
        found.append(Kept("", [], number))
    if change is not None and found:
        adds, match = change
        kept = found[-1]
        items = _items(text, match)
        if adds and match["items"] is None and number - kept.changed > NEAR:
            return
        if items and (adds or any(_same(one, other) for one in items for other in kept.items)):
            left = [one for one in kept.items if not any(_same(one, other) for other in items)]
            kept.items = left + items if adds else left
            kept.changed = number
        if items:
            return
    opened = (patterns.OPENS_ZH if HAN.search(plain) else patterns.OPENS_EN).match(plain)
    if opened is not None and (items := _items(text, opened)):
        name = _name(opened)
        found[:] = [one for one in found if one.name != name]
        found.append(Kept(name, items, number))


def _plain(text: str) -> str:
    return folded(text).strip(" .!。！~")


@lru_cache(maxsize=4096)
def _change(plain: str) -> tuple[bool, re.Match[str]] | None:
    """Returns whether a message adds, and its match; None when it changes no list."""
    chinese = HAN.search(plain) is not None
    removes = (patterns.REMOVES_ZH if chinese else patterns.REMOVES_EN).match(plain)
    if removes is not None:
        return False, removes
    adds = (patterns.ADDS_ZH if chinese else patterns.ADDS_EN).match(plain)
    return (True, adds) if adds is not None else None


def _items(text: str, match: re.Match[str]) -> list[str]:
    """Returns the items that a message names, as it writes them; none when it says a sentence."""
    group = next((one for one in _GROUPS if one in match.re.groupindex and match[one]), "")
    if not group:
        return []
    offset = len(text) - len(text.lstrip(" .!。！~"))
    written = text[offset + match.start(group) : offset + match.end(group)].strip()
    chinese = HAN.search(written) is not None
    if (patterns.STATES_ZH if chinese else patterns.STATES_EN).search(folded(written)):
        return []
    parts = (patterns.SPLIT_ZH if chinese else patterns.SPLIT_EN).split(written)
    leads = patterns.LEADS_ZH if chinese else patterns.LEADS_EN
    items = [left for part in parts if part and (left := leads.sub("", part.strip(" .")).strip())]
    return items if all(len(one) <= LONGEST_ITEM for one in items) else []


def _same(one: str, other: str) -> bool:
    """Tells whether two items are the same thing: "eggs" and "the egg", 面包 and 全麦面包."""
    first, second = folded(one), folded(other)
    if HAN.search(first + second):
        return first in second or second in first
    mine, theirs = set(tokenize(first)), set(tokenize(second))
    return bool(mine) and bool(theirs) and (mine <= theirs or theirs <= mine)


def _name(match: re.Match[str]) -> str:
    return match["kind"] or match["verb"] or ""


def _meant(found: list[Kept], name: str) -> Kept | None:
    """Returns the list of a name, else the last one, where one of them has no name or there is but one."""
    named = [one for one in found if one.name == name]
    if named:
        return named[-1]
    return found[-1] if found and (not name or len(found) == 1) else None


def _shown(kept: Kept) -> str:
    if not kept.items:
        return _("Nothing is on your list now.")
    return _("On your list: %(items)s.") % {"items": _(", ").join(kept.items)}
