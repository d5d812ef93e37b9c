"""Reads which parameters a skill class takes, in any of the three ways to declare them.

1. `parameters = (Parameter(...), ...)`.
2. Arguments of `execute` after the context: `def execute(self, context, city: str, days: int = 3)`.
3. An inner class `Parameters(pydantic.BaseModel)`.

Annotations may be `Annotated` with `pydantic.Field` (limits, description) and `Question` (what to ask the person).
"""

from __future__ import annotations

import copy
import inspect
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from clawdbot.skills import typed
from clawdbot.skills.parameter import Parameter

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


@dataclass(frozen=True, slots=True)
class Declared:
    """The parameters of a skill class.

    Attributes:
        parameters: In the order in which they are asked for.
        schema: JSON schema of all of them, of type "object".
        by_name: Whether `execute` takes them as arguments.
        model: The pydantic model that checks them together; None for the first way.
    """

    parameters: tuple[Parameter, ...] = ()
    schema: Mapping[str, Any] = field(default_factory=lambda: _object({}, []))
    by_name: bool = False
    model: Any = None

    def from_json(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the checked values of the arguments of a tool call, with defaults.

        Raises:
            ValueError: An argument is missing or does not fit; the text, in English, names it.
        """
        if self.model is not None:
            return typed.validated(self.model, arguments)
        values: dict[str, Any] = {}
        for parameter in self.parameters:
            if (given := arguments.get(parameter.name)) is not None:
                try:
                    values[parameter.name] = parameter.check_json(given)
                except ValueError as error:
                    raise ValueError(f"{parameter.name}: {str(error) or 'not a valid value'}") from None
            elif parameter.required:
                raise ValueError(f"{parameter.name}: missing")
            else:
                values[parameter.name] = copy.deepcopy(parameter.default)
        return values


def read(skill: type[Any]) -> Declared:
    """Returns the parameters that a class declares; none for one that declares nothing.

    Raises:
        TypeError: An annotation cannot be used as a parameter.
    """
    named = getattr(skill, "parameters", ()) or ()
    given = tuple(
        Parameter(one) if isinstance(one, str) else one
        for one in ((named,) if isinstance(named, (str, Parameter)) else named)
    )
    if not all(isinstance(one, Parameter) for one in given) or isinstance(named, Mapping):
        raise TypeError("parameters must hold objects of the class Parameter, or names")
    if given:
        return Declared(given, _object({one.name: one.json_schema() for one in given}, _required(given)))
    inner = getattr(skill, "Parameters", None)
    if isinstance(inner, type) and hasattr(inner, "model_fields"):
        return _of_model(inner, by_name=False)
    fields = _arguments(skill)
    return _of_model(typed.model_of(skill.__name__, fields), by_name=True) if fields else Declared()


def _arguments(skill: type[Any]) -> dict[str, tuple[Any, Any]]:
    """Returns annotation and default of the arguments of `execute` after the context."""
    execute = inspect.unwrap(skill.execute)
    bound = isinstance(inspect.getattr_static(skill, "execute"), (staticmethod, classmethod))
    given = list(inspect.signature(execute).parameters.values())[1 if bound else 2 :]
    named = [one for one in given if one.kind in _NAMED]
    for one in given:
        if one.kind is one.POSITIONAL_ONLY or (one in named and one.name.startswith("_")):
            raise TypeError(f"execute must take {one.name!r} by its name, and the name must begin with a letter")
    return {one.name: (_hint(execute, one), ... if one.default is one.empty else one.default) for one in named}


def _hint(execute: Any, parameter: inspect.Parameter) -> Any:
    """Returns the annotation of one argument; text when it has none.

    One by one: names of other annotations, such as that of the context, are often imported for a type checker only.
    """
    if parameter.annotation is parameter.empty:
        return str
    alone: Any = SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    try:
        hints = typing.get_type_hints(alone, getattr(execute, "__globals__", {}), include_extras=True)
        return hints[parameter.name]
    except NameError as error:
        raise TypeError(f"an annotation of execute is not defined: {error}") from None


def _of_model(model: Any, *, by_name: bool) -> Declared:
    parameters = typed.parameters_of(model)
    return Declared(parameters, typed.schema_of(model, parameters), by_name, model)


def _required(parameters: tuple[Parameter, ...]) -> list[str]:
    return [one.name for one in parameters if one.required]


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})
