"""Says facts in sentences, in the active language, such as "Your name is Tom"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from django.utils import dateformat, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bots.pipeline.engine.answer.grounded import relations
from bots.pipeline.engine.answer.grounded.fact import SELF, Fact
from memory.text import dates

_HAN = re.compile(r"[\u4e00-\u9fff]")
_PLACED = {"在": True, "叫": False}
_TWICE = ("你的最", "你最")
_LONG_AGO = timedelta(days=90)
_ME = {
    "my": "your",
    "mine": "yours",
    "me": "you",
    "i": "you",
    "our": "your",
    "us": "you",
    "we": "you",
    "myself": "yourself",
    "am": "are",
}


def sentence(fact: Fact) -> str:
    """Returns the fact as one sentence to the person."""
    value = reflected(fact.value)
    if fact.subject == SELF:
        return _of_person(fact, value)
    who = whose(fact.subject)
    return _of_other(fact, value, who)


def with_day(fact: Fact, now: datetime, zone: tzinfo) -> str:
    """Returns the sentence, with the day it was said where that matters: an age, long ago, "next Friday"."""
    said = sentence(fact)
    at, today = fact.at.astimezone(zone), now.astimezone(zone)
    meant = [one for one in dates.resolve(fact.value, at.date()) if not re.search(r"\d{4}", one.text)]
    if (
        now - fact.at > _LONG_AGO
        or (fact.attribute == "age" and at.date() != today.date())
        or (meant and at.date() != today.date())
    ):
        return _("%(sentence)s (You told me on %(day)s.)") % {"sentence": said, "day": day(at, today)}
    return said


def day(when: datetime, today: datetime) -> str:
    """Returns a day as people write it, with the year when it is another one."""
    written = pgettext("date format", "j F") if when.year == today.year else pgettext("date format", "j F Y")
    return dateformat.format(when, written)


def noted(facts: Sequence[Fact]) -> str:
    """Returns what a message told, as an acknowledgement, such as "Noted: your name is Tom"."""
    said = [_inner(sentence(fact)) for fact in facts]
    return _("Noted: %(facts)s.") % {"facts": _("; ").join(dict.fromkeys(said))}


def unknown(subject: str, attribute: str) -> str:
    """Returns that the person has not told it."""
    if attribute == "has":
        relation = relations.shown(subject, chinese=_chinese())
        several = relation in ("children", "siblings", "parents", "twins") or _HAN.search(relation)
        what = (_("whether you have %(relation)s") if several else _("whether you have a %(relation)s")) % {
            "relation": relation
        }
    else:
        what = _label_of_person(attribute) if subject == SELF else _label_of_other(attribute, whose(subject))
    return _("You have not told me %(what)s, so I do not know it.") % {"what": what.replace(*_TWICE)}


def nothing_about(value: str) -> str:
    """Returns that the person has told nothing about something."""
    return _("You have told me nothing about %(what)s.") % {"what": reflected(value)}


def whose(subject: str) -> str:
    """Returns "your wife", 你老婆; a name stays a name."""
    if subject.startswith("?"):
        return subject[1:].title() if subject.isascii() else subject[1:]
    shown = relations.shown(subject, chinese=_chinese())
    if subject in relations.PETS:
        return _("your %(pet)s") % {"pet": shown}
    return _("your %(relation)s") % {"relation": shown}


def reflected(value: str) -> str:
    """Returns a value with the person's "my" and "I" as "your" and "you"."""
    if _HAN.search(value):
        return value.replace("我们", "你们").replace("我", "你")
    return re.sub(r"[A-Za-z]+", lambda word: _ME.get(word[0].lower(), word[0]) if word[0] != "US" else word[0], value)


def _chinese() -> bool:
    return (translation.get_language() or "").startswith("zh")


def _inner(said: str) -> str:
    ended = said.rstrip(".。")
    return ended[:1].lower() + ended[1:] if ended[:4].lower() in ("you ", "your") else ended


def _of_person(fact: Fact, value: str) -> str:
    table = {
        "name": _("Your name is %(value)s."),
        "surname": _("Your family name is %(value)s."),
        "home": _("You live in %(value)s."),
        "origin": _("You are from %(value)s."),
        "birthplace": _("You were born in %(value)s."),
        "job": _("You work as %(value)s."),
        "employer": _("You work at %(value)s."),
        "age": _("You are %(value)s years old."),
        "birthday": _("Your birthday is %(value)s."),
        "allergy": _("You are allergic to %(value)s."),
        "allergy no": _("You are not allergic to %(value)s."),
        "preference": _("You like %(value)s."),
        "preference dislikes": _("You do not like %(value)s."),
        "has": _("You have %(value)s."),
        "has no": _("You do not have %(value)s."),
        "studies": _("You study %(value)s."),
        "language": _("You speak %(value)s."),
        "diet": _("You %(value)s.") if _HAN.search(value) else _("You are %(value)s."),
    }
    table["status"] = table["diet"]
    said = table.get(f"{fact.attribute} {fact.standing}") or table.get(fact.attribute)
    if said is not None:
        return said % {"value": value}
    return _of_thing(fact, value, _("Your %(thing)s is %(value)s."), _("Your %(thing)s are %(value)s."), "")


def _of_other(fact: Fact, value: str, who: str) -> str:
    table = {
        "name": _("%(who)s is called %(value)s."),
        "home": _("%(who)s lives in %(value)s."),
        "origin": _("%(who)s is from %(value)s."),
        "birthplace": _("%(who)s was born in %(value)s."),
        "job": _("%(who)s works as %(value)s."),
        "employer": _("%(who)s works at %(value)s."),
        "age": _("%(who)s is %(value)s years old."),
        "birthday": _("The birthday of %(who)s is %(value)s."),
        "allergy": _("%(who)s is allergic to %(value)s."),
        "allergy no": _("%(who)s is not allergic to %(value)s."),
        "preference": _("%(who)s likes %(value)s."),
        "preference dislikes": _("%(who)s does not like %(value)s."),
        "studies": _("%(who)s studies %(value)s."),
        "language": _("%(who)s speaks %(value)s."),
        "diet": _("%(who)s %(value)s.") if _HAN.search(value) else _("%(who)s is %(value)s."),
    }
    table["status"] = table["diet"]
    said = table.get(f"{fact.attribute} {fact.standing}") or table.get(fact.attribute)
    if said is not None:
        made = said % {"value": value, "who": who}
    else:
        one, several = _("The %(thing)s of %(who)s is %(value)s."), _("The %(thing)s of %(who)s are %(value)s.")
        made = _of_thing(fact, value, one, several, who)
    return made[:1].upper() + made[1:]


def _of_thing(fact: Fact, value: str, one: str, several: str, who: str) -> str:
    """Returns a sentence about "my X"."""
    thing = fact.attribute.removeprefix("my ")
    said = several if fact.standing == "are" else one
    if fact.standing in _PLACED and fact.subject == SELF:
        said = (
            _("Your %(thing)s is in %(value)s.") if _PLACED[fact.standing] else _("Your %(thing)s is called %(value)s.")
        )
    made = said % {"thing": reflected(thing), "value": value, "who": who}
    return made.replace(*_TWICE)  # of 我最喜欢的颜色


def _label_of_person(attribute: str) -> str:
    labels = {
        "name": _("your name"),
        "surname": _("your family name"),
        "home": _("where you live"),
        "origin": _("where you are from"),
        "birthplace": _("where you were born"),
        "job": _("what your work is"),
        "employer": _("where you work"),
        "age": _("how old you are"),
        "birthday": _("when your birthday is"),
        "allergy": _("about an allergy"),
        "likes": _("what you like"),
        "dislikes": _("what you do not like"),
        "preference": _("what you like"),
        "studies": _("what you study"),
        "language": _("which languages you speak"),
        "diet": _("what you eat"),
        "status": _("whether you are married"),
    }
    return labels.get(attribute) or _("about your %(thing)s") % {"thing": attribute.removeprefix("my ")}


def _label_of_other(attribute: str, who: str) -> str:
    labels = {
        "name": _("the name of %(who)s"),
        "home": _("where %(who)s lives"),
        "origin": _("where %(who)s is from"),
        "job": _("what the work of %(who)s is"),
        "employer": _("where %(who)s works"),
        "age": _("how old %(who)s is"),
        "birthday": _("when the birthday of %(who)s is"),
        "allergy": _("about an allergy of %(who)s"),
        "likes": _("what %(who)s likes"),
        "dislikes": _("what %(who)s does not like"),
    }
    return labels.get(attribute, _("anything about %(who)s")) % {"who": who}
