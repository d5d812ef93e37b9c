"""Says honestly what cannot be answered or done without a model, by the kind of the request."""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext as _

from bots.pipeline.engine.answer.grounded import declining_patterns as patterns
from bots.pipeline.engine.answer.grounded import forgetting
from bots.pipeline.engine.answer.grounded.plain_text import asks, is_chinese, plain, question


def seeks_advice(text: str) -> bool:
    """Tells whether a message asks what somebody should do about their health, which no memory answers."""
    words = plain(text)
    return patterns.HEALTH.search(words) is not None and patterns.SHOULD.search(words) is not None


@lru_cache(maxsize=4096)
def kind(text: str) -> str:
    """Returns the kind of a request or question that needs more than memory and skills; "" for a statement."""
    words, asked = plain(text), question(text)
    if patterns.KEEPS.search(words) and not asks(text):
        return ""
    if found := _always(text, words):
        return found
    makes = bool((patterns.MAKE_ZH if is_chinese(asked) else patterns.MAKE_EN).match(asked))
    makes = makes and not patterns.MADE_ZH.match(words) and not patterns.LISTS_OWN.match(words)
    wants = makes or bool(patterns.WANTS.match(asked))
    does = _does(words, asked, wants=wants)
    asked_for = asks(text)
    if not (asked_for or wants or does):
        return ""
    for name, holds in (
        ("health", patterns.HEALTH.search(words) and not patterns.OWN_HEALTH.search(words)),
        ("law", patterns.LAW.search(words)),
        ("do", does),
        ("live", patterns.LIVE.search(words)),
        ("make", makes),
        ("advice", patterns.ADVICE.search(words)),
        ("want", not asked_for),
    ):
        if holds:
            return name
    return "own" if patterns.OF_PERSON.search(asked) else "world"


def _always(text: str, words: str) -> str:
    """Returns the kind of a message that is declined whether it asks or tells; "" for another one."""
    if patterns.INJECTION.search(words):
        return "injection"
    if len(patterns.SCRIPT.findall(text)) > len(re.findall(r"[A-Za-z\u4e00-\u9fff]", text)):
        return "language"
    if patterns.FORGETS.match(words) or forgetting.topic(text):
        return "forget"
    if patterns.CODE.search(text):
        return "code"
    return "others" if patterns.OTHERS.search(words) else ""


def _does(words: str, asked: str, *, wants: bool) -> bool:
    """Tells whether a message asks for something to be done in the world: booking, buying, calling."""
    if patterns.DO_ZH.search(words):
        return True
    if patterns.ASKS_EN.match(asked):  # "what happened to my order?"
        return False
    return bool(patterns.DO_EN.search(f"{asked} ")) and (wants or not patterns.OF_PERSON.match(asked))


def lines(found: str) -> list[str]:
    """Returns the honest lines for a kind, in the active language."""
    return _lines().get(found) or [
        _("I cannot do that. “What can you do?” shows what I can do."),
        _("That is not among the things I can do; /help lists them."),
    ]


def _lines() -> dict[str, list[str]]:
    return {
        "injection": [
            _("I stay as I am: a program that answers from memory, commands and skills."),
            _("That changes nothing: I answer from memory, commands and skills only."),
        ],
        "forget": [
            _("To delete what I remember, write “/forget TOPIC”; I show you what goes before it goes."),
            _("Deleting is a command, so that nothing goes by mistake: “/forget TOPIC”, or /forget for everything."),
        ],
        "language": [
            _("I understand English and Chinese. Please write in one of them."),
            _("I can read English and Chinese only."),
        ],
        "code": [
            _("I cannot read, run or write code. I can calculate, though: “23 * 47”."),
            _("Code is beyond me: I answer from memory, commands and skills only."),
        ],
        "others": [
            _("What others tell me stays with them. I can tell you only what you told me yourself."),
            _("I keep apart what each person tells me, and show nobody the words of others."),
        ],
        "health": [
            _(
                "I cannot give medical advice. Please ask a doctor or a pharmacist; in an emergency call your local "
                "emergency number."
            ),
            _("That is a question for a doctor, not for me. In an emergency call your local emergency number."),
        ],
        "law": [
            _("I cannot advise you on law or money. Please ask somebody who is trained for it."),
            _("That is a question for a lawyer or an adviser; I cannot answer it."),
        ],
        "do": [
            _("I cannot do that for you. I can remind you of it: “remind me tomorrow at 9 to …”."),
            _(
                "Booking, buying, calling and sending are beyond me. I can set a reminder for it: “remind me at 6 pm "
                "to …”."
            ),
        ],
        "live": [
            _("I do not know that: I have no news and no knowledge of the world. I know what you tell me."),
            _("I cannot look that up. Without a source I will not guess."),
        ],
        "make": [
            _("I cannot write, translate or make things up: I answer from memory, commands and skills only."),
            _("That needs more than I have. “What can you do?” shows what I can do."),
        ],
        "advice": [
            _("I have no opinions and give no advice. I can remember what you decide."),
            _("I cannot judge that. Tell me what you choose, and I will remember it."),
        ],
        "own": [
            _("You have not told me that, so I do not know it."),
            _("I do not know that: you have not told me."),
        ],
        "world": [
            _("I do not know that, and I will not guess. I know what you tell me, and what my skills work out."),
            _("I cannot answer that: I know only what you tell me, and what my commands and skills work out."),
        ],
    }
