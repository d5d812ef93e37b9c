"""Texts that the runner itself sends to a person, in the active language."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from clawdbot.skills.parameter import Unfit


def failed(name: str) -> str:
    return _("Sorry, “%(name)s” ran into a problem and gave no result. Please try again later.") % {"name": name}


def unsure(name: str) -> str:
    return _(
        "I was interrupted while “%(name)s” was running, and I do not know whether it happened. "
        "Please check before you ask again."
    ) % {"name": name}


def too_slow(name: str) -> str:
    return _("Sorry, “%(name)s” took too long, so I stopped waiting. Please try again later.") % {"name": name}


def unavailable(name: str) -> str:
    return _("Sorry, “%(name)s” is not available at the moment. I noted it for the operator.") % {"name": name}


def which(name: str) -> str:
    return _("Please tell me: %(name)s") % {"name": name}


def unfit(error: ValueError) -> str:
    """Returns why an answer does not fit: the validator's own reason, or that of a typed parameter."""
    if not isinstance(error, Unfit):
        return str(error) or _("That does not fit.")
    figure = {"figure": error.figure}
    match error.code:
        case "integer":
            return _("That is no whole number.")
        case "number":
            return _("That is no number.")
        case "boolean":
            return _("Please say yes or no.")
        case "date":
            return _("I do not understand that as a date or time.")
        case "at_least":
            return _("It must be at least %(figure)s.") % figure
        case "at_most":
            return _("It must be at most %(figure)s.") % figure
        case "above":
            return _("It must be more than %(figure)s.") % figure
        case "below":
            return _("It must be less than %(figure)s.") % figure
        case "short":
            return _("That is too short (at least %(figure)s).") % figure
        case "long":
            return _("That is too long (at most %(figure)s).") % figure
    return _("That does not fit.")


def confirm() -> str:
    return _("Shall I do that? (yes/no)")


def yes() -> str:
    return _("Yes")


def no() -> str:
    return _("No")


def not_done() -> str:
    return _("All right, I did nothing.")


def would_run(name: str, values: Mapping[str, object]) -> str:
    """Returns what a call would do, for a skill that does not say it itself."""
    listed = pgettext("between words", ", ").join(f"{key}: {value}" for key, value in values.items())
    return _("I would run “%(name)s” (%(values)s).") % {"name": name, "values": listed or "–"}


def described(text: str, triggers: tuple[str, ...], language: str) -> str:
    """Returns what a skill does with its trigger words in `language`. The script of a word tells its language."""
    chinese = language.startswith("zh")
    words = [word for word in triggers if word.isascii() != chinese] or list(triggers)
    return _("%(skill)s (%(words)s)") % {"skill": text, "words": pgettext("between words", ", ").join(words[:3])}
