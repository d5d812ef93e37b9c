"""Sources of settings, and one-line messages for invalid settings.

The sources extend those of pydantic-settings and refuse what it accepts: unknown variables, duplicate keys and a
missing file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, YamlConfigSettingsSource

PREFIX = "CLAWDBOT_"
CONFIG_FILE = "CLAWDBOT_CONFIG"
# Variables that hosting platforms set.
ALIASES = {"DATABASE_URL": ("database_url",), "REDIS_URL": ("redis_url",), "PORT": ("web", "port")}

Key = tuple[str, ...]


class ConfigError(ValueError):
    """The settings cannot be used; the text is one line for the operator."""


class EnvironmentSource(EnvSettingsSource):
    """Reads variables CLAWDBOT_SECTION__KEY and the aliases. Lists are JSON. Empty means not set.

    Raises:
        ConfigError: A variable does not belong to a setting.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, env_prefix=PREFIX, env_nested_delimiter="__")
        variables, known = _variables(), keys(settings_cls)
        for key, name in sorted(variables.items()):
            if key not in known:
                raise ConfigError(
                    f"environment: {name}: unknown setting; known here: {_suggestions(settings_cls, key)}"
                )
        self.env_vars = {PREFIX + "__".join(key): os.environ[name] for key, name in variables.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Decodes JSON. Returns an invalid text unchanged, so that pydantic reports it with its key."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            return value


class YamlSource(YamlConfigSettingsSource):
    """Reads the file that CLAWDBOT_CONFIG names, if any.

    Raises:
        ConfigError: The file cannot be read, is not YAML, or is not a mapping.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, yaml_file=os.environ.get(CONFIG_FILE) or None)

    def _read_files(self, files: Any, deep_merge: bool = False) -> dict[str, Any]:
        # The base class would ignore a missing file.
        return _read(Path(files)) if files else {}


def _read(path: Path) -> dict[str, Any]:
    try:
        values = yaml.load(path.read_text("utf8"), Loader=_UniqueKeys) or {}  # noqa: S506 - a SafeLoader
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ConfigError(f"{path}: {CONFIG_FILE}: cannot be read: {reason}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "file"
        raise ConfigError(f"{path}: {line}: {getattr(error, 'problem', None) or 'is not YAML'}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path}: file: must hold keys and values")
    return {str(name): value for name, value in values.items()}


class _UniqueKeys(yaml.SafeLoader):
    """Refuses duplicate keys, of which YAML silently keeps the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    problem = f"key {key_node.value} is written twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key_node.start_mark)
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def _variables() -> dict[Key, str]:
    """Returns the names of the set variables by setting key. The full name takes precedence over an alias."""
    found = {key: name for name, key in ALIASES.items() if os.environ.get(name)}
    for name, text in os.environ.items():
        if name.startswith(PREFIX) and name != CONFIG_FILE and text:
            found[tuple(name.removeprefix(PREFIX).lower().split("__"))] = name
    return found


def keys(model: type[BaseModel], prefix: Key = ()) -> dict[Key, FieldInfo]:
    """Returns all settings by key, including those of nested sections."""
    found: dict[Key, FieldInfo] = {}
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        found |= keys(section, (*prefix, name)) if section else {(*prefix, name): field}
    return found


def _section(kind: Any) -> type[BaseModel] | None:
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _suggestions(model: type[BaseModel], key: Key) -> str:
    """Returns the variables to suggest for an unknown key: those of its section, else all top-level ones."""
    within = [PREFIX + "__".join(one).upper() for one in keys(model) if len(one) > 1 and one[0] == key[0]]
    fields = model.model_fields.items()
    every = [f"{PREFIX}{name.upper()}" + ("__..." if _section(field.annotation) else "") for name, field in fields]
    return ", ".join(sorted(within or every))


def place(key: Key) -> str:
    """Returns where a setting was set: `environment: VARIABLE` or `FILE: dotted.key`."""
    if name := _variable(key):
        return f"environment: {name}"
    return f"{os.environ.get(CONFIG_FILE) or 'settings'}: {'.'.join(key)}"


def _variable(key: Key) -> str | None:
    """Returns the variable that sets a key or the list that contains it."""
    variables = _variables()
    return next((variables[key[:end]] for end in range(len(key), 0, -1) if key[:end] in variables), None)


def explain(error: ValidationError, model: type[BaseModel]) -> str:
    """Returns one line about the first invalid setting."""
    problems = error.errors(include_url=False, include_input=False, include_context=True)
    # A misspelt key also makes the right one missing; the misspelling is the helpful message.
    first = min(problems, key=lambda problem: problem["type"] != "extra_forbidden")
    key = tuple(str(part) for part in first["loc"])
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place(key)}: {_reason(first, key, model)}{more}"


def explain_rule(broken: tuple[str, str]) -> str:
    """Returns one line about settings that do not fit together, given as (dotted key, reason)."""
    key, reason = broken
    return f"{place(tuple(key.split('.')))}: {reason}"


def _reason(problem: ErrorDetails, key: Key, model: type[BaseModel]) -> str:
    match problem["type"]:
        case "extra_forbidden":
            return "unknown key; known here: " + ", ".join(_container(model, key).model_fields)
        case "missing":
            return "is required"
        case "tuple_type":
            return 'must be a JSON list, e.g. ["a", "b"]' if _variable(key) else "should be a list"
        case "model_type" | "model_attributes_type":
            return "should be a section with keys"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return " ".join((message[:1].lower() + message[1:]).split())


def _container(model: type[BaseModel], key: Key) -> type[BaseModel]:
    """Returns the section that contains an unknown key; list items can be sections too."""
    for part in key[:-1]:
        if not part.isdigit():
            kind = model.model_fields[part].annotation
            model = _section(kind) or get_args(kind)[0]
    return model
