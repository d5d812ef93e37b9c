"""Traditional Chinese read as simplified, so that both find each other and every rule of ours is written once."""

from __future__ import annotations

from functools import lru_cache

_HAN = range(0x3400, 0xA000)


def simplified(text: str) -> str:
    """One character for one: places in the result are places in `text`. Only for comparing; nothing is shown so."""
    return text if text.isascii() else text.translate(_table())


@lru_cache(maxsize=1)
def _table() -> dict[int, str]:
    """OpenCC's, character by character: its phrases would move the places."""
    from opencc import OpenCC  # 0.03 s together with the table, when the first Chinese text comes

    convert = OpenCC("t2s").convert
    made = {code: convert(chr(code)) for code in _HAN}
    return {code: to for code, to in made.items() if to != chr(code) and len(to) == 1}
