"""The built-in responder: answers from memories, without a model, in Chinese or English.

It invents nothing. It quotes memories with their date, or says that it knows nothing about the question. Only the team
reads how to connect a real model. The engine tries commands and skills before it.
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
from memory.consolidation.noise_filter import own_words
from memory.ranking import render
from memory.types import Hit

SHOWN = 3
LONGEST_QUOTE = 200
# A memory that shares too few words with the question is shown only when it means nearly the same.
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
    """Returns whether Latin letters prevail: the embedded model speaks English only."""
    return len(_OTHER_LETTER.findall(text)) * 4 <= len(_LATIN.findall(text))


def demo_would_invent(text: str, hits: Sequence[Hit], said: Sequence[tuple[str, str]]) -> bool:
    """Returns whether the small model would invent the answer: a question about the person, with nothing known.

    Args:
        text: The person's message.
        hits: The recalled memories.
        said: (role, text) of the conversation so far.
    """
    if not is_question(text) or not _FIRST_PERSON.search(text) or _quotable(hits, text):
        return False
    return not any(role == "user" and not is_question(words) for role, words in said)


def answer(text: str, *, language: str, hits: Sequence[Hit], zone: tzinfo, now: datetime, staff: bool = False) -> str:
    """Returns the answer in `language`.

    Args:
        text: The person's message.
        language: "zh-hans" or "en".
        hits: The recalled memories, best first; unrelated ones are dropped here.
        zone: The person's time zone, for the dates.
        now: Aware time of the turn; dates of other years are shown with the year.
        staff: Whether the person is of the team, and so reads how to connect a model.
    """
    with translation.override(language):
        if _THANKS.match(simplified(text)):
            return _("You are welcome!")
        return f"{_reply(text, hits, zone, now)}\n\n{_hint(staff)}"


def _reply(text: str, hits: Sequence[Hit], zone: tzinfo, now: datetime) -> str:
    if _GREETING.match(simplified(text)):
        return _("Hello! I remember what you tell me, and you can ask me about it at any time.")
    if not is_question(text):
        return _("Noted, I will remember that.")
    lines = [_quote(hit, zone, now) for hit in _quotable(hits, text)[:SHOWN]]
    return "\n".join(lines) or _("You have not told me anything about that yet, and I will not guess.")


def _hint(staff: bool) -> str:
    if staff:
        return _(
            "(No model that could say more is connected; I answer from commands, skills and memory only. To connect "
            "one: Admin → Model providers, or `python manage.py provider add NAME --endpoint URL --model MODEL`. "
            "Type /help to see what I can do.)"
        )
    return _("(I answer only from what you told me, and with my commands and skills. Type /help to see what I can do.)")


def related(hit: Hit) -> bool:
    """Returns whether a memory shares words with the question or means nearly the same."""
    return hit.why.get("coverage", 1.0) >= LEAST_COVERAGE or hit.why.get("cosine", 0.0) >= LEAST_COSINE


def _quotable(hits: Sequence[Hit], text: str) -> list[Hit]:
    """Returns the hits to quote: statements of the person and the team that are related to the question, each once.

    What corrects such a statement is related too, whatever its words.
    """
    asked = _key(text)
    corrections = {hit.corrected_by for hit in hits if related(hit)}
    seen = {asked}
    quotable: list[Hit] = []
    for hit in hits:
        key = _key(hit.text)
        # Earlier questions answer nothing, and the responder's earlier answers only repeat what the person said.
        fits = related(hit) or hit.id in corrections
        if key in seen or not fits or hit.role == "assistant" or is_question(hit.text):
            continue
        seen.add(key)
        quotable.append(hit)
    return quotable


def _quote(hit: Hit, zone: tzinfo, now: datetime) -> str:
    when, today = hit.occurred_at.astimezone(zone), now.astimezone(zone)
    text = " ".join(hit.text.split())
    if len(text) > LONGEST_QUOTE:
        text = text[:LONGEST_QUOTE].rstrip() + "…"
    written = pgettext("date format", "j F") if when.year == today.year else pgettext("date format", "j F Y")
    told = _("On %(day)s you said: %(text)s") if own_words(hit.text) else _("On %(day)s you forwarded: %(text)s")
    if hit.role == "operator":
        told = _("On %(day)s our team said: %(text)s")
    said = told % {"day": dateformat.format(when, written), "text": text}
    meant = render.meant(hit, when.date(), _written)
    return _("%(said)s (%(meant)s)") % {"said": said, "meant": meant} if meant else said


def _written(day: date) -> str:
    return dateformat.format(day, pgettext("date format", "Y-m-d"))


def _key(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())
