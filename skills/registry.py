"""Loads skill classes by dotted path at their first use. Any failure becomes `SkillUnavailable`."""

from __future__ import annotations

import importlib
import threading
from dataclasses import dataclass
from typing import Any

from clawdbot.circuit_breaker import CircuitBreaker
from clawdbot.errors import ClawdbotError
from clawdbot.skills import declared as declarations
from clawdbot.skills.declared import Declared

_PAUSE_S = 30.0
_lock = threading.Lock()
_loaded: dict[str, type[Any]] = {}
_declared: dict[type[Any], Declared] = {}
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
        return found


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
    )


def _words(found: type[Any], name: str) -> tuple[str, ...]:
    return tuple(str(word) for word in getattr(found, name, ()) or ())


def clear_cache() -> None:
    """Makes the next calls load all classes again. Python does not re-import modules that are already imported."""
    with _lock:
        _loaded.clear()
        _declared.clear()
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
