"""Takes out of an answer what a model only repeats from its prompt: the block of memories and the lines around it.

Small models copy the block into their answer, whole or in part, with other tags, quoted or as code. It holds memories
with their dates and sentences meant for the model. What the model says about them in its own words stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from bots.llm.types import Messages

_QUOTES = re.compile(r"^[\s>\uff1e|]*")
_TAG = re.compile(
    r"(?:<|\uff1c|\u2039|\u00ab|&lt;|\[|\u3010)\s*(/?)\s*([^\W\d][\w.:-]*(?:[ _-][\w.:-]+)?)[^<>\n]{0,60}?"
    r"(?:>|\uff1e|\u203a|\u00bb|&gt;|\]|\u3011)"
)
_TAG_BEGINS = re.compile(
    r"(?:<|\uff1c|\u2039|&lt;)\s*/?\s*[^\W\d]?[\w.: -]{0,60}$|(?:<|\uff1c|\u2039|&lt;)\s*/?\s*[^\W\d]"
)
_FENCE = re.compile(r"(```|~~~)")
_OWN = "memory"
_DATE = r"\d{4}\s?[-/.\u5e74]\s?\d{1,2}\s?[-/.\u6708]\s?\d{1,2}"
# A line of the block in any language, and such a line in the words of the prompt.
_NOTE = re.compile(rf"^\W{{0,4}}(?:[^\W\d]{{1,10}}\s)?{_DATE}")
_OUR_NOTE = re.compile(r"^\W{0,4}\d{4}-\d{2}-\d{2} (?:the person|you) said: ", re.IGNORECASE)
_NOTE_BEGINS = re.compile(r"^[\s>*\u2022-]*(?:s|si|sin|sinc|since\s?)?[\d-]{0,10}$")
_MACHINE = re.compile(r"<(?:memory|summary|file)>|^Now: \w+, \d{4}-|^You are talking to ")
_BLANK = re.compile(r"^[\s>*\u2022_`-]*$")
_LEAST_KNOWN = 24
_LONGEST_BLOCK = 60


def _plain(text: str) -> str:
    """Returns a line without quote marks, bullets, emphasis and differences in white space and case."""
    return " ".join(text.split()).lstrip(" >|\u2022-#").strip(" *_`").casefold()


class EchoFilter:
    """Filters an answer as it comes in.

    Args:
        messages: The prompt.
    """

    def __init__(self, messages: Messages) -> None:
        system = "\n".join(m["content"] for m in messages if m["role"] == "system" and isinstance(m["content"], str))
        self._notes: list[str] = []
        self._known: set[str] = set()
        inside = False
        for line in system.split("\n"):
            inside = line in ("<memory>", "<summary>") or (inside and line not in ("</memory>", "</summary>"))
            if inside and len(_plain(line)) >= _LEAST_KNOWN:
                self._known.add(_plain(line))
                self._notes.append(line.strip().removeprefix("- "))
            elif _MACHINE.search(line):
                self._known.add(_plain(line))
        for message in messages[-1:]:
            if isinstance(message["content"], str):
                self._known |= {_plain(line) for line in message["content"].split("\n") if "<file>" in line}
        self._known -= {"", "<memory>", "<summary>"}
        self._head = _Head(system)
        self._line, self._begun = "", False
        self._block: list[str] = []
        self._name, self._last_note = "", 0
        self._fence: str | None = None
        self._fenced = self._after_echo = self._own_shown = False

    def take(self, piece: str) -> str:
        """Returns what may be shown now."""
        return "".join(self._taken(self._head.take(piece)))

    def rest(self) -> str:
        """Returns what was held back, at the end of the answer."""
        shown = [*self._taken(self._head.rest())]
        if self._line:
            line, self._line = self._line, ""
            shown.append(self._shown(line))
        shown.append(self._end_of_block())
        if self._fence and not self._fenced:
            self._fence = None
        return "".join(shown)

    def _taken(self, text: str) -> Iterator[str]:
        self._line += text
        while "\n" in self._line:
            line, _, self._line = self._line.partition("\n")
            yield self._shown(f"{line}\n")
            self._begun = False
        if self._line and not self._block and self._is_harmless(self._line):
            text, self._line, self._begun, self._after_echo = self._line, "", True, False
            yield self._opened_fence() + text

    def _is_harmless(self, begun: str) -> bool:
        """Returns whether the beginning of a line can be shown before its end is known."""
        if _TAG_BEGINS.search(begun):
            return False
        if self._begun:
            return True
        start, plain = _QUOTES.sub("", begun), _plain(begun)
        if not plain or start[0] in "[\u3010`~<&\uff1c\u2039\u00ab" or _NOTE_BEGINS.match(start) or _NOTE.match(start):
            return False
        return not any(known.startswith(plain) for known in self._known)

    def _shown(self, line: str) -> str:
        if self._begun and not _TAG.search(line):
            return line
        parts = self._parts(line)
        return self._of_line(line) if len(parts) == 1 else "".join(map(self._of_line, parts))

    def _parts(self, line: str) -> list[str]:
        """Returns a line with tags and notes in it as the lines that the prompt has."""
        end = "\n" if line.endswith("\n") else ""
        found: list[str] = []
        place = 0
        for tag in _TAG.finditer(line):
            found += [line[place : tag.start()], tag[0]]
            place = tag.end()
        found.append(line[place:].removesuffix("\n"))
        texts = found[0::2]
        if len(found) == 1 or not any(self._is_note(text, tagged=True) for text in texts):
            return [line]
        return [part + ("\n" if place < len(found) - 1 else end) for place, part in enumerate(found) if part.strip()]

    def _is_note(self, line: str, *, tagged: bool) -> bool:
        start, plain = _QUOTES.sub("", line), _plain(line)
        if plain in self._known or _OUR_NOTE.match(start) or (tagged and _NOTE.match(start)):
            return True
        cut_off = len(plain) >= _LEAST_KNOWN and _NOTE.match(plain) is not None
        return cut_off and any(known.startswith(plain) for known in self._known)

    def _of_line(self, line: str) -> str:
        tag = _TAG.fullmatch(_QUOTES.sub("", line).strip(" \t\r\n*_`"))
        if self._block:
            return self._in_block(line, tag)
        if tag is not None and tag[1]:
            lonely = tag[2].casefold() == _OWN and self._fence is None and not self._own_shown
            return "" if lonely or self._after_echo else self._text(line)
        if tag is not None:
            self._block, self._name, self._last_note = [line], tag[2].casefold(), 0
            return ""
        if _FENCE.match(_QUOTES.sub("", line)):
            return self._of_fence(line)
        for note in self._notes:
            if note in line and self._is_note(line[line.index(note) :], tagged=True):
                self._after_echo = True
                line = line.replace(note, "")
                if _BLANK.match(line):
                    return ""
        if self._is_note(line, tagged=False):
            self._after_echo = True
            return ""
        return self._text(line)

    def _text(self, line: str) -> str:
        if _BLANK.match(line):
            return "" if self._after_echo else self._opened_fence() + line
        self._after_echo = False
        self._own_shown = self._own_shown or f"<{_OWN}" in line.casefold()
        return self._opened_fence() + line

    def _opened_fence(self) -> str:
        """Returns the line that opens a code block, once something in the block is shown."""
        if self._fence is None or self._fenced:
            return ""
        self._fenced = True
        return self._fence

    def _of_fence(self, line: str) -> str:
        if self._fence is None:
            self._fence, self._fenced = line, False
            return ""
        shown = line if self._fenced else "" if self._after_echo else self._fence + line
        self._fence = None
        return shown

    def _in_block(self, line: str, tag: re.Match[str] | None) -> str:
        self._block.append(line)
        if tag is not None and tag[1] and (tag[2].casefold() == self._name or self._last_note):
            return self._end_of_block(closed=True)
        if self._is_note(line, tagged=True):
            self._last_note = len(self._block)
        elif not (self._last_note or tag or _BLANK.match(line) or self._name == _OWN):
            return self._released()  # another element
        if len(self._block) > _LONGEST_BLOCK and not self._last_note:
            return self._released()
        return ""

    def _end_of_block(self, *, closed: bool = False) -> str:
        if not self._block:
            return ""
        inner = self._block[1:-1] if closed else self._block[1:]
        plain = self._name == _OWN and self._fence is None and not any("<" in line for line in inner)
        if self._last_note or plain:
            kept = [] if closed else self._block[max(self._last_note, 1) :]
            self._block, self._after_echo = [], True
            return "".join(self._text(line) for line in kept)
        return self._released()

    def _released(self) -> str:
        lines, self._block = self._block, []
        return "".join(self._text(line) for line in lines)


class _Head:
    """Drops the beginning of an answer that repeats the beginning of the prompt, at least up to a line of our own."""

    def __init__(self, system: str) -> None:
        first = next((found for found in re.finditer(r"(?m)^Now: .*$", system)), None)
        self._wanted: list[str] = []
        self._ends: set[int] = set()  # characters up to the end of each line that may be dropped
        if first is not None:
            for start in re.finditer(r"(?m)^.*$", system):
                self._wanted += [char.casefold() for char in start[0] if not char.isspace()]
                if start.start() >= first.start():
                    self._ends.add(len(self._wanted))
        self._held, self._place, self._dropped = "", 0, 0
        self._done = not self._wanted

    def take(self, piece: str) -> str:
        if self._done:
            return piece
        for index, char in enumerate(piece):
            if char.isspace():
                continue
            if self._place >= len(self._wanted) or char.casefold() != self._wanted[self._place]:
                self._held += piece
                return self.rest()
            self._place += 1
            if self._place in self._ends:
                self._dropped = len(self._held) + index + 1
        self._held += piece
        return ""

    def rest(self) -> str:
        """Returns what was held back, without what is dropped."""
        self._done = True
        held, self._held = self._held, ""
        return held[self._dropped :]


def without_echo(text: str, messages: Messages) -> str:
    """Returns the answer without what it repeats from the prompt."""
    found = EchoFilter(messages)
    shown = found.take(text) + found.rest()
    return shown if shown == text else shown.strip()
