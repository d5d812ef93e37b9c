"""Judges an answer by what is expected of it.

Texts are compared after Unicode NFKC, with plain quotation marks, without regard to case and to how much white space
stands between words: models write full-width signs, narrow spaces, decomposed letters and curved quotes at will. A
regular expression sees the normalized text with its line ends, ignores case and has half a second.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.i18n.language import language_of
from clawdbot.errors import ClawdbotError

REGEX_S = 0.5
LONGEST_VALUE = 2000  # characters
MOST = 50  # expectations of one question
CITES = "cites"
KINDS = {
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "matches": gettext_lazy("matches the expression"),
    "calls": gettext_lazy("calls the tool"),
    "not_calls": gettext_lazy("does not call the tool"),
    CITES: gettext_lazy("cites the document"),
    "language": gettext_lazy("is in the language"),
    "longest": gettext_lazy("is no longer than (characters)"),
}
_LANGUAGES = {"en": "en", "zh": "zh-hans", "zh-hans": "zh-hans"}
_QUOTES = str.maketrans("‘’‚‛“”„‟", "''''\"\"\"\"")


class BadExpectation(ClawdbotError):
    """The expectation cannot be judged; the text says why."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One expectation and whether it holds; None: it cannot be judged, `why` says why."""

    kind: str
    value: str
    holds: bool | None
    why: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {"kind": self.kind, "value": self.value, "holds": self.holds, "why": self.why}


def checked(expectations: Any) -> list[dict[str, str]]:
    """Returns the expectations as they are stored: known kinds, values as texts.

    Args:
        expectations: Each is {"kind": ..., "value": ...}, or has the kind as its only name: {"contains": "42"}.

    Raises:
        BadExpectation: One has an unknown kind, no value, or a value that its kind does not take.
    """
    if not isinstance(expectations, Sequence) or isinstance(expectations, str):
        raise BadExpectation(_("The expectations must be a list."))
    if len(expectations) > MOST:
        raise BadExpectation(_("A question has at most %(n)s expectations.") % {"n": MOST})
    return [_checked(one) for one in expectations]


def _checked(one: Any) -> dict[str, str]:
    if isinstance(one, Mapping) and "kind" in one:
        kind, value = str(one["kind"]), one.get("value", "")
    elif isinstance(one, Mapping) and len(one) == 1:
        ((kind, value),) = one.items()
    else:
        raise BadExpectation(_("An expectation is a kind and a value: %(what)s") % {"what": str(one)[:80]})
    kind = str(kind).strip().replace("-", "_")
    if kind not in KINDS:
        raise BadExpectation(_("There is no expectation “%(kind)s”.") % {"kind": kind[:40]})
    if isinstance(value, bool) or not isinstance(value, (str, int, float)) or not str(value).strip():
        raise BadExpectation(_("“%(kind)s” needs a value.") % {"kind": kind})
    # white space around words of an expression may be meant
    text = str(value) if kind == "matches" else str(value).strip()
    if len(text) > LONGEST_VALUE:
        raise BadExpectation(_("The value of “%(kind)s” is too long.") % {"kind": kind})
    _check_value(kind, text)
    return {"kind": kind, "value": text}


def _check_value(kind: str, value: str) -> None:
    if kind == "matches":
        try:
            regex.compile(value)
        except (regex.error, RecursionError, OverflowError) as error:
            told = {"value": value[:60], "why": str(error)}
            raise BadExpectation(_("The expression “%(value)s” is wrong: %(why)s") % told) from None
    if kind == "language" and value.lower() not in _LANGUAGES:
        raise BadExpectation(_("The language is “en” or “zh”."))
    if kind == "longest" and not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise BadExpectation(_("“longest” needs a number of characters."))


def judge(expectations: Sequence[Mapping[str, Any]], text: str, tools: Collection[str]) -> list[Finding]:
    """Returns a finding for each expectation; an empty answer fulfils none, not even that something is missing.

    Args:
        expectations: As `checked` returns them.
        text: The answer.
        tools: Names of the tools and skills that were called for it.
    """
    found = [_judged(str(one.get("kind")), str(one.get("value")), text, tools) for one in expectations]
    if not text.strip():
        empty = Finding("answer", "", False, _("the answer is empty"))
        return [empty, *(one for one in found if one.kind not in _OF_TEXT)]
    return found


def outcome(findings: Sequence[Mapping[str, Any]]) -> bool | None:
    """Returns whether an answer is as expected; None when nothing could be judged."""
    judged = [one["holds"] for one in findings if one["holds"] is not None]
    return None if findings and not judged else all(judged)


def _judged(kind: str, value: str, text: str, tools: Collection[str]) -> Finding:
    if kind == CITES:
        return Finding(kind, value, None, _("knowledge is not there yet"))
    test = _TESTS.get(kind)
    if test is None:
        return Finding(kind, value, None, _("this version does not know it"))
    try:
        return Finding(kind, value, test(value, text, tools))
    except TimeoutError:
        return Finding(kind, value, False, _("the expression takes too long on this answer"))
    except (regex.error, ValueError) as error:  # stored by another version
        return Finding(kind, value, None, str(error))


def normalized(text: str) -> str:
    """Returns the text as expressions see it."""
    return unicodedata.normalize("NFKC", text).translate(_QUOTES)


def _folded(text: str) -> str:
    return " ".join(normalized(unicodedata.normalize("NFKC", text).casefold()).split())


def _contains(value: str, text: str, _tools: Collection[str]) -> bool:
    return _folded(value) in _folded(text)


def _matches(value: str, text: str, _tools: Collection[str]) -> bool:
    flags = regex.IGNORECASE | regex.MULTILINE
    return regex.compile(value, flags).search(normalized(text), timeout=REGEX_S) is not None


def _calls(value: str, _text: str, tools: Collection[str]) -> bool:
    return value.casefold() in {name.casefold() for name in tools}


def _is_in(value: str, text: str, _tools: Collection[str]) -> bool:
    return language_of(text) == _LANGUAGES[value.lower()]


def _is_short(value: str, text: str, _tools: Collection[str]) -> bool:
    return len(unicodedata.normalize("NFC", text.strip())) <= int(value)


_TESTS: Mapping[str, Callable[[str, str, Collection[str]], bool]] = {
    "contains": _contains,
    "not_contains": lambda value, text, tools: not _contains(value, text, tools),
    "matches": _matches,
    "calls": _calls,
    "not_calls": lambda value, text, tools: not _calls(value, text, tools),
    "language": _is_in,
    "longest": _is_short,
}
_OF_TEXT = frozenset({"contains", "not_contains", "matches", "language", "longest"})
