"""Answers what the person said, and when: "what did I tell you yesterday", "when did I mention Rome"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from django.utils import dateformat
from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import citing, telling
from bots.pipeline.engine.answer.grounded import history_patterns as patterns
from bots.pipeline.engine.answer.grounded.facts import Said
from bots.pipeline.engine.answer.grounded.plain_text import HAN, is_chinese, plain, question
from bots.pipeline.engine.answer.questions import is_question
from memory.consolidation.noise_filter import own_words
from memory.text.dates import DateCue, date_cues
from memory.text.stopwords import STOP_TERMS
from memory.text.tokenizer import tokenize

SHOWN = 6
_BEGINNING = 4  # letters


def answer(text: str, said: Sequence[Said], now: datetime, zone: tzinfo) -> str | None:
    """Returns the answer to a question about what was said; None for another message.

    Args:
        text: The question.
        said: The person's earlier messages, oldest first.
        now: Aware time of the question.
        zone: The person's time zone.
    """
    words = question(text)
    chinese = is_chinese(words)
    today = now.astimezone(zone)
    if (about := patterns.SAY_ABOUT_EN.search(plain(text))) is not None:
        topic_en = about["topic"]
        return _lines(_about(topic_en, said), today, zone) or _never(topic_en)
    if (patterns.WHEN_MET_ZH if chinese else patterns.WHEN_MET_EN).fullmatch(words):
        return _first(said, today, zone)
    when = (patterns.WHEN_ZH if chinese else patterns.WHEN_EN).fullmatch(words)
    if when is not None:
        topic = when["topic"] or (when.groupdict().get("topic2") or "")
        return _when(topic.removeprefix("我").strip(), said, today, zone)
    what = (patterns.WHAT_ZH if chinese else patterns.WHAT_EN).fullmatch(words)
    if what is None:
        return None
    rest = " ".join(value for name, value in what.groupdict().items() if name.startswith("rest") and value)
    return _what(words, rest, what["which"] or ("第一" if patterns.FIRST_ZH.search(rest) else ""), said, today, zone)


def _what(words: str, rest: str, which: str, said: Sequence[Said], today: datetime, zone: tzinfo) -> str | None:
    told = [one for one in said if own_words(one.text)]
    if which in ("first", "第一"):
        return _lines(told[:1], today, zone) or _nothing_yet()
    cues = date_cues(words, today.date())
    period = next((cue for cue in cues if cue.start is not None), None)
    if period is not None:
        return _in_period(period, told, today, zone)
    topic = patterns.TOPIC.search(rest)
    if topic is None and (which or patterns.LATEST.search(words)):
        return _lines(told[-1:], today, zone) or _nothing_yet()
    if topic is not None and not patterns.EARLIER.match(topic["topic"]):
        return _lines(_about(topic["topic"], told), today, zone) or _never(topic["topic"])
    if rest and not patterns.EARLIER.match(rest) and not HAN.search(rest):
        return None
    return _lines(told[-SHOWN:], today, zone) or _nothing_yet()


def _in_period(period: DateCue, told: Sequence[Said], today: datetime, zone: tzinfo) -> str:
    begin, end = period.start or date.min, period.end or date.max
    inside = [one for one in told if begin <= one.at.astimezone(zone).date() < end]
    if inside:
        return _lines(inside[-SHOWN:], today, zone)
    last = end - timedelta(days=1)
    shown = _period(begin, last, today)
    if not told:
        return _("You have told me nothing before, so there is nothing from %(period)s.") % {"period": shown}
    first = told[0].at.astimezone(zone)
    if first.date() > last:
        return _("I have nothing from %(period)s. The first thing that I remember from you is of %(day)s.") % {
            "period": shown,
            "day": telling.day(first, today),
        }
    return _("I remember nothing that you told me in %(period)s.") % {"period": shown}


def _period(begin: date, last: date, today: datetime) -> str:
    def at_day(at: date) -> str:
        return telling.day(datetime(at.year, at.month, at.day, tzinfo=today.tzinfo), today)

    return at_day(begin) if begin == last else f"{at_day(begin)} – {at_day(last)}"


def _when(topic: str, said: Sequence[Said], today: datetime, zone: tzinfo) -> str:
    found = _about(topic, said)
    return _lines(found[-3:], today, zone) if found else _never(topic)


def _first(said: Sequence[Said], today: datetime, zone: tzinfo) -> str:
    if not said:
        return _nothing_yet()
    at = said[0].at.astimezone(zone)
    return _("The first message that I remember from you is of %(day)s, %(time)s.") % {
        "day": telling.day(at, today),
        "time": dateformat.format(at, "H:i"),
    }


def _about(topic: str, said: Sequence[Said]) -> list[Said]:
    """Returns the messages that hold all telling words of a topic; questions only ask."""
    asked = set(tokenize(topic)) - STOP_TERMS or set(tokenize(topic))
    found = [one for one in said if _holds(one.text, asked) and not _asks(one.text)]
    return found[-SHOWN:]


def _holds(text: str, asked: set[str]) -> bool:
    """Tells whether a message holds all terms; "head" finds "headache"."""
    words = own_words(text)
    terms = set(tokenize(words))
    terms |= {patterns.PRESENT[one] for one in terms if one in patterns.PRESENT}
    return all(
        one in terms
        or (HAN.search(one) is not None and terms.issuperset(one))
        or (len(one) >= _BEGINNING and one.isascii() and any(term.startswith(one) for term in terms))
        for one in asked
    )


def _asks(text: str) -> bool:
    """Tells whether a message only asks; "my head hurts, what should I take?" tells, too."""
    if not is_question(text):
        return False
    clauses = [one.strip() for one in patterns.CLAUSES.split(text)]
    return all(is_question(one) for one in clauses if len(one) > (3 if HAN.search(one) else 10)) or len(clauses) < 2


def _lines(said: Sequence[Said], today: datetime, zone: tzinfo) -> str:
    return "\n".join(_line(one, today, zone) for one in said)


def _line(one: Said, today: datetime, zone: tzinfo) -> str:
    return citing.timed(own_words(one.text), one.at, today)


def _never(topic: str) -> str:
    return _("I do not remember that you told me about “%(topic)s”.") % {"topic": topic[:60]}


def _nothing_yet() -> str:
    return _("You have told me nothing before this.")
