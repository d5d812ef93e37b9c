"""Makes the argument schema of a foreign tool fit for language models, or says why it cannot be used.

Providers accept a part of JSON schema only, and refuse a whole request because of one tool. So references are resolved,
boolean schemas written out, and what a model does not need is dropped. The server checks the arguments itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from clawdbot.errors import ClawdbotError

DEEPEST = 12
MOST_NODES = 1500
MOST_BYTES = 48 * 1024
LONGEST_TEXT = 1000
MOST_CHOICES = 250
_KEPT = frozenset(
    {
        "type", "description", "enum", "const", "default", "format", "pattern", "minimum", "maximum", "multipleOf",
        "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems",
        "required",
    }
)  # fmt: skip
_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
_TYPES = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
_DEFINITIONS = ("$defs", "definitions")


class Unusable(ClawdbotError):
    """No model can be given this schema. The text is for the operator, in English."""

    permanent = True


def normalised(schema: Any) -> dict[str, Any]:
    """Returns a schema of type "object" without references.

    Args:
        schema: What the server gave: usually a mapping, sometimes None or a boolean.

    Raises:
        Unusable: The arguments are no object, a reference leads nowhere, or it is too large or too deep.
    """
    if schema is None or schema is True or schema == {}:
        return {"type": "object", "properties": {}}
    if not isinstance(schema, Mapping):
        raise Unusable("the schema of its arguments is no object")
    made = _Reader(schema).read(schema, ())
    if "type" not in made and not any(name in made for name in _LISTS):
        made["type"] = "object"
    made = _as_object(made)
    if len(json.dumps(made, ensure_ascii=False)) > MOST_BYTES:
        raise Unusable(f"the schema of its arguments is larger than {MOST_BYTES // 1024} KiB")
    return made


def _as_object(made: dict[str, Any]) -> dict[str, Any]:
    kinds = made.get("type")
    if isinstance(kinds, list):
        kinds = "object" if "object" in kinds else kinds[0]
    if any(name in made for name in _LISTS):
        # Alternatives at the top, which most providers refuse: the union of their properties, none required.
        made, kinds = _united(made), kinds or "object"
    if kinds != "object":
        raise Unusable(f"its arguments are of type {str(kinds)[:20]}, not object")
    properties = made.get("properties", {})
    required = [name for name in made.get("required", ()) if name in properties]
    rest = {name: value for name, value in made.items() if name not in _LISTS and name != "required"}
    return {**rest, "type": "object", "properties": properties, **({"required": required} if required else {})}


def _united(made: dict[str, Any]) -> dict[str, Any]:
    parts = [part for name in _LISTS[:3] for part in made.get(name, ()) if isinstance(part, dict)]
    if any(part.get("type", "object") != "object" for part in parts):
        raise Unusable("its arguments are not always an object")
    properties = {name: value for part in parts for name, value in part.get("properties", {}).items()}
    required = [name for part in made.get("allOf", ()) for name in part.get("required", ())]
    own = {**properties, **made.get("properties", {})}
    return {**made, "properties": own, "required": [*required, *made.get("required", ())]}


class _Reader:
    """Reads one schema; counts its nodes, because resolved references can grow without end."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root, self._nodes = root, 0

    def read(self, schema: Any, way: tuple[str, ...], depth: int = 0) -> dict[str, Any]:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise Unusable("the schema of its arguments has too many parts")
        if depth > DEEPEST:
            raise Unusable(f"the schema of its arguments is nested more than {DEEPEST} levels deep")
        if not isinstance(schema, Mapping):  # true allows everything; false, for one property, is shown as nothing
            return {}
        if "$ref" in schema:
            return self._referred(schema, way, depth)
        made = {name: _value(name, schema[name]) for name in schema if name in _KEPT}
        if not _has_types(made.get("type")):
            made.pop("type", None)
        required = made.pop("required", None)
        if isinstance(required, list):  # `required: true` inside a property is a habit of older schemas
            made["required"] = [name for name in required if isinstance(name, str)]
        _place_choices(made)
        self._children(schema, made, way, depth + 1)
        return made

    def _children(self, schema: Mapping[str, Any], made: dict[str, Any], way: tuple[str, ...], depth: int) -> None:
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            made["properties"] = {
                str(name): self.read(value, way, depth)
                for name, value in properties.items()
                if isinstance(value, Mapping) or value is True
            }
            made.setdefault("type", "object")
        for name in ("items", "additionalProperties"):
            value = schema.get(name)
            if isinstance(value, Mapping):
                made[name] = self.read(value, way, depth)
            elif isinstance(value, bool) and name == "additionalProperties":
                made[name] = value
        if made.get("type") == "array":
            items = made.setdefault("items", {})  # Gemini and OpenAI refuse an array without
            if (choices := made.pop("enum", None)) and not isinstance(choices[0], list):
                items.setdefault("enum", choices)
        for name in _LISTS:
            parts = schema.get(name)
            if isinstance(parts, list) and parts:
                made[name] = [self.read(part, way, depth) for part in parts]

    def _referred(self, schema: Mapping[str, Any], way: tuple[str, ...], depth: int) -> dict[str, Any]:
        reference = str(schema["$ref"])
        target = self._target(reference)
        if reference in way:  # a tree: the model sees one level, the server checks the rest
            kind = target.get("type") if isinstance(target, Mapping) else None
            return {"type": kind} if isinstance(kind, str) and kind in _TYPES and kind != "array" else {}
        beside = {name: value for name, value in schema.items() if name != "$ref" and name not in _DEFINITIONS}
        whole = {**target, **beside} if isinstance(target, Mapping) else target
        return self.read(whole, (*way, reference), depth)

    def _target(self, reference: str) -> Any:
        found: Any = self._root
        if not reference.startswith("#"):
            raise Unusable("the schema of its arguments refers to another document")
        for step in filter(None, reference[1:].split("/")):
            key = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or key not in found:
                raise Unusable(f"the schema of its arguments refers to {reference[:60]}, which is not there")
            found = found[key]
        return found


def _has_types(kinds: Any) -> bool:
    listed = kinds if isinstance(kinds, list) else [kinds]
    return bool(listed) and all(isinstance(kind, str) and kind in _TYPES for kind in listed)


def _place_choices(made: dict[str, Any]) -> None:
    """Drops choices that are no list, and those of a branch that can only be null."""
    if not isinstance(made.get("enum", []), list) or made.get("enum") == [] or made.get("type") == "null":
        made.pop("enum", None)


def _value(name: str, value: Any) -> Any:
    if name == "description":
        return str(value)[:LONGEST_TEXT]
    if name == "enum" and isinstance(value, list):
        return value[:MOST_CHOICES]
    return value
