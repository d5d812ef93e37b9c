"""Keeps the tool calls of a prompt well formed, and writes them in the forms that endpoints take.

A prompt in which a call has no result, or a result no call, is refused by most endpoints, and by then no later turn of
the conversation would work either.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bots.llm.types import ChatMessage, Messages

CANCELLED = "cancelled: this call was not made"


def well_formed(messages: Messages) -> list[ChatMessage]:
    """Returns the messages with exactly one result right behind each call, in the order of the calls.

    A missing result is "cancelled". Results without a call, and second results, are left out. Calls without an id, or
    with one that was used before, get another one.
    """
    if not any(message["role"] == "tool" or "tool_calls" in message for message in messages):
        return list(messages)
    found: list[ChatMessage] = []
    used: set[str] = set()
    for place, message in enumerate(messages):
        if message["role"] == "tool":
            continue
        calls = [call for call in message.get("tool_calls") or () if _name(call)]
        if message["role"] != "assistant" or not calls:
            if message["content"] or message["role"] != "assistant":
                found.append({"role": message["role"], "content": message["content"]})
            continue
        renamed = [_with_id(call, used) for call in calls]
        answer: ChatMessage = {"role": "assistant", "content": message["content"] or "", "tool_calls": renamed}
        if "thoughts" in message:
            answer["thoughts"] = message["thoughts"]
        found.append(answer)
        found += _results(calls, renamed, messages[place + 1 :])
    return found


def as_text(messages: Messages) -> list[ChatMessage]:
    """Returns the messages without calls: what tools gave stands in a message of the person."""
    found: list[ChatMessage] = []
    names: dict[str, str] = {}
    for message in messages:
        if message["role"] == "tool":
            name = names.get(str(message.get("tool_call_id")), "tool")
            found.append({"role": "user", "content": f"Result of {name}:\n{message['content']}"})
            continue
        for call in message.get("tool_calls") or ():
            names[str(call.get("id"))] = _name(call)
        if message["content"]:
            found.append({"role": message["role"], "content": message["content"]})
    return found


def _results(calls: Sequence[dict[str, Any]], renamed: Sequence[dict[str, Any]], later: Messages) -> list[ChatMessage]:
    """Returns one result for each call: those that follow, up to the next message that is no result."""
    given: list[ChatMessage] = []
    for message in later:
        if message["role"] != "tool":
            break
        given.append(message)
    results: list[ChatMessage] = []
    for call, new in zip(calls, renamed, strict=True):
        match = next((one for one in given if call.get("id") and one.get("tool_call_id") == call.get("id")), None)
        if match is not None:
            given.remove(match)
        content = str(match["content"]) if match is not None else CANCELLED
        result: ChatMessage = {"role": "tool", "content": content, "tool_call_id": new["id"]}
        if match is None or match.get("failed"):
            result["failed"] = True
        results.append(result)
    return results


def _with_id(call: dict[str, Any], used: set[str]) -> dict[str, Any]:
    wanted = str(call.get("id") or "")
    number = len(used)
    while not wanted or wanted in used:
        wanted, number = f"call{number:05d}", number + 1
    used.add(wanted)
    function = {"name": _name(call), "arguments": _arguments(call)}
    return {"id": wanted, "type": "function", "function": function}


def _arguments(call: dict[str, Any]) -> str:
    """Returns the arguments as an object in JSON: endpoints refuse a prompt that repeats what the model broke."""
    written = (call.get("function") or {}).get("arguments")
    try:
        value = json.loads(written) if isinstance(written, str) else written
    except ValueError:
        value = {"invalid": written}
    return json.dumps(value if isinstance(value, dict) else {}, ensure_ascii=False)


def _name(call: Any) -> str:
    function = call.get("function") if isinstance(call, dict) else None
    return str(function.get("name") or "") if isinstance(function, dict) else ""
