"""Reads the arguments that a model wrote and checks them against the schema of the tool."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from clawdbot.chinese import simplified
from clawdbot.storable_text import storable

_LONGEST_COMPLAINT = 300
_DEEPEST = 40
_OTHER_TYPES = {"integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


class Unfit(Exception):
    """The arguments cannot be used; the text tells the model how to mend them."""


def read(written: str, schema: Mapping[str, Any], *, cut: bool) -> dict[str, Any]:
    """Returns the arguments.

    Args:
        written: What the model wrote; "" counts as no arguments.
        schema: JSON schema of the tool.
        cut: The answer ended in the middle, so broken JSON is not mended: half an argument is not the argument.

    Raises:
        Unfit: They are no JSON object, or do not fit the schema.
    """
    value = _parsed(written, mend=not cut)
    if isinstance(value, str):  # an object inside a string
        value = _parsed(value, mend=not cut)
    if value is None:
        value = {}
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):  # the object inside a list
        (value,) = value
    if not isinstance(value, dict):
        raise Unfit("The arguments must be a JSON object.")
    if cut and not written.strip().endswith("}"):
        raise Unfit("The arguments were cut off, because the answer was too long. Write shorter ones.")
    arguments = _in_their_types(_without_nulls(_clean(value), schema), schema)
    if (complaint := complaint_about(arguments, schema)) is not None:
        raise Unfit(f"The arguments do not fit: {complaint}. Call the tool again with arguments that fit its schema.")
    return arguments


def complaint_about(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> str | None:
    """Returns what is wrong with the arguments, in words of JSON schema; None when they fit."""
    from jsonschema import exceptions, validators

    kind = validators.validator_for(schema, default=validators.validator_for({}))
    try:
        error = exceptions.best_match(kind(schema).iter_errors(dict(arguments)))
    except Exception as broken:  # a schema of somebody else; the tool checks for itself
        return None if isinstance(broken, (exceptions.SchemaError, exceptions.UnknownType)) else _short(broken)
    if error is None:
        return None
    place = ".".join(map(str, error.absolute_path))
    return f"{place}: {_short(error.message)}" if place else _short(error.message)


def are_said(arguments: Mapping[str, Any], schema: Mapping[str, Any], message: str) -> bool:
    """Returns whether a message holds every value, or the value is the default of the schema: nobody else chose one."""
    said = _plain(message)
    properties = schema.get("properties") or {}
    defaults = {name: one.get("default") for name, one in properties.items() if isinstance(one, Mapping)}
    return all(value == defaults.get(name) or _is_said(value, said) for name, value in arguments.items())


def _is_said(value: Any, said: str) -> bool:
    if value is None or value == "":
        return True
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return False
    words = re.escape(_plain(str(value)))
    return re.search(rf"(?<![a-z0-9]){words}(?![a-z0-9])", said) is not None


def _plain(text: str) -> str:
    return " ".join(simplified(text).casefold().split()).strip(" .,!?;:。，！？；：")


def _parsed(written: str, *, mend: bool) -> Any:
    text = written.strip()
    if not text:
        return {}
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if not mend:
            raise Unfit("The arguments were cut off. Write shorter ones.") from None
    if "{" not in text:  # a mended word would be an empty object
        raise Unfit("The arguments are not JSON.")
    from json_repair import repair_json

    try:
        mended = repair_json(text, return_objects=True)
        again = json.dumps(mended, ensure_ascii=False)
    except (ValueError, RecursionError):  # a number of thousands of digits, an object of thousands of levels
        raise Unfit("The arguments are not valid JSON.") from None
    # An object inside a text is a second copy of the arguments, which a server sent behind the first.
    if not isinstance(mended, dict) or _said(again) != _said(text) or '{\\"' in again:
        raise Unfit("The arguments are not valid JSON.")
    return mended


def _said(written: str) -> str:
    """Returns letters and digits: mending may change signs, and never what an argument says."""
    plain = written.strip().removeprefix("```json").removeprefix("```").casefold()
    return "".join(char for char in plain if char.isalnum()).replace("none", "null")


def _without_nulls(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out optional arguments that are null: models write them for what they do not want to say."""
    required = schema.get("required") or ()
    properties = schema.get("properties") or {}
    return {
        name: item
        for name, item in value.items()
        if item is not None or name in required or _takes_null(properties.get(name))
    }


def _clean(value: Any, depth: int = 0) -> Any:
    """Returns the value as any database takes it.

    Raises:
        Unfit: It holds a number that is none, or is nested too deeply.
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Unfit("The arguments hold a number that is no finite number.")
    if depth > _DEEPEST:
        raise Unfit("The arguments are nested too deeply.")
    if isinstance(value, dict):
        return {storable(name): _clean(item, depth + 1) for name, item in value.items()}
    return [_clean(item, depth + 1) for item in value] if isinstance(value, list) else value


def _in_their_types(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Reads what a model wrote as a text where the schema has no text: "3", "true", "[1, 2]", and "" for nothing."""
    properties = schema.get("properties")
    required = schema.get("required") or ()
    if not isinstance(properties, Mapping):
        return value
    found: dict[str, Any] = {}
    for name, item in value.items():
        wanted = _types(properties.get(name))
        if not isinstance(item, str) or not wanted or "string" in wanted:
            found[name] = item
        elif item.strip() or name in required:
            found[name] = _typed(item, wanted)
    return found


def _types(schema: Any) -> tuple[str, ...]:
    """Returns the types that a property may have; () when its schema does not say them plainly."""
    if not isinstance(schema, Mapping):
        return ()
    if isinstance(options := schema.get("anyOf"), list):
        each = [_types(option) for option in options]
        return tuple(name for names in each for name in names) if all(each) else ()
    named = schema.get("type")
    return (named,) if isinstance(named, str) else tuple(named) if isinstance(named, list) else ()


def _typed(written: str, wanted: tuple[str, ...]) -> Any:
    try:
        value = _clean(json.loads(written.strip().lower() if "boolean" in wanted else written))
    except (ValueError, RecursionError, Unfit):
        return written
    fits = any(isinstance(value, _OTHER_TYPES.get(name, ())) for name in wanted)  # type: ignore[arg-type]
    return value if fits and isinstance(value, bool) == ("boolean" in wanted) else written


def _takes_null(schema: Any) -> bool:
    return isinstance(schema, dict) and ("null" in json.dumps(schema) or not schema.get("type"))


def _short(problem: object) -> str:
    return " ".join(str(problem).split())[:_LONGEST_COMPLAINT]
