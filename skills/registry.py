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
from skills import importing, reloading

_PAUSE_S = 30.0
_USUAL_S = 10.0  # time limit of a class that names none, or none that makes sense
_LONGEST_S = 3600.0
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
            importing.within(module, lambda: _take(module))
        except BaseException as error:  # the source may raise anything, also SystemExit
            refused = _unavailable(module, error)
            _breaker.failed(module, str(refused))
            raise refused from None
        return _loaded[module]


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
            importing.within(module, lambda: _take_again(module, package=wanted))
        except BaseException as error:
            _problems[module] = str(_unavailable(module, error))
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
    try:
        return _described(found)
    except Exception as error:  # attributes of third-party code, which may be of any type
        raise _unavailable(module, error) from None


def _described(found: type[Any]) -> Described:
    return Described(
        name=str(getattr(found, "name", "") or found.__name__.removesuffix("Skill").lower() or found.__name__),
        description=str(getattr(found, "description", "") or ""),
        triggers=_words(found, "triggers"),
        timeout_s=_seconds(found),
        patterns=_words(found, "patterns"),
        examples=_words(found, "examples"),
        help=_texts(getattr(found, "help", None) or {}),
    )


def _words(found: type[Any], name: str) -> tuple[str, ...]:
    given = getattr(found, name, ()) or ()
    # One word that was written without the comma of a tuple is a word, not its letters.
    return (given,) if isinstance(given, str) else tuple(str(word) for word in given if str(word).strip())


def _seconds(found: type[Any]) -> float:
    seconds = float(getattr(found, "timeout_s", 0) or 0)
    return seconds if 0 < seconds < _LONGEST_S else _USUAL_S


def _texts(help_: Any) -> dict[str, str]:
    if isinstance(help_, str):
        return {"en": help_}
    # A method of this name is not the help of the class.
    return {str(key): str(text) for key, text in help_.items()} if isinstance(help_, Mapping) else {}


def clear_cache() -> None:
    """Makes the next calls load all classes again. Python does not re-import modules that are already imported."""
    with _lock:
        _loaded.clear()
        _declared.clear()
        _stamps.clear()
        _asked.clear()
        _problems.clear()
        _breaker.clear_cache()
        importing.clear_cache()


def _take(module: str) -> None:
    """Imports a class and stores it, also when nobody waits for it any more."""
    found = _class(module)
    _stamps[module] = reloading.stamp(module.rpartition(".")[0])
    _loaded[module] = found
    _breaker.succeeded(module)
    _problems.pop(module, None)


def _take_again(module: str, *, package: bool) -> None:
    reloading.load_again(module.rpartition(".")[0], package=package)
    _take(module)


def _class(module: str) -> type[Any]:
    path, _dot, name = module.rpartition(".")
    loaded = importlib.import_module(path)
    found = getattr(loaded, name, None)
    if found is None:  # perhaps because a module of Python itself has the same name
        raise SkillUnavailable(f"{module}: there is no class {name} in {getattr(loaded, '__file__', None) or path}")
    if not isinstance(found, type) or not callable(getattr(found, "execute", None)):
        raise SkillUnavailable(f"{module}: not a class with an execute method")
    _declared[found] = declarations.read(found)
    return found


def _unavailable(module: str, error: BaseException) -> SkillUnavailable:
    """Returns the reason in one line, whatever a module, its annotations or its attributes raised."""
    if isinstance(error, SkillUnavailable):
        return error
    told = str(error) if isinstance(error, importing.StillImporting) else f"{type(error).__name__}: {error}"
    return SkillUnavailable(f"{module}: {' '.join(told.split())}"[:300])
