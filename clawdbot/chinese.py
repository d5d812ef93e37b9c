"""Converts traditional Chinese to simplified, so that both match each other and each rule is written only once."""

from __future__ import annotations

import re
from functools import lru_cache

_HAN = range(0x3400, 0xA000)


def simplified(text: str) -> str:
    """Converts character by character, so positions stay valid for `text`. Only for comparison, never for display."""
    if text.isascii() or not _traditional().search(text):
        return text  # `translate` raises and catches an error for each character that stays as it is
    return text.translate(_table())


@lru_cache(maxsize=1)
def _traditional() -> re.Pattern[str]:
    return re.compile("[" + "".join(map(chr, _table())) + "]")


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """Returns OpenCC's mapping of single characters; its phrases would change positions."""
    from opencc import OpenCC  # import and table take 0.03 s, spent at the first Chinese text

    convert = OpenCC("t2s").convert
    made = {code: convert(chr(code)) for code in _HAN}
    return {code: to for code, to in made.items() if to != chr(code) and len(to) == 1}
