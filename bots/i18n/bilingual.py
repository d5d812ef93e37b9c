"""Selects the language of bilingual texts, such as those of adapters, which do not use gettext."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language


def in_language(texts: Mapping[str, str]) -> str:
    """Returns the text in the active language from {"en": ..., "zh": ...}."""
    chinese = (get_language() or "en").startswith("zh")
    return texts.get("zh" if chinese else "en") or texts.get("en", "")
