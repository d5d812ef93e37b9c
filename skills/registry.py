"""Loads skill classes by dotted path at their first use. Any failure becomes `SkillUnavailable`."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.errors import ClawdbotError
from clawdbot.skills import declared as declarations
from clawdbot.skills.declared import Declared
from skills import reloading

_PAUSE_S = 30.0
_lock = threading.Lock()
_loaded: dict[str, type[Any]] = {}
_declared: dict[type[Any], Declared] = {}
_stamps: dict[str, reloading.Stamp | None] = {}
_asked: dict[str, Any] = {}
_problems: dict[str, str] = {}
_breaker: CircuitBreaker[str] = CircuitBreaker(pause_s=_PAUSE_S, longest_pause_s=_PAUSE_S)


class SkillUnavailable(ClawdbotError):
    """The class of a dotted path cannot be loaded. The text gives the reason in one line."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Described:
    """Description of a skill class. A class needs only `execute`, so each field has a default."""

    name: str
    description: str
    triggers: tuple[str, ...]
    timeout_s: float
    patterns: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    help: Mapping[str, str] = field(default_factory=dict)


def load(module: str) -> type[Any]:
    """Returns the class at `module`, e.g. "skills.weather.WeatherSkill".

    Raises:
        SkillUnavailable: The class cannot be imported or has no `execute`. It is tried again at most every 30 s.
    """
    if (found := _loaded.get(module)) is not None:
        return found
    with _lock:
        if refusal := _breaker.refusal(module):
            raise SkillUnavailable(refusal.reason)
        try:
            found = _loaded[module] = _import(module)
        except SkillUnavailable as error:
            _breaker.failed(module, str(error))
            raise
        _breaker.succeeded(module)
        _stamps[module] = reloading.stamp(module.rpartition(".")[0])
        return found


def follow(module: str, asked: Any) -> str:
    """Loads a class again when its file changed, or when `asked` differs from the last call.

    A class that does not load any more stays as it was. The product's own classes and installed packages stay too.

    Args:
        module: Dotted path.
        asked: A value that changes when an operator asks for a reload, e.g. the time of the last change of its row.

    Returns:
        Why the edited class cannot be loaded; "" when it can.
    """
    wanted = _asked.setdefault(module, asked) != asked
    _asked[module] = asked
    if module not in _loaded:
        if wanted:
            _breaker.succeeded(module)  # an import that failed is tried again at once
        return ""
    name = module.rpartition(".")[0]
    stamp = reloading.stamp(name)
    if stamp is None or (stamp == _stamps.get(module) and not wanted):
        return _problems.get(module, "")
    with _lock:
        _stamps[module] = stamp
        try:
            reloading.load_again(name, package=wanted)
            _loaded[module] = _import(module)
            _problems.pop(module, None)
        except SkillUnavailable as error:
            _problems[module] = str(error)
        except BaseException as error:  # the source may raise anything, also SystemExit
            _problems[module] = f"{module}: {type(error).__name__}: {error}"[:300]
    return _problems.get(module, "")


def declared(module: str) -> Declared:
    """Returns the parameters that the class declares.

    Raises:
        SkillUnavailable: As in `load`.
    """
    return _declared[load(module)]


def describe(module: str) -> Described:
    """Returns name, description, trigger words and time limit of the class.

    Raises:
        SkillUnavailable: As in `load`.
    """
    found = load(module)
    return Described(
        name=str(getattr(found, "name", "") or found.__name__.removesuffix("Skill").lower() or found.__name__),
        description=str(getattr(found, "description", "") or ""),
        triggers=_words(found, "triggers"),
        timeout_s=float(getattr(found, "timeout_s", 0) or 10.0),
        patterns=_words(found, "patterns"),
        examples=_words(found, "examples"),
        help={str(key): str(text) for key, text in dict(getattr(found, "help", None) or {}).items()},
    )


def _words(found: type[Any], name: str) -> tuple[str, ...]:
    return tuple(str(word) for word in getattr(found, name, ()) or ())


def clear_cache() -> None:
    """Makes the next calls load all classes again. Python does not re-import modules that are already imported."""
    with _lock:
        _loaded.clear()
        _declared.clear()
        _stamps.clear()
        _asked.clear()
        _problems.clear()
        _breaker.clear_cache()


def _import(module: str) -> type[Any]:
    path, _dot, name = module.rpartition(".")
    try:
        found = getattr(importlib.import_module(path), name)
    except Exception as error:  # the import of a module may raise anything
        raise SkillUnavailable(f"{module}: {type(error).__name__}: {error}"[:300]) from None
    if not isinstance(found, type) or not callable(getattr(found, "execute", None)):
        raise SkillUnavailable(f"{module}: not a class with an execute method")
    try:
        _declared[found] = declarations.read(found)
    except Exception as error:  # annotations and models of third-party code
        raise SkillUnavailable(f"{module}: {type(error).__name__}: {error}"[:300]) from None
    return found
