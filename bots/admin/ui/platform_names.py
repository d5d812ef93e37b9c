"""Names and texts of the platforms in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import lazy

from adapters import registry
from adapters.errors import UnknownPlatform
from bots.i18n.bilingual import in_language


def lazy_text(texts: Mapping[str, str]) -> Any:
    """Returns a lazy translation, because forms are built once and shown in both languages."""
    return lazy(in_language, str)(texts)


def platform_name(platform: str) -> str:
    """Returns the platform's display name; the stored name when this version does not know the platform."""
    try:
        return in_language(registry.adapter_class(platform).label)
    except UnknownPlatform:
        return platform


def platform_choices() -> list[tuple[str, Any]]:
    """Returns every platform with its display name."""
    return [(name, lazy_text(registry.adapter_class(name).label)) for name in registry.platforms()]
