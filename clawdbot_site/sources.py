"""Where settings come from, and how a wrong one is named in one line."""

from __future__ import annotations

import json
import os
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import PydanticBaseSettingsSource

PREFIX = "CLAWDBOT_"
CONFIG_FILE = "CLAWDBOT_CONFIG"
# Names that hosting platforms set by themselves.
ALIASES = {"DATABASE_URL": ("database_url",), "REDIS_URL": ("redis_url",), "PORT": ("web", "port")}

Key = tuple[str, ...]


class ConfigError(ValueError):
    """The settings cannot be used; the text is one line for the operator."""


class _Source(PydanticBaseSettingsSource):
    """A source that yields a nested dictionary and leaves merging and checking to pydantic."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Unused: values are handed over whole."""
        return None, field_name, False


class EnvironmentSource(_Source):
    """Variables CLAWDBOT_SECTION__KEY, and the aliases. Lists are JSON. Empty means not set."""

    def __call__(self) -> dict[str, Any]:
        """The values by section.

        Raises:
            ConfigError: A variable that no setting knows, or a list that is not JSON.
        """
        values: dict[str, Any] = {}
        for key, (name, text) in sorted(_environment().items()):
            field = field_at(self.settings_cls, key)
            if field is None or _section_of(field):
                known = ", ".join(PREFIX + part.upper() for part in sorted(_names_at(self.settings_cls, key)))
                raise ConfigError(f"environment: {name}: unknown setting; known here: {known}")
            _put(values, key, _parsed(field, name, text))
        return values


class YamlSource(_Source):
    """The file that CLAWDBOT_CONFIG names; nothing when it names none."""

    def __call__(self) -> dict[str, Any]:
        """The values by section; a section or key without a value counts as absent.

        Raises:
            ConfigError: The file cannot be read, is not YAML, or is not a mapping.
        """
        name = os.environ.get(CONFIG_FILE, "")
        if not name:
            return {}
        try:
            text = Path(name).read_text("utf8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
            raise ConfigError(f"{name}: {CONFIG_FILE}: cannot be read: {reason}") from None
        try:
            values = yaml.load(text, Loader=_UniqueKeys)  # noqa: S506 - a SafeLoader
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f"line {mark.line + 1}" if mark else "file"
            raise ConfigError(f"{name}: {line}: {getattr(error, 'problem', None) or 'is not YAML'}") from None
        if not isinstance(values or {}, dict):
            raise ConfigError(f"{name}: file: must hold keys and values")
        return _without_empty(values or {}, self.settings_cls)


class _UniqueKeys(yaml.SafeLoader):
    """Refuses a key that is written twice: YAML would silently let the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    problem = f"key {key_node.value} is written twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _environment() -> dict[Key, tuple[str, str]]:
    """The set variables: key -> (variable, text). An alias gives way to the full name."""
    found = {key: (name, os.environ[name]) for name, key in ALIASES.items() if os.environ.get(name)}
    for name, text in os.environ.items():
        if name.startswith(PREFIX) and name != CONFIG_FILE and text:
            found[tuple(name.removeprefix(PREFIX).lower().split("__"))] = (name, text)
    return found


def _parsed(field: FieldInfo, name: str, text: str) -> Any:
    if get_origin(field.annotation) is not tuple:
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise ConfigError(f'environment: {name}: must be a JSON list, e.g. ["a", "b"]') from None


def _put(values: dict[str, Any], key: Key, value: Any) -> None:
    for part in key[:-1]:
        values = values.setdefault(part, {})
    values[key[-1]] = value


def _without_empty(values: Mapping[Any, Any], model: type[BaseModel]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in values.items():
        field = model.model_fields.get(str(name))
        section = _section_of(field) if field else None
        if isinstance(value, dict) and section:
            kept[str(name)] = _without_empty(value, section)
        elif value is not None or field is None:
            kept[str(name)] = value
    return kept


def _section_of(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def field_at(model: type[BaseModel], key: Key) -> FieldInfo | None:
    """The field of a dotted key, None when there is no such setting."""
    section: type[BaseModel] | None = model
    field = None
    for part in key:
        if section is None or part not in section.model_fields:
            return None
        field = section.model_fields[part]
        section = _section_of(field)
    return field


def keys(model: type[BaseModel], prefix: Key = ()) -> dict[Key, FieldInfo]:
    """Every setting by its key, sections opened; for documentation and its test."""
    found: dict[Key, FieldInfo] = {}
    for name, field in model.model_fields.items():
        section = _section_of(field)
        found |= keys(section, (*prefix, name)) if section else {(*prefix, name): field}
    return found


def _names_at(model: type[BaseModel], key: Key) -> list[str]:
    """The settings nearest to a wrong key, in the environment's spelling."""
    field = field_at(model, key[:1])
    section = _section_of(field) if field else None
    if section:
        return [f"{key[0]}__{name}" for name in section.model_fields]
    return [name if not _section_of(info) else f"{name}__..." for name, info in model.model_fields.items()]


def place(key: Key) -> str:
    """Where a setting was set: `environment: VARIABLE`, or `FILE: dotted.key`."""
    environment = _environment()
    for end in range(len(key), 0, -1):
        if key[:end] in environment:
            return f"environment: {environment[key[:end]][0]}"
    return f"{os.environ.get(CONFIG_FILE) or 'settings'}: {'.'.join(key)}"


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """One line about the first thing that is wrong."""
    problems = error.errors(include_url=False, include_input=False, include_context=True)
    # A misspelt key also leaves the right one missing; the misspelling is what helps.
    first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")
    key = tuple(str(part) for part in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place(key)}: {_reason(first, key, model)}{more}"


def explain_rule(broken: tuple[str, str]) -> str:
    """One line about settings that do not go together, given as (dotted key, reason)."""
    key, reason = broken
    return f"{place(tuple(key.split('.')))}: {reason}"


def _reason(problem: Any, key: Key, model: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        section = _container(model, key[:-1])
        return "unknown key; known here: " + ", ".join(section.model_fields if section else ())
    if problem["type"] == "missing":
        return "is required"
    message = str(problem["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if problem["type"].startswith(("model_type", "tuple_type", "model_attributes_type")):
        message = "should be a list" if "tuple" in problem["type"] else "should be a section with keys"
    return " ".join((message[:1].lower() + message[1:]).split())


def _container(model: type[BaseModel], key: Key) -> type[BaseModel] | None:
    section: type[BaseModel] | None = model
    for part in key:
        if part.isdigit() or section is None:
            continue  # the number of a list entry
        field = section.model_fields.get(part)
        section = _item_of(field) if field else None
    return section


def _item_of(field: FieldInfo) -> type[BaseModel] | None:
    arguments = get_args(field.annotation)
    if arguments and isinstance(arguments[0], type) and issubclass(arguments[0], BaseModel):
        return arguments[0]
    return _section_of(field)


def http_address(value: str) -> str:
    """Checks an http or https address and drops a trailing slash; empty is allowed."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must begin with http:// or https:// and name a host")
    return value.rstrip("/")


def absolute_path(value: Path) -> Path:
    """Makes a path absolute, from the folder the process was started in."""
    return value.expanduser().absolute()


def known_time_zone(value: str) -> str:
    """Checks the name of a time zone."""
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is not a known time zone, e.g. Asia/Shanghai") from None
    return value
