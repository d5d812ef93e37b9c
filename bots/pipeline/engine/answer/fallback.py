"""The built-in responder: answers without a model, from what is remembered, in Chinese or English.

It never makes anything up. It repeats what was said, with its date, or says that it knows nothing of it, and tells
the way to a real model. Skills and commands have been tried before it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, tzinfo

from django.utils import dateformat, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from bots.pipeline.engine.answer.questions import is_question
from clawdbot.chinese import simplified
from memory.ranking import render
from memory.types import Hit

SHOWN = 3
LONGEST_QUOTE = 200
# A line that shares no word with the question is shown only when it means nearly the same.
LEAST_COVERAGE = 0.2
LEAST_COSINE = 0.86

_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_OTHER_LETTER = re.compile(r"[^\W\d_A-Za-z\u00c0-\u024f]")
_FIRST_PERSON = re.compile(r"\b(my|mine|our|ours|i|me|we|us)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^\W*(hi|hello|hey|good (morning|afternoon|evening|day)|你好|您好|嗨|哈喽|早上好|下午好|晚上好|早安|在吗)(呀|啊)?"
    r"( (there|bot))?\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\W*(thanks?( you)?( (so|very) much| a lot)?|thx|cheers|多谢|谢谢(你|您|啦|了)?|谢啦|感谢)\W*$", re.IGNORECASE
)


def demo_can_answer(text: str) -> bool:
    """Whether the embedded model understands the script: it speaks English only, so Latin letters must prevail."""
    return len(_OTHER_LETTER.findall(text)) * 4 <= len(_LATIN.findall(text))


def demo_would_invent(text: str, hits: Sequence[Hit], said: Sequence[tuple[str, str]]) -> bool:
    """Whether this asks the small model about the person while nothing is known: it would make something up.

    Args:
        text: the person's message.
        hits: what was recalled.
        said: (role, text) of the conversation so far.
    """
    if not is_question(text) or not _FIRST_PERSON.search(text) or _fitting(hits, text):
        return False
    return not any(role == "user" and not is_question(words) for role, words in said)


def answer(text: str, *, language: str, hits: Sequence[Hit], zone: tzinfo, now: datetime) -> str:
    """The answer in `language`, "zh-hans" or "en".

    Args:
        text: the person's message.
        language: the language to answer in.
        hits: what was recalled, best first; weak ones are left out here.
        zone: the person's time zone, for the dates.
        now: aware time of the turn; dates of other years are shown with the year.
    """
    with translation.override(language):
        if _THANKS.match(simplified(text)):
            return _("You are welcome!")
        return f"{_told(text, hits, zone, now)}\n\n{_hint()}"


def _told(text: str, hits: Sequence[Hit], zone: tzinfo, now: datetime) -> str:
    if _GREETING.match(simplified(text)):
        return _("Hello! I remember what you tell me, and you can ask me about it at any time.")
    if not is_question(text):
        return _("Noted, I will remember that.")
    lines = [_quote(hit, zone, now) for hit in _fitting(hits, text)[:SHOWN]]
    return "\n".join(lines) or _("You have not told me anything about that yet, and I will not guess.")


def _hint() -> str:
    return _(
        "(No model that could say more is connected; I answer from commands, skills and memory only. To connect one: "
        "Admin → Model providers, or `python manage.py provider add NAME --endpoint URL --model MODEL`. "
        "Type /help to see what I can do.)"
    )


def related(hit: Hit) -> bool:
    """Whether a memory shares words with the question, or means nearly the same."""
    return hit.why.get("coverage", 1.0) >= LEAST_COVERAGE or hit.why.get("cosine", 0.0) >= LEAST_COSINE


def _fitting(hits: Sequence[Hit], text: str) -> list[Hit]:
    """Hits worth repeating: related to the question, not the question itself, the person's own words first."""
    asked = _key(text)
    seen = {asked}
    fitting: list[Hit] = []
    for hit in hits:
        key = _key(hit.text)
        # Questions asked before answer nothing, and the responder's own earlier answers only repeat what was told.
        if key in seen or not related(hit) or hit.role != "user" or is_question(hit.text):
            continue
        seen.add(key)
        fitting.append(hit)
    return fitting


def _quote(hit: Hit, zone: tzinfo, now: datetime) -> str:
    when, today = hit.occurred_at.astimezone(zone), now.astimezone(zone)
    text = " ".join(hit.text.split())
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE].rstrip() + "…"
    written = pgettext("date format", "j F") if when.year == today.year else pgettext("date format", "j F Y")
    said = _("On %(day)s you said: %(text)s") % {"day": dateformat.format(when, written), "text": text}
    meant = render.meant(hit, when.date(), _written)
    return _("%(said)s (%(meant)s)") % {"said": said, "meant": meant} if meant else said


def _written(day: date) -> str:
    return dateformat.format(day, pgettext("date format", "Y-m-d"))


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
