"""The JSON form of flows: what the admin stores and what a file holds.

Optional keys may be left out. A text may be a string, which then stands for every language. Unknown keys are errors, so
that a misspelt one does not go unnoticed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from clawdbot.flows.definition import Flow, FlowError, Timeouts
from clawdbot.flows.steps import Act, Branch, Case, Choice, Collect, Confirm, HandOver, Say, Step
from clawdbot.reasons import Reason

KINDS: dict[str, type[Step]] = {
    "collect": Collect,
    "confirm": Confirm,
    "act": Act,
    "say": Say,
    "branch": Branch,
    "hand_over": HandOver,
}
_NAMES = {cls: name for name, cls in KINDS.items()}
_TEXTS = frozenset({"title", "question", "label", "text", "hint"})
_LISTS = frozenset({"triggers", "words", "depends_on"})


def to_dict(flow: Flow) -> dict[str, Any]:
    """Returns the JSON form, without keys that have their default."""
    made = _plain(flow)
    made["steps"] = [{"kind": _NAMES[type(step)], **_plain(step)} for step in flow.steps]
    return made


def from_dict(value: Any) -> Flow:
    """Reads the JSON form.

    Raises:
        FlowError: It is wrong; `place` says where.
    """
    given = dict(_mapping(value, ""))
    if not isinstance(steps := given.pop("steps", None), (list, tuple)):
        raise FlowError("steps", Reason("flow_not_a", wanted="list"))
    if "timeouts" in given:
        given["timeouts"] = _make(Timeouts, given["timeouts"], "timeouts")
    made: Flow = _make(Flow, given | {"steps": tuple(_step(step, f"steps[{at}]") for at, step in enumerate(steps))}, "")
    return made


def _plain(value: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for field in fields(value):
        content = getattr(value, field.name)
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if field.name != "steps" and content != default:
            made[field.name] = _json(content)
    return made


def _json(content: Any) -> Any:
    if isinstance(content, tuple):
        return [_json(one) for one in content]
    if isinstance(content, Mapping):
        return dict(content)
    return _plain(content) if isinstance(content, (Choice, Case, Timeouts)) else content


def _step(value: Any, place: str) -> Step:
    given = dict(_mapping(value, place))
    kind = given.pop("kind", None)
    if not isinstance(kind, str) or kind not in KINDS:
        raise FlowError(f"{place}.kind", Reason("flow_one_of", known=", ".join(KINDS)))
    for name, cls in (("choices", Choice), ("cases", Case)):
        if name in given:
            given[name] = tuple(
                _make(cls, {"value": one} if cls is Choice and isinstance(one, str) else one, f"{place}.{name}[{at}]")
                for at, one in enumerate(_list(given[name], f"{place}.{name}"))
            )
    made: Step = _make(KINDS[kind], given, place)
    return made


def _make(cls: type[Any], value: Any, place: str) -> Any:
    given = _mapping(value, place)
    known = {field.name: field for field in fields(cls)}
    if unknown := sorted(set(given) - set(known)):
        raise FlowError(_at(place, unknown[0]), Reason("unknown_key", known=", ".join(sorted(known))))
    for name, field in known.items():
        if name not in given and field.default is MISSING and field.default_factory is MISSING:
            raise FlowError(_at(place, name), Reason("required"))
    read = {name: _read(str(known[name].type), name, content, _at(place, name)) for name, content in given.items()}
    return cls(**read)


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _read(annotation: str, name: str, content: Any, place: str) -> Any:
    """Returns the content of a key in the type of its field."""
    if name in _TEXTS:
        return _text(content, place)
    if name in _LISTS:
        return tuple(_typed(one, str, f"{place}[{at}]") for at, one in enumerate(_list(content, place)))
    if name == "parameters":
        return {key: _typed(one, str, f"{place}.{key}") for key, one in _mapping(content, place).items()}
    wanted = {"str": str, "bool": bool, "int": int, "int | None": int}.get(annotation)
    if wanted is None or (content is None and "None" in annotation):
        return content if _is_plain(content, annotation) else _typed(content, str, place)
    return _typed(content, wanted, place)


def _is_plain(content: Any, annotation: str) -> bool:
    """Returns whether a field of several types may hold the content as it is."""
    plain = content is None or isinstance(content, (str, int, float))
    return plain or not any(name in annotation for name in ("str", "float"))


def _text(content: Any, place: str) -> dict[str, str]:
    if isinstance(content, str):
        return {"en": content, "zh": content} if content else {}
    return {key: _typed(one, str, f"{place}.{key}") for key, one in _mapping(content, place).items()}


def _typed(content: Any, wanted: type, place: str) -> Any:
    if not isinstance(content, wanted) or (wanted is int and isinstance(content, bool)):
        names = {str: "text", bool: "true or false", int: "whole number"}
        raise FlowError(place, Reason("flow_not_a", wanted=names[wanted]))
    return content


def _list(content: Any, place: str) -> list[Any]:
    if not isinstance(content, (list, tuple)):
        raise FlowError(place, Reason("flow_not_a", wanted="list"))
    return list(content)


def _mapping(content: Any, place: str) -> Mapping[str, Any]:
    if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
        raise FlowError(place, Reason("flow_not_a", wanted="object"))
    return content
