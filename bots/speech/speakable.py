"""Makes of an answer what is read aloud: without markdown, addresses and code."""

from __future__ import annotations

import re

LONGEST = 800  # characters: about a minute and a half; a longer answer is read faster than heard
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)", re.DOTALL)
_TABLE = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)\s]*(?:\s[^)]*)?\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]*(?:\s[^)]*)?\)")
_ADDRESS = re.compile(r"<?\b(?:https?://|www\.)[^\s<>）)，。]+>?", re.IGNORECASE)
_LINE_MARKS = re.compile(r"^\s{0,8}(?:#{1,6}\s+|>+\s?|[-*+•]\s+(?:\[[ xX]\]\s+)?)", re.MULTILINE)
_RULE = re.compile(r"^\s*(?:[-*_]\s*){3,}$", re.MULTILINE)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|__|~~|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|`)")
_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,80}>")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~|>])")
# Pictures and their joiners, which voices read as their names.
_PICTURES = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\U000e0020-\U000e007f]+")


def speakable(text: str) -> str:
    """Returns the answer as it is spoken; "" when it is too long, or when its content is code or a table."""
    if _CODE.search(text) or _TABLE.search(text):
        return ""
    said = _RULE.sub("", text)
    said = _LINK.sub(r"\1", _IMAGE.sub(r"\1", said))
    said = _ADDRESS.sub("", said)
    said = _EMPHASIS.sub("", _LINE_MARKS.sub("", said))
    said = _PICTURES.sub("", _TAG.sub("", _ESCAPED.sub(r"\1", said)))
    said = re.sub(r"[ \t]+", " ", said)
    said = re.sub(r"\s*\n\s*\n\s*", "\n", said).strip()
    return said if len(said) <= LONGEST and any(character.isalnum() for character in said) else ""
