"""Texts that come in both languages, such as those of adapters, which know no gettext."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import get_language


def in_language(texts: Mapping[str, str]) -> str:
    """The text of the active language out of {"en": ..., "zh": ...}."""
    chinese = (get_language() or "en").startswith("zh")
    return texts.get("zh" if chinese else "en") or texts.get("en", "")
