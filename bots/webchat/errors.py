"""Error texts and error frames of the web chat, in the languages of the chat page."""

from __future__ import annotations

from typing import Any, Literal

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

Language = Literal["en", "zh-hans"]

TEXTS: dict[str, str] = {
    "bad_json": _("This is not a valid message."),
    "bad_message": _("A message needs a text and a client_id (1 to 64 ASCII characters, no spaces)."),
    "unknown_type": _("Unknown message type."),
    "empty": _("The message is empty."),
    "too_long": _("The message is too long: %(limit)s characters at most."),
    "too_large": _("The frame is larger than %(limit)s bytes."),
    "no_recording": _("This is no recording, or it is empty."),
    "rate_limited": _("Too many messages. Please wait %(seconds)s s."),
    "unknown_bot": _("There is no bot at this address."),
    "bot_disabled": _("This bot is switched off at the moment. Please come back later."),
    "not_stored": _("The message could not be stored. Please send it again."),
    "failed": _("The bot could not answer this message. The operator can see it and try again."),
    "unavailable": _("The service is busy. Please try again."),
    "forbidden": _("The visitor token is missing or not valid."),
    "not_found": _("Not found."),
}


def language_of(*wishes: str) -> Language:
    """Returns the language of the first non-empty wish (language tag or Accept-Language value); English by default."""
    for wish in wishes:
        if wish.strip():
            return "zh-hans" if wish.strip().lower().startswith("zh") else "en"
    return "en"


def error_text(code: str, language: Language, **values: object) -> str:
    with translation.override(language):
        return gettext(TEXTS[code]) % values


def error_frame(code: str, language: Language, *, client_id: str = "", **values: object) -> dict[str, Any]:
    """Returns an `error` frame; `client_id` is the refused message. Values such as `seconds` become fields."""
    frame: dict[str, Any] = {"type": "error", "code": code, "text": error_text(code, language, **values), **values}
    if client_id:
        frame["client_id"] = client_id
    return frame
