"""Reads the tool calls of an answer in all the forms in which models and servers send them.

The format has them in `tool_calls`. Servers leave out ids and indexes or repeat them, and send arguments as an object.
Small models write a call into their text: as a block of JSON or between tags of their template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from bots.llm import tool_call_dialects
from bots.llm.types import ToolRequest
from clawdbot.storable_text import storable

MOST = 64  # calls of one answer; a model that writes more repeats itself
_LONGEST_ARGUMENTS = 200_000
_SPACE = re.compile(r"[.:/|]+")
# A token of the template, or the arguments, behind the name.
_NAME_ENDS = re.compile(r"<\||[({\s]")
_TAGGED = re.compile(
    r"(?:<\|?tool_calls?\|?>|\[TOOL_CALLS\]|<\|tool_calls_section_begin\|>|<\|python_tag\|>)(?P<body>.*?)"
    r"(?:<\|?/?tool_calls?(?:_end)?\|?>|\[/TOOL_CALLS\]|<\|tool_calls_section_end\|>|\Z)",
    re.DOTALL,
)
_FENCED = re.compile(r"```(?:json|tool_calls?|tool_code|)[ \t]*\n?(?P<body>\s*[{\[].*?)(?:```|\Z)", re.DOTALL)
# The opening tag is a special token, which some servers leave out.
_CLOSED = re.compile(r"(?P<body>\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})\s*</tool_call>")
_OPENINGS = ("<tool_call", "<|tool_call", "[TOOL_CALLS]", "<|python_tag|>", "```", *tool_call_dialects.OPENINGS)
_LONGEST_OPENING = max(map(len, _OPENINGS))


def of_message(message: dict[str, Any], names: Collection[str], *, cut: bool) -> tuple[ToolRequest, ...]:
    """Returns the calls in the fields of a whole answer, those in its text left aside."""
    slots = Deltas()
    calls = message.get("tool_calls")
    for number, call in enumerate(calls if isinstance(calls, list) else ()):
        if isinstance(call, dict):
            slots.take([{**call, "index": number, "id": None}])
    if not slots and isinstance(message.get("function_call"), dict):
        slots.take([{"function": message["function_call"]}])
    return slots.requests(names, cut=cut)


class Deltas:
    """Puts the pieces of streamed calls together."""

    def __init__(self) -> None:
        self._slots: list[_Slot] = []

    def __bool__(self) -> bool:
        return bool(self._slots)

    def take(self, deltas: Any) -> None:
        """Takes the `tool_calls` of one chunk."""
        for delta in deltas if isinstance(deltas, list) else ():
            if isinstance(delta, dict):
                function = delta.get("function")
                self._take(delta, function if isinstance(function, dict) else delta)

    def requests(self, names: Collection[str], *, cut: bool) -> tuple[ToolRequest, ...]:
        """Returns the calls in their order. With `cut`, the last one may be incomplete."""
        named = [slot for slot in self._slots if slot.name][:MOST]
        return tuple(
            ToolRequest(known(slot.name, names), slot.arguments[:_LONGEST_ARGUMENTS], cut=cut and slot is named[-1])
            for slot in named
        )

    def _take(self, delta: dict[str, Any], function: dict[str, Any]) -> None:
        name, written = storable(str(function.get("name") or "")), function.get("arguments")
        if written is None:
            written = function.get("parameters") if isinstance(function.get("parameters"), dict) else ""
        arguments = written if isinstance(written, str) else json.dumps(written, ensure_ascii=False)
        slot = self._slot(delta.get("index"), str(delta.get("id") or ""), name, arguments)
        if name and name != slot.name:
            slot.name += name
        # Some servers send the whole arguments once more with the last chunk.
        if not (len(arguments) > 2 and arguments == slot.arguments):
            slot.arguments = storable(slot.arguments + arguments)

    def _slot(self, index: Any, call_id: str, name: str, arguments: str) -> _Slot:
        """Returns the call that a piece belongs to; a new one when it begins a call."""
        at = index if isinstance(index, int) and not isinstance(index, bool) else None
        held = [slot for slot in self._slots if slot.index == at] if at is not None else self._slots[-1:]
        if call_id and not name:  # the id tells which call goes on, whatever index its server counts
            held = [slot for slot in self._slots if slot.id == call_id] or held
        if not held and not (name or call_id):  # a later piece of a call whose first piece had another index
            held = self._slots[-1:]
        last = held[-1] if held else None
        if (
            last is None
            or (call_id and last.id and call_id != last.id)
            or (not call_id and last.is_followed_by(at, name, arguments))
        ):
            last = _Slot(at, call_id)
            self._slots.append(last)
        last.id = last.id or call_id
        return last


@dataclass(slots=True)
class _Slot:
    index: int | None
    id: str
    name: str = ""
    arguments: str = ""

    def is_followed_by(self, index: int | None, name: str, arguments: str) -> bool:
        """Returns whether a piece without an id begins the next call: its server sends no indexes, or 0 for all."""
        if not (name and self.name):
            return False
        if index is None and name != self.name:
            return True
        return arguments.lstrip().startswith("{") and self.arguments != arguments and self._is_whole()

    def _is_whole(self) -> bool:
        try:
            return isinstance(json.loads(self.arguments), dict)
        except (ValueError, RecursionError):
            return False


def known(name: str, names: Collection[str]) -> str:
    """Returns the offered tool that a name means: "functions.weather", "Weather" and "weather()" mean "weather"."""
    name = name.strip()
    if name in names:
        return name
    plain = _NAME_ENDS.split(name)[0]
    short = _SPACE.split(plain)[-1].strip()
    fitting = [one for one in names if one.casefold() in (short.casefold(), plain.casefold())]
    return fitting[0] if len(fitting) == 1 else name


def in_text(text: str, names: Collection[str], *, cut: bool = False) -> tuple[str, tuple[ToolRequest, ...]]:
    """Separates an answer from calls that the model wrote into it. A block that names no offered tool stays text."""
    calls: list[ToolRequest] = []

    def taken(match: re.Match[str]) -> str:
        found = list(_requests(match["body"], names)) if match["body"].strip() else []
        ends_early = cut and match.end() == len(text)
        calls.extend(ToolRequest(one.name, one.arguments, cut=ends_early) for one in found)
        return "" if found else match[0]

    rest = text
    if any(opening in text for opening in _OPENINGS):
        rest, written = tool_call_dialects.separate(rest, lambda name: known(name, names) in names)
        calls += [ToolRequest(known(one.name, names), one.arguments) for one in written]
        rest = _FENCED.sub(taken, _TAGGED.sub(taken, rest))
    if not calls and "</tool_call>" in text:
        rest = _CLOSED.sub(taken, rest)
    if not calls and text.strip()[:1] in ("{", "["):
        calls = list(_requests(text.strip(), names))
        rest = "" if calls else text
    return (rest.strip(), tuple(calls[:MOST])) if calls else (text, ())


def _requests(body: str, names: Collection[str]) -> Iterator[ToolRequest]:
    for value in _values(body):
        if not isinstance(value, dict):
            continue
        held = value["function"] if isinstance(value.get("function"), dict) else value
        name = known(str(held.get("name") or held.get("tool") or ""), names)
        if name not in names:
            continue
        given: Any = next((held[key] for key in ("arguments", "parameters", "args", "input") if key in held), {})
        yield ToolRequest(name, given if isinstance(given, str) else json.dumps(given, ensure_ascii=False))


def _values(body: str) -> Iterator[Any]:
    """Yields the JSON values that stand one behind the other; a list counts as its items."""
    decoder, place = json.JSONDecoder(), 0
    while place < len(body):
        start = min((at for at in (body.find("{", place), body.find("[", place)) if at >= 0), default=-1)
        if start < 0 or body[place:start].strip(" \n\r\t,;"):
            return
        try:
            value, place = decoder.raw_decode(body, start)
        except (ValueError, RecursionError):
            return
        yield from value if isinstance(value, list) else (value,)


class CallGate:
    """Holds back the part of a streamed text that may be a call; everything before it is shown at once."""

    def __init__(self) -> None:
        self._text = ""
        self.shown = ""

    def take(self, piece: str) -> str:
        """Returns what may be shown now."""
        self._text += piece
        now = self._text[len(self.shown) : max(self._safe(), len(self.shown))]
        self.shown += now
        return now

    def rest(self) -> str:
        """Returns what was held back, at the end of a stream without calls."""
        held, self.shown = self._text[len(self.shown) :], self._text
        return held

    def _safe(self) -> int:
        if self._text.lstrip()[:1] in ("{", "["):
            return 0
        place = len(self.shown)
        while (found := _first(self._text, place)) is not None:
            if not self._text.startswith("```", found):
                return found
            end = self._text.find("```", found + 3)
            body = _FENCED.match(self._text, found)
            begun = re.match(r"```\w*[ \t]*\n\s*", self._text[found:])
            if end < 0 and (body is not None or begun is None or found + begun.end() == len(self._text)):
                return found  # it may still become a call
            if body is not None:
                return found  # a block of JSON; `in_text` tells at the end whether it is a call
            place = len(self._text) if end < 0 else end + 3
        return len(self._text) - _begun(self._text)


def _first(text: str, place: int) -> int | None:
    found = [at for opening in _OPENINGS if (at := text.find(opening, place)) >= 0]
    return min(found) if found else None


def _begun(text: str) -> int:
    """Returns the length of the end of the text that may become an opening."""
    for length in range(min(len(text), _LONGEST_OPENING), 0, -1):
        if any(opening.startswith(text[-length:]) for opening in _OPENINGS):
            return length
    return 0
