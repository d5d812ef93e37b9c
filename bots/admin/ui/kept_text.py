"""Keeps a text that was refused, so that the page that says why shows it again in its field."""

from __future__ import annotations

from django.http import HttpRequest

_KEY = "clawdbot_refused_text"


def keep(request: HttpRequest, field: str, pk: int, text: str) -> None:
    """Keeps one text of this user, typed into `field` of row `pk`, until it is shown; a second one replaces it."""
    request.session[_KEY] = [field, pk, text]


def take(request: HttpRequest, field: str, pk: int | None = None) -> tuple[int, str]:
    """Returns (row, text) of the text kept for the field, once; (0, "") when there is none, or none of row `pk`."""
    kept_field, kept_pk, text = request.session.get(_KEY) or ("", 0, "")
    if kept_field != field or pk not in (None, kept_pk):
        return 0, ""
    del request.session[_KEY]
    return kept_pk, text
