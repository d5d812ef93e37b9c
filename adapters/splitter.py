"""Cuts neutral markdown into pieces a platform accepts, at the kindest place.

Preferred places: between paragraphs, then lines, sentences, words, code points. A code block that fits into one piece
is not cut; a longer one is cut between its lines, closed, and opened again in the next piece. Links, code spans and
emphasis stay whole where they fit into a piece.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Unit = Callable[[str], int]
"""Counts the length of a text the way one platform does. Must be additive over code points."""


def code_points(text: str) -> int:
    """Length in Unicode code points."""
    return len(text)


def utf16_units(text: str) -> int:
    """Length in UTF-16 code units: 2 for characters beyond the basic plane, such as most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


MIN_LIMIT = 16
_MIN_CODE_ROOM = 8  # units of code a piece must hold beside its fences
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_ENTITY = re.compile(
    r"!?\[[^\[\]\n]*\]\([^()\s]*\)|<https?://[^\s>]*>|https?://\S+|(`+)[^`\n]+?\1"
    r"|\*\*[^*\n]+\*\*|__[^_\n]+__|~~[^~\n]+~~|\*[^*\s][^*\n]*\*"
)
# From the kindest place to the least kind.
_TIERS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n"),
    re.compile(r"[.!?…]+[\"')\]]*\s+|[。！？；…]+[」』”’）]*"),
    re.compile(r"\s+"),
)
# Cutting before one of these, or before a mark of any script, would tear a visible character apart: a joiner, a vowel
# that counts as a letter, skin tones, tags.
_CLINGS = re.compile("[\u200d\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+$")
_MAX_CLINGING = 16


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    marker: str = ""  # of the fence; "" for prose


def split_text(text: str, limit: int, unit: Unit = code_points) -> list[str]:
    """Cuts `text` into pieces of at most `limit` units each.

    Args:
        text: Neutral markdown.
        limit: Largest piece; at least 16.
        unit: How to count.

    Returns:
        The pieces in order, none blank; [] for blank text. Joined they hold the same visible characters, save for white
        space at the cuts and repeated code fences.

    Raises:
        ValueError: When the limit is too small to be useful.
    """
    if limit < MIN_LIMIT:
        raise ValueError(f"the limit must be at least {MIN_LIMIT}")
    if not text.strip():
        return []
    if unit(text) <= limit:
        return [text]
    packer = _Packer(limit, unit)
    for segment in _segments(text):
        if segment.marker:
            packer.add_code(segment)
        else:
            packer.add_prose(segment.text)
    packer.flush()
    return packer.pieces


def _segments(text: str) -> Iterator[_Segment]:
    """Prose and code blocks in turn; together they are the text."""
    at = 0
    while (opening := _FENCE.search(text, at)) is not None:
        marker = opening[1]
        closing = re.compile(rf"^[ \t]*{re.escape(marker[0])}{{{len(marker)},}}[ \t]*$", re.MULTILINE)
        found = closing.search(text, opening.end())
        end = found.end() if found else len(text)
        if opening.start() > at:
            yield _Segment(text[at : opening.start()])
        yield _Segment(text[opening.start() : end], marker)
        at = end
    if at < len(text):
        yield _Segment(text[at:])


class _Packer:
    def __init__(self, limit: int, unit: Unit) -> None:
        self.limit = limit
        self.unit = unit
        self.pieces: list[str] = []
        self.current = ""

    def flush(self) -> None:
        piece = self.current.rstrip().lstrip("\n")
        if piece:
            self.pieces.append(piece)
        self.current = ""

    def add_code(self, block: _Segment) -> None:
        if self.unit(self.current + block.text) <= self.limit:
            self.current += block.text
            return
        self.flush()
        if self.unit(block.text) <= self.limit:
            self.current = block.text
            return
        opening, _, inside = block.text.partition("\n")
        fences = self.unit(opening + block.marker) + 2
        if self.limit - fences < _MIN_CODE_ROOM:  # an absurd info string
            opening, fences = block.marker, 2 * self.unit(block.marker) + 2
        if self.limit - fences < _MIN_CODE_ROOM:  # an absurd fence; no longer code worth keeping whole
            self.add_prose(block.text)
            return
        lines = inside.split("\n")
        if lines and lines[-1].strip().startswith(block.marker) and not lines[-1].strip(block.marker[0] + " \t"):
            lines.pop()
        for chunk in self._code_chunks(lines, self.limit - fences):
            self.flush()
            self.current = f"{opening}\n{chunk}\n{block.marker}"

    def _code_chunks(self, lines: list[str], room: int) -> Iterator[str]:
        chunk: list[str] = []
        used = 0
        for line in self._short_lines(lines, room):
            size = self.unit(line) + (1 if chunk else 0)
            if used + size > room:
                yield "\n".join(chunk)
                chunk, used, size = [], 0, self.unit(line)
            chunk.append(line)
            used += size
        if chunk:
            yield "\n".join(chunk)

    def _short_lines(self, lines: list[str], room: int) -> Iterator[str]:
        for line in lines:
            while self.unit(line) > room:
                at = _unclinging(line, self._reach(line, room))
                yield line[:at]
                line = line[at:]
            yield line

    def add_prose(self, text: str) -> None:
        while self.unit(self.current + text) > self.limit:
            reach = self._reach(text, self.limit - self.unit(self.current))
            # White space after the piece is dropped at the cut, so it may hang over the limit.
            cut = _kind_cut(text, reach)
            if not cut and self.current.strip():
                self.flush()  # a fresh piece has more room for an unbroken run
                continue
            cut = _unfenced(text, cut or _unclinging(text, reach))
            self.current += text[:cut]
            self.flush()
            text = text[cut:].lstrip()
        self.current += text

    def _reach(self, text: str, room: int) -> int:
        """The longest prefix, in code points, that fits; every code point costs at least one unit."""
        window = text[: max(room, 0)]
        if self.unit(window) <= room:
            return len(window)
        return bisect_right(range(len(window) + 1), room, key=lambda size: self.unit(window[:size])) - 1


def _kind_cut(text: str, reach: int) -> int:
    """The best cut at or before `reach` code points, outside of entities; 0 when there is none."""
    whole = [match.span() for match in _ENTITY.finditer(text, 0, reach + 512) if match.start() < reach]
    for floor in (reach // 4, 0):  # a better place is not worth a nearly empty piece
        for tier in _TIERS:
            cut = _last(tier, text, reach, whole)
            if cut > floor:
                return cut
    return next((start for start, end in whole if start < reach < end), 0)


def _unfenced(text: str, cut: int) -> int:
    """`cut`, or one earlier when the next piece would begin with what is no fence yet: a "```" inside of a line."""
    return cut - 1 if cut > 1 and _FENCE.match(text[cut : cut + 512].lstrip()) else cut


def _last(tier: re.Pattern[str], text: str, reach: int, whole: list[tuple[int, int]]) -> int:
    best = 0
    for match in tier.finditer(text, 0, min(len(text), reach + 1)):
        cut = match.start() + len(match[0].rstrip())
        if cut <= reach and not any(start < cut < end for start, end in whole):
            best = cut
    return best


def _unclinging(text: str, reach: int) -> int:
    """`reach`, or a little earlier when it would tear a character apart; at least 1."""
    at = max(reach, 1)
    while at > max(1, reach - _MAX_CLINGING) and _clings(text, at):
        at -= 1
    return max(reach, 1) if _clings(text, at) else at


def _clings(text: str, at: int) -> bool:
    """Whether the character at `at` is shown as one with what is before it."""
    if at >= len(text):
        return False
    if _CLINGS.match(text, at) or text[at - 1] == "\u200d" or unicodedata.category(text[at]).startswith("M"):
        return True
    letters = _FLAG_LETTERS.search(text[: at + 1])
    return letters is not None and len(letters[0]) % 2 == 0
