"""Texts that the runner itself sends to a person, in the active language."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def failed(name: str) -> str:
    return _("Sorry, “%(name)s” ran into a problem and gave no result. Please try again later.") % {"name": name}


def too_slow(name: str) -> str:
    return _("Sorry, “%(name)s” took too long, so I stopped waiting. Please try again later.") % {"name": name}


def unavailable(name: str) -> str:
    return _("Sorry, “%(name)s” is not available at the moment. I noted it for the operator.") % {"name": name}


def which(name: str) -> str:
    return _("Please tell me: %(name)s") % {"name": name}


def unfit() -> str:
    return _("That does not fit.")


def described(text: str, triggers: tuple[str, ...], language: str) -> str:
    """Returns what a skill does with its trigger words in `language`. The script of a word tells its language."""
    chinese = language.startswith("zh")
    words = [word for word in triggers if word.isascii() != chinese] or list(triggers)
    return _("%(skill)s (%(words)s)") % {"skill": text, "words": pgettext("between words", ", ").join(words[:3])}
