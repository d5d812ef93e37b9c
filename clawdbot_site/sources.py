"""Sources of settings, and one-line messages for invalid settings.

The sources extend those of pydantic-settings and refuse what it accepts: unknown variables, values in quotes,
duplicate keys and a missing file.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, EnvSettingsSource, YamlConfigSettingsSource

from clawdbot_site import places

PREFIX = "CLAWDBOT_"
CONFIG_FILE = "CLAWDBOT_CONFIG"
# Variables that hosting platforms set.
ALIASES = {"DATABASE_URL": ("database_url",), "REDIS_URL": ("redis_url",), "PORT": ("web", "port")}
# What Kubernetes and Docker tell a container of the services beside it: one that is called clawdbot has our prefix.
_SERVICE_LINK = re.compile(
    rf"{PREFIX}(?!.*__)(\w+_)?(SERVICE_(HOST|PORT)(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)=.*"
    rf"|{PREFIX}(?!.*__)(\w+_)?PORT=(tcp|udp|sctp)://.*"
)
_NAME = re.compile(r"'[^'<]{3,}'")  # in a message of PyYAML, whose '<scalar>' is its own

Key = tuple[str, ...]


class ConfigError(ValueError):
    """The settings cannot be used; the text is one line for the operator."""


class EnvironmentSource(EnvSettingsSource):
    """Reads variables CLAWDBOT_SECTION__KEY and the aliases. Lists are JSON. Blank means not set.

    White space around a value is not part of it: files with Windows line ends leave some there.

    Raises:
        ConfigError: A variable does not belong to a setting, or its value is in quotes.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, env_prefix=PREFIX, env_nested_delimiter="__")
        variables, known = _variables(), keys(settings_cls)
        for key, name in sorted(variables.items()):
            if key not in known:
                raise ConfigError(
                    f"environment: {name}: unknown setting; known here: {_suggestions(settings_cls, key)}"
                )
            if _is_quoted(_value(name)):
                raise ConfigError(f"environment: {name}: the quotes around it are part of the value: leave them out")
        self.env_vars = {PREFIX + "__".join(key): _value(name) for key, name in variables.items()}

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Decodes JSON. Returns an invalid text unchanged, so that pydantic reports it with its key."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except (ValueError, RecursionError):
            return value


class YamlSource(YamlConfigSettingsSource):
    """Reads the file that CLAWDBOT_CONFIG names, if any. `production` names the one that is shipped.

    Raises:
        ConfigError: The file cannot be read, is not YAML, or is not a mapping.
    """

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls, yaml_file=_file(_value(CONFIG_FILE)))

    def _read_files(self, files: Any, deep_merge: bool = False) -> dict[str, Any]:
        # The base class would ignore a missing file.
        return _read(Path(files)) if files else {}


def _file(named: str) -> Path | None:
    """Returns the file that CLAWDBOT_CONFIG names: a path, or a shipped file by its name, such as `production`."""
    if not named:
        return None
    path = Path(os.path.expanduser(named))
    return path if path.exists() and not path.is_dir() else (places.preset(named) or path)


def config_file() -> Path | None:
    """Returns the file that CLAWDBOT_CONFIG names; None without one."""
    found = _file(_value(CONFIG_FILE))
    return found.absolute() if found else None


def _read(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text("utf8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is not UTF-8 text"
        raise ConfigError(f"{path}: {CONFIG_FILE}: cannot be read: {reason}") from None
    try:
        values = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.reader.ReaderError as error:
        line = f"line {text.count(chr(10), 0, error.position) + 1}"
        raise ConfigError(f"{path}: {line}: YAML allows no character U+{error.character:04X}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}" if mark else "file"
        raise ConfigError(f"{path}: {line}: {_problem(error)}") from None
    except RecursionError:
        raise ConfigError(f"{path}: file: is nested too deeply") from None
    if values is not None and not isinstance(values, dict):
        raise ConfigError(f"{path}: file: must hold keys and values")
    return values or {}


def _problem(error: yaml.YAMLError) -> str:
    """What PyYAML says, without the name of a tag or an alias: it may be a password that begins with ! or *."""
    told = getattr(error, "problem", None) or "is not YAML"
    hidden = _NAME.sub("'...'", told)
    return hidden if hidden == told else f"{hidden} (what begins with ! & or * must stand in quotes)"


class _Loader(yaml.SafeLoader):
    """Reads a key as the text it is written as, and once: `no` and `404` are names, and no last one silently wins."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        # Here and not where it is constructed: merging adds keys to the node that are written elsewhere.
        node = super().compose_mapping_node(anchor)
        seen: set[Any] = set()
        for index, (key, value) in enumerate(node.value):
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {_visible(key.value)} is written twice", key.start_mark
                )
            seen.add(key.value)
            if key.tag != "tag:yaml.org,2002:merge":
                name = yaml.ScalarNode("tag:yaml.org,2002:str", key.value, key.start_mark, key.end_mark)
                node.value[index] = (name, value)
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, KeyError, AttributeError):  # what PyYAML raises for 2024-99-99, !!bool maybe, !!timestamp x
            problem = "the value is not the date, number or boolean it looks like: write it in quotes"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def _variables() -> dict[Key, str]:
    """Returns the names of the set variables by setting key. The full name takes precedence over an alias."""
    found = {key: name for name, key in ALIASES.items() if _value(name)}
    for name, text in os.environ.items():
        ours = name.startswith(PREFIX) and name != CONFIG_FILE and not _SERVICE_LINK.match(f"{name}={text}")
        if ours and _value(name):
            found[tuple(name.removeprefix(PREFIX).lower().split("__"))] = name
    return found


def _value(name: str) -> str:
    return os.environ.get(name, "").strip()


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"


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
    return f"{_value(CONFIG_FILE) or 'settings'}: {_visible('.'.join(key))}"


def _visible(text: str) -> str:
    """Signs that nobody sees (a zero-width or no-break space) as their escapes."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


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
        case "string_type" if not _variable(key):
            return "should be text: write it in quotes"
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
