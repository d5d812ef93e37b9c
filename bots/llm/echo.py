"""Takes out of an answer what a model only repeats from its prompt: blocks of data and the lines around them.

Small models copy a block into their answer, whole or in part, with other tags, quoted or as code. Blocks hold memories
with their dates, results of tools, and sentences meant for the model. What the model says about them in its own words
stays.
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
_NOTE = re.compile(rf"^\s*[-*\u2022\u2013\u2014]\s*(?:[^\W\d]{{1,10}}\s)?{_DATE}")
_DATED = re.compile(rf"^(?:since )?{_DATE}")
_OUR_NOTE = re.compile(r"^\W{0,4}\d{4}-\d{2}-\d{2} (?:the person|you) said: ", re.IGNORECASE)
_NOTE_BEGINS = re.compile(r"^[\s>*\u2022-]*(?:s|si|sin|sinc|since\s?)?[\d-]{0,10}$")
_MACHINE = re.compile(
    r"^Between <(\w+)> and </\1>|^Now: \w+, \d{4}-|^You are talking to |^You may call tools\. |^Result of [\w-]+:$"
    r"|^\(No further tool can be called\."
)
_OF_FENCES = re.compile(r"<(/?)(memory|summary|quoted|forwarded|file|result)>")
# Results of tools are a form of this product only, so their tags mean nothing to a person.
_RESULT = "result"
_RESULT_TAG = re.compile(r"(?:<|\uff1c|\u2039|&lt;)\s*/?\s*result\s*(?:>|\uff1e|\u203a|&gt;)", re.IGNORECASE)
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
        # Alone, or in an element of another name, the model may say such lines as its own words.
        self._fenced_lines: dict[str, set[str]] = {name: set() for name in ("summary", "quoted", "forwarded", _RESULT)}
        self._read(system)
        for place, message in enumerate(messages):
            said = message["content"]
            if not isinstance(said, str) or message["role"] not in ("user", "tool"):
                continue
            if place == len(messages) - 1 or f"<{_RESULT}>\n" in said:
                self._read(said)
        self._head = _Head(system)
        self._line, self._begun = "", False
        self._block: list[str] = []
        self._name, self._last_note = "", 0
        self._fence: str | None = None
        self._fenced = self._after_echo = self._own_shown = False

    def _read(self, prompt: str) -> None:
        """Notes the lines of our own and those inside of our fences; what a person's file holds is no echo."""
        inside = ""
        for line in prompt.split("\n"):
            if fence := _OF_FENCES.fullmatch(line):
                inside = "" if fence[1] else fence[2]
            elif _MACHINE.search(line):
                self._known.add(_plain(line))
            elif inside == _OWN and _DATED.match(_plain(line)):
                self._known.add(_plain(line))
                self._notes.append(line.strip().removeprefix("- "))
            elif inside in self._fenced_lines and _plain(line):
                self._fenced_lines[inside].add(_plain(line))

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
        if not self._after_echo:
            shown.append(self._opened_fence())
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
        if (
            not plain
            or start[0] in "[\u3010`~<&\uff1c\u2039\u00ab"
            or _NOTE_BEGINS.match(start)
            or _NOTE.match(start)
            or _DATED.match(plain)
        ):
            return False
        return not any(known.startswith(plain) for known in self._known)

    def _shown(self, line: str) -> str:
        if self._begun and not _TAG.search(line):
            return line
        parts = self._parts(line)
        return self._of_line(line, begun=self._begun) if len(parts) == 1 else "".join(map(self._of_line, parts))

    def _parts(self, line: str) -> list[str]:
        """Returns a line with tags and notes in it as the lines that the prompt has."""
        end = "\n" if line.endswith("\n") else ""
        found: list[str] = []
        place = 0
        for tag in _TAG.finditer(line):
            found += [line[place : tag.start()], tag[0]]
            place = tag.end()
        found.append(line[place:].removesuffix("\n"))
        names = {tag[2].casefold() for tag in _TAG.finditer(line)}
        if not any(self._is_note(text, tagged=True, name=name) for text in found[0::2] for name in names):
            return [line]
        return [part + ("\n" if place < len(found) - 1 else end) for place, part in enumerate(found) if part.strip()]

    def _is_note(self, line: str, *, tagged: bool, name: str = "") -> bool:
        start, plain = _QUOTES.sub("", line), _plain(line)
        if plain in self._known or _OUR_NOTE.match(start):
            return True
        if tagged and (plain in self._fenced_lines.get(name or self._name, ()) or _NOTE.match(start)):
            return True
        cut_off = len(plain) >= _LEAST_KNOWN and _DATED.match(plain) is not None
        return cut_off and any(known.startswith(plain) for known in self._known)

    def _of_line(self, line: str, *, begun: bool = False) -> str:
        """begun: The beginning of the line is shown, so that this rest of it opens no block."""
        tag = None if begun else _TAG.fullmatch(_QUOTES.sub("", line).strip(" \t\r\n*_`"))
        if self._block:
            return self._in_block(line, tag)
        if tag is not None and tag[1]:
            lonely = tag[2].casefold() == _OWN and self._fence is None and not self._own_shown
            return "" if lonely or self._after_echo else self._text(line)
        if tag is not None:
            self._block, self._name, self._last_note = [line], tag[2].casefold(), 0
            return ""
        if not begun and _FENCE.match(_QUOTES.sub("", line)):
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
        if self._fenced_lines[_RESULT] and self._fence is None and _RESULT_TAG.search(line):
            line = _RESULT_TAG.sub("", line)
            if _BLANK.match(line):
                return ""
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
