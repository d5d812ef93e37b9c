"""Typed parameters by pydantic, which is imported when a skill first declares one."""

from __future__ import annotations

import enum
import re
import typing
import unicodedata
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from clawdbot.skills.parameter import Parameter, Question, Unfit, is_finite

_NUMBER = re.compile(r"(?:(?<![\w.])-)?\d+(?:[.]\d+)?")
_GROUPED = re.compile(r"(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])")
_YES = frozenset({"yes", "y", "true", "on", "1", "是", "是的", "对", "好", "要", "开"})
_NO = frozenset({"no", "n", "false", "off", "0", "否", "不", "不是", "不要", "关"})
_SEPARATORS = re.compile(r"\s*(?:[,，、;；\n]|\band\b|和)\s*")
_CODES = {
    "greater_than_equal": ("at_least", "ge"),
    "less_than_equal": ("at_most", "le"),
    "greater_than": ("above", "gt"),
    "less_than": ("below", "lt"),
    "string_too_short": ("short", "min_length"),
    "string_too_long": ("long", "max_length"),
    "too_short": ("short", "min_length"),
    "too_long": ("long", "max_length"),
}
_DEEPEST = 8
_KINDS = ("date", "int", "float", "bool", "string_pattern_mismatch")
_KIND_CODES = {
    "date": "date",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "string_pattern_mismatch": "pattern",
}


def model_of(name: str, fields: Mapping[str, tuple[Any, Any]]) -> Any:
    """Makes a model of annotations and defaults; `...` means required.

    Raises:
        TypeError: An annotation has no schema.
    """
    import pydantic

    renamed = dict(_renamed(one, *given) for one, given in fields.items())
    config = pydantic.ConfigDict(protected_namespaces=(), allow_inf_nan=False)
    try:
        made: Any = pydantic.create_model(f"{name}Parameters", __config__=config, **renamed)  # type: ignore[call-overload]
        made.model_json_schema()
    except (pydantic.PydanticUserError, NameError) as error:
        told = str(error).partition("\n")[0]  # the rest is an address of pydantic's documentation
        raise TypeError(f"a parameter of execute has a type that cannot be asked for: {told}"[:200]) from None
    return made


class _Named:
    """The name of an argument whose field is called differently."""

    def __init__(self, name: str) -> None:
        self.name = name


def _renamed(name: str, annotation: Any, default: Any) -> tuple[str, tuple[Any, Any]]:
    """Returns the field for an argument. One called "json" or "model_config" would hide a part of the model itself."""
    import pydantic

    if not hasattr(pydantic.BaseModel, name):
        return name, (annotation, default)
    return f"argument_{name}", (typing.Annotated[annotation, _Named(name), pydantic.Field(alias=name)], default)


def _name_of(field_name: str, field: Any) -> str:
    return next((one.name for one in field.metadata if isinstance(one, _Named)), field_name)


def parameters_of(model: Any) -> tuple[Parameter, ...]:
    """Returns one parameter for each field of a model."""
    properties = _plain(model.model_json_schema()).get("properties", {})
    return tuple(
        _parameter(_name_of(name, field), field, properties.get(field.alias or name, {}))
        for name, field in model.model_fields.items()
    )


def schema_of(model: Any, parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """Returns the JSON schema of a model, with the questions as descriptions and without titles."""
    schema: dict[str, Any] = _plain(model.model_json_schema())
    for parameter in parameters:
        told = parameter.description or parameter.prompt.get("en", "")
        if told and parameter.name in schema.get("properties", {}):
            schema["properties"][parameter.name].setdefault("description", told)
    schema.setdefault("properties", {})
    schema["additionalProperties"] = False
    schema.pop("description", None)
    return schema


def validated(model: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values of a model's fields.

    Raises:
        ValueError: Something is missing or does not fit; the text names it.
    """
    import pydantic

    try:
        made = model.model_validate(dict(arguments))
    except pydantic.ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc'])) or 'arguments'}: {one['msg']}" for one in error.errors()]
        raise ValueError("; ".join(wrong[:5])) from None
    values = {_name_of(name, field): getattr(made, name) for name, field in model.model_fields.items()}
    if endless := [name for name, value in values.items() if not is_finite(value)]:
        raise ValueError(f"{endless[0]}: must be a finite number")
    return values


def _parameter(name: str, field: Any, schema: Mapping[str, Any]) -> Parameter:
    import pydantic

    asked = next((one for one in field.metadata if isinstance(one, Question)), Question())
    rules = tuple(one for one in field.metadata if not isinstance(one, (Question, _Named)))
    checked: Any = typing.Annotated[(field.annotation, *rules)] if rules else field.annotation
    adapter: Any = pydantic.TypeAdapter(checked)
    values = _choices(field.annotation)
    required = field.is_required()
    return Parameter(
        name=name,
        prompt=asked.texts,
        required=required,
        choices=tuple(values),
        validator=partial(_converted, adapter, _read_as(field.annotation, values)),
        default=None if required else field.get_default(call_default_factory=True),
        description=field.description or "",
        schema=dict(schema) or {"type": "string"},
    )


def _choices(annotation: Any) -> dict[str, Any]:
    """Returns the values of a Literal or Enum by their text, also of an optional one."""
    for one in _alternatives(annotation):
        if typing.get_origin(one) is typing.Literal:
            return {str(value): value for value in typing.get_args(one)}
        if isinstance(one, type) and issubclass(one, enum.Enum):
            return {str(member.value): member.value for member in one}
    return {}


def _alternatives(annotation: Any) -> tuple[Any, ...]:
    """Returns the types of a union without None, or the type itself."""
    import types

    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return tuple(one for one in typing.get_args(annotation) if one is not type(None))
    return (annotation,)


def _read_as(annotation: Any, choices: Mapping[str, Any]) -> Callable[[str], Any]:
    """Returns the function that takes what pydantic can check from a person's text."""
    if choices:
        return lambda text: choices.get(text, text)
    kinds = _alternatives(annotation)
    if bool in kinds:
        return _yes_or_no
    if int in kinds or float in kinds:
        return _number
    if typing.get_origin(kinds[0]) in (list, tuple, set, frozenset):
        return lambda text: [part for part in _SEPARATORS.split(text.strip()) if part]
    return str


def _number(text: str) -> str:
    """Returns the only number in the text, in digits or words, without its unit; else the text."""
    from clawdbot.flows import numbers

    plain = "".join(str(unicodedata.decimal(sign, sign)) for sign in unicodedata.normalize("NFKC", text))
    # "3,5" is no 35: only a comma before three digits groups them.
    written: list[str] = _NUMBER.findall(_GROUPED.sub(lambda found: found[0].replace(",", ""), plain))
    if written:
        return written[0] if len(written) == 1 else text
    in_words = numbers.find(plain)
    return f"{in_words[0]:g}" if len(in_words) == 1 else text


def _yes_or_no(text: str) -> Any:
    word = text.strip(" .,!。，！").lower()
    return True if word in _YES else False if word in _NO else text


def _converted(adapter: Any, read: Callable[[str], Any], text: str) -> Any:
    """Converts a text.

    Raises:
        Unfit: It is no valid value.
    """
    import pydantic

    try:
        return adapter.validate_python(read(text))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
    raise _unfit(str(first["type"]), first.get("ctx") or {}, str(first["msg"]))


def _unfit(kind: str, figures: Mapping[str, Any], told: str) -> ValueError:
    if kind in _CODES:
        code, figure = _CODES[kind]
        return Unfit(code, figures.get(figure))
    if kind in ("value_error", "assertion_error") and "error" in figures:  # the author's own sentence
        return ValueError(str(figures["error"]))
    known = next((prefix for prefix in _KINDS if kind.startswith(prefix)), "")
    return Unfit(_KIND_CODES.get(known, "other"))


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns a schema that every provider of models takes: no titles, no references, no "or null".

    Some providers refuse a property without a type, which is how an optional value is written by default. A value that
    may be left out need not be null.
    """
    found = _simplified(schema, schema.get("$defs", {}), depth=0)
    found.pop("$defs", None)
    return dict(found)


def _simplified(value: Any, definitions: Mapping[str, Any], depth: int) -> Any:
    if isinstance(value, list):
        return [_simplified(one, definitions, depth) for one in value]
    if not isinstance(value, dict):
        return value
    if depth > _DEEPEST:  # a model that contains itself
        return {"type": "object"}
    if "$ref" in value:
        named = definitions.get(str(value["$ref"]).rpartition("/")[2], {})
        return _simplified({**named, **{k: v for k, v in value.items() if k != "$ref"}}, definitions, depth + 1)
    branches = value.get("anyOf")
    if isinstance(branches, list) and len(given := [one for one in branches if one != {"type": "null"}]) == 1:
        rest = {k: v for k, v in value.items() if k != "anyOf" and not (k == "default" and v is None)}
        return _simplified({**given[0], **rest}, definitions, depth)
    return {
        key: (
            {name: _simplified(one, definitions, depth + 1) for name, one in item.items()}
            if key == "properties"
            else _simplified(item, definitions, depth)
        )
        for key, item in value.items()
        if key != "$defs" and not (key == "title" and isinstance(item, str))
    }
