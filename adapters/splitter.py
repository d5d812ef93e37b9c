"""Splits neutral markdown into pieces that a platform accepts, at the least disturbing place.

Preferred places: between paragraphs, then lines, sentences, words, code points. A code block that fits into one piece
is not cut; a longer one is cut between its lines, closed, and reopened in the next piece. A table is cut between its
rows, and every piece repeats its header row. Links, code spans and emphasis stay whole where they fit into one piece.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from adapters.markdown import Region, regions, source_lines

Unit = Callable[[str], int]
"""Measures a text as a platform counts it. Must be additive over code points."""


def code_points(text: str) -> int:
    """Returns the length in Unicode code points."""
    return len(text)


def utf16_units(text: str) -> int:
    """Returns the length in UTF-16 code units: 2 for characters beyond the basic plane, such as most emoji."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def utf8_bytes(text: str) -> int:
    """Returns the length in UTF-8 bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


MIN_LIMIT = 16
_MIN_ROOM = 8  # least units of code or rows in a piece, besides its fences or header
_HAS_REGIONS = re.compile(r"```|~~~|\|")
_MARKED_LINE = re.compile(r"([\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+[\s>]*)*)(.*)", re.DOTALL)
_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n`]*$", re.MULTILINE)
_ENTITY = re.compile(
    r"!?\[[^\[\]\n]*\]\((?:[^()\s]|\([^()\s]*\))*\)|<https?://[^\s>]*>|https?://\S+|(`+)[^`\n]+?\1"
    r"|\\\([^\n]+?\\\)|\*\*[^*\n]+\*\*|__[^_\n]+__|~~[^~\n]+~~|\*[^*\s][^*\n]*\*"
)
# Places to cut at, best first.
_TIERS = (
    re.compile(r"\n[ \t]*\n\s*"),
    re.compile(r"\n"),
    re.compile(r"[.!?…]+[\"')\]]*\s+|[。！？；…]+[」』”’）]*"),
    re.compile(r"\s+"),
)
# A cut before one of these, or before a combining mark, would split a visible character: a joiner, a vowel that Unicode
# counts as a letter, skin tones, tags.
_JOINERS = re.compile("[\u200d\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_FLAG_LETTERS = re.compile("[\U0001f1e6-\U0001f1ff]+$")
_MAX_JOINED = 16


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of the text.

    Attributes:
        text: Source of the segment.
        head: Repeated before the lines of every piece: the opening fence, or the header of a table; "" for prose.
        lines: Lines between which the segment may be cut.
        tail: Repeated after the lines of every piece: the closing fence.
    """

    text: str
    head: str = ""
    lines: tuple[str, ...] = ()
    tail: str = ""


def split_text(text: str, limit: int, unit: Unit = code_points) -> list[str]:
    """Splits `text` into pieces of at most `limit` units each.

    Args:
        text: Neutral markdown.
        limit: Length limit of a piece; at least 16.
        unit: Measures the length of a text.

    Returns:
        The pieces in order, none blank; [] for blank text. Together they hold the same visible characters, except for
        white space at the cuts and repeated fences and table headers.

    Raises:
        ValueError: The limit is below 16.
    """
    if limit < MIN_LIMIT:
        raise ValueError(f"the limit must be at least {MIN_LIMIT}")
    if not text.strip():
        return []
    if unit(text) <= limit:
        return [text]
    packer = _Packer(limit, unit)
    for segment in _segments(source_lines(text)) if _HAS_REGIONS.search(text) else (_Segment(text),):
        if segment.head:
            packer.add_block(segment)
        else:
            packer.add_prose(segment.text)
    packer.flush()
    return packer.pieces


def _segments(lines: list[str]) -> Iterator[_Segment]:
    """Yields prose, code blocks and tables in order; together they are the text."""
    text = "\n".join(lines)
    at = line = offset = 0
    for region in regions(text):
        if region.kind not in ("code", "table"):
            continue
        start = offset + sum(len(lines[number]) + 1 for number in range(line, region.start))
        source = lines[region.start : region.end]
        end = start + sum(map(len, source)) + len(source) - 1
        if start > at:
            yield _Segment(text[at:start])
        yield _code(region, source) if region.kind == "code" else _table(source)
        at, line, offset = end, region.end, end + 1
    if at < len(text):
        yield _Segment(text[at:])


def _code(region: Region, source: list[str]) -> _Segment:
    prefix = _continued(source[0].partition(region.fence)[0])
    closing = re.compile(rf"[\s>]*{re.escape(region.fence[0])}{{{len(region.fence)},}}\s*")
    closed = len(source) > 1 and closing.fullmatch(source[-1])
    lines = source[1:-1] if closed else source[1:]
    head = prefix + source[0][len(prefix) :]
    return _Segment("\n".join(source), head, tuple(lines), prefix + region.fence)


def _table(source: list[str]) -> _Segment:
    marked = _MARKED_LINE.match(source[0])
    header = _continued(marked[1]) + marked[2] if marked else source[0]
    return _Segment("\n".join(source), f"{header}\n{source[1]}", tuple(source[2:]))


def _continued(prefix: str) -> str:
    """Returns the prefix of a block's first line, with the markers of list items that begin there blanked out."""
    return re.sub(r"[^\s>]", " ", prefix)


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

    def add_block(self, block: _Segment) -> None:
        if self.unit(self.current + block.text) <= self.limit:
            self.current += block.text
            return
        self.flush()
        if self.unit(block.text) <= self.limit:
            self.current = block.text
            return
        head, room = self._head(block)
        if room < _MIN_ROOM or (not block.tail and any(self.unit(line) > room for line in block.lines)):
            self.add_prose(block.text)  # an absurdly long fence or row is not worth keeping whole
            return
        for chunk in self._chunks(block.lines, room):
            self.flush()
            self.current = "\n".join((head, chunk, block.tail) if block.tail else (head, chunk))

    def _head(self, block: _Segment) -> tuple[str, int]:
        """Returns the head of each chunk of a block and the room for a chunk. Drops an absurdly long info string."""
        room = self.limit - self.unit(block.head + block.tail) - (2 if block.tail else 1)
        if room < _MIN_ROOM and block.tail:
            return block.tail, self.limit - 2 * self.unit(block.tail) - 2
        return block.head, room

    def _chunks(self, lines: Iterable[str], room: int) -> Iterator[str]:
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

    def _short_lines(self, lines: Iterable[str], room: int) -> Iterator[str]:
        for line in lines:
            while self.unit(line) > room:
                at = _character_start(line, self._reach(line, room))
                yield line[:at]
                line = line[at:]
            yield line

    def add_prose(self, text: str) -> None:
        while self.unit(self.current + text) > self.limit:
            reach = self._reach(text, self.limit - self.unit(self.current))
            # White space at the cut is dropped, so it may exceed the limit.
            cut = _best_cut(text, reach)
            if not cut and self.current.strip():
                self.flush()  # a new piece has more room for a run without a place to cut
                continue
            cut = _unfenced(text, cut or _character_start(text, reach))
            self.current += text[:cut]
            self.flush()
            text = text[cut:].lstrip()
        self.current += text

    def _reach(self, text: str, room: int) -> int:
        """Returns the length in code points of the longest prefix that fits; a code point costs at least one unit."""
        window = text[: max(room, 0)]
        if self.unit(window) <= room:
            return len(window)
        return bisect_right(range(len(window) + 1), room, key=lambda size: self.unit(window[:size])) - 1


def _best_cut(text: str, reach: int) -> int:
    """Returns the best cut at or before `reach` code points, outside of entities; 0 when there is none."""
    whole = [match.span() for match in _ENTITY.finditer(text, 0, reach + 512) if match.start() < reach]
    for floor in (reach // 4, 0):  # a nearly empty piece is worse than a less good cut
        for tier in _TIERS:
            cut = _last(tier, text, reach, whole)
            if cut > floor:
                return cut
    return next((start for start, end in whole if start < reach < end), 0)


def _unfenced(text: str, cut: int) -> int:
    """Returns `cut`, or one less when a "```" inside a line would become a fence at the start of the next piece."""
    return cut - 1 if cut > 1 and _FENCE.match(text[cut : cut + 512].lstrip()) else cut


def _last(tier: re.Pattern[str], text: str, reach: int, whole: list[tuple[int, int]]) -> int:
    best = 0
    for match in tier.finditer(text, 0, min(len(text), reach + 1)):
        cut = match.start() + len(match[0].rstrip())
        if cut <= reach and not any(start < cut < end for start, end in whole):
            best = cut
    return best


def _character_start(text: str, reach: int) -> int:
    """Returns `reach`, or a little less when a cut there would split a visible character; at least 1."""
    at = max(reach, 1)
    while at > max(1, reach - _MAX_JOINED) and _joins_previous(text, at):
        at -= 1
    return max(reach, 1) if _joins_previous(text, at) else at


def _joins_previous(text: str, at: int) -> bool:
    """Returns whether the character at `at` and the one before it form one visible character."""
    if at >= len(text):
        return False
    if _JOINERS.match(text, at) or text[at - 1] == "\u200d" or unicodedata.category(text[at]).startswith("M"):
        return True
    letters = _FLAG_LETTERS.search(text[: at + 1])
    return letters is not None and len(letters[0]) % 2 == 0
