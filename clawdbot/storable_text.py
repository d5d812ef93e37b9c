"""Text that any database takes: what other programs say may hold characters that none does."""

from __future__ import annotations


def storable(text: str) -> str:
    """Without NUL characters, with halves of a surrogate pair joined, and lone ones replaced by U+FFFD."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
