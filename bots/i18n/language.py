"""Chooses the language to answer in."""

from __future__ import annotations

import re

from django.conf import settings

_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{2,}")


def language_of(text: str, known: str = "") -> str:
    """Returns "zh-hans" or "en": by the script of the text, else the known language, else the installation's.

    A Chinese sentence often holds Latin names, an English one seldom Han. So Han characters decide, unless Latin words
    outnumber them.
    """
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if text.startswith(("/", "\uff0f")) and not han and known:
        latin = 0  # "/help" does not tell the language
    if han or latin:
        return "zh-hans" if han >= latin else "en"
    chosen = known or settings.LANGUAGE_CODE
    return "zh-hans" if chosen.lower().startswith("zh") else "en"
