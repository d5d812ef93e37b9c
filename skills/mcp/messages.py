"""Reads what a server sends as JSON-RPC, also where it breaks the form in ways that leave no doubt of what it means.

The SDK passes over a message that it cannot parse, and the call then waits for its whole time. Servers prefix their
messages with a log level or a colour, answer a list, give error codes as words and results as plain text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from clawdbot.storable_text import storable

_INTERNAL_ERROR = -32603


def read(raw: bytes) -> list[Any]:
    """Returns the messages in one line of a program, as the SDK has them; none for what is no message."""
    from mcp_types import jsonrpc_message_adapter

    try:
        return [jsonrpc_message_adapter.validate_json(raw, by_name=False)]
    except ValueError:
        pass
    found = []
    for text in _texts(raw):
        try:
            found.append(jsonrpc_message_adapter.validate_json(text, by_name=False))
        except ValueError:
            continue
    return found


def mended(body: bytes) -> bytes:
    """Returns the body of an HTTP answer with its only message in the form that the SDK takes; any other as it is."""
    from mcp_types import jsonrpc_message_adapter

    try:
        jsonrpc_message_adapter.validate_json(body, by_name=False)
    except ValueError:
        found = list(_texts(body))
        return found[0].encode() if len(found) == 1 else body
    return body


def _texts(raw: bytes) -> Iterable[str]:
    try:
        values = _parsed(raw.decode("utf-8-sig", "replace"))
        for value in values if isinstance(values, list) else [values]:
            if (message := _mended(value)) is not None:
                yield storable(json.dumps(message, ensure_ascii=False))
    except (ValueError, RecursionError):
        return


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        if '"id"' not in text and '"method"' not in text:
            raise
        # A log level, a time or a colour before the message, a colour after it.
        return json.loads(text[text.index("{") : text.rindex("}") + 1])


def _mended(value: Any) -> dict[str, Any] | None:
    """Returns the message; None for JSON that is none, such as a line of a log."""
    if not isinstance(value, Mapping):
        return None
    answer = "id" in value and ("result" in value or "error" in value)
    if not answer and not isinstance(value.get("method"), str):
        return None
    made: dict[str, Any] = {**value, "jsonrpc": "2.0"}
    if answer and made.get("error") is not None:
        made["error"] = _error(made["error"])
        made.pop("result", None)
    elif answer:
        made.pop("error", None)
        result = made["result"]
        if not isinstance(result, Mapping):  # the content alone, without the object around it
            made["result"] = {"content": [] if result is None else result}
    return made


def _error(given: Any) -> dict[str, Any]:
    known = given if isinstance(given, Mapping) else {"message": given}
    code, message = known.get("code"), known.get("message")
    return {
        "code": code if isinstance(code, int) and not isinstance(code, bool) else _INTERNAL_ERROR,
        "message": message if isinstance(message, str) else json.dumps(message, ensure_ascii=False, default=str),
        **({"data": known["data"]} if "data" in known else {}),
    }
