"""Gives work that one process at a time may do its leader, without a dependency on `bots`, which keeps the leases."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from clawdbot.errors import ClawdbotError


class LeadershipLost(ClawdbotError):
    """This process leads the work no longer: its lease expired, and another process may have taken the work over."""

    permanent = False


class Lead(Protocol):
    """The right to do the work, for as long as `check` does not raise."""

    def check(self) -> None:
        """Call it before each effect. Reads only clocks. Raises LeadershipLost."""

    def confirm(self) -> None:
        """Call it before an effect that another process must not see twice. Asks the database.

        Raises:
            LeadershipLost: Another process leads, or the database does not answer.
        """


class Leading(Protocol):
    """Leads work; see `lead`."""

    def __call__(self, duty: str) -> AbstractContextManager[Lead | None]: ...


_leading = ""


def use(dotted_path: str) -> None:
    """Registers the function that leads work by its dotted path; it is imported at the first use."""
    global _leading
    _leading = dotted_path
    _load.cache_clear()


@lru_cache(maxsize=1)
def _load() -> Leading:
    if not _leading:
        raise ImproperlyConfigured("no app keeps the leases: bots has to be in INSTALLED_APPS")
    found: Leading = import_string(_leading)
    return found


def lead(duty: str) -> AbstractContextManager[Lead | None]:
    """Returns a context that leads a duty until its end; it gives None when another process, or thread, leads it.

    A killed process leads no longer after a few seconds. Duties that begin with the name of a task, followed by its
    arguments (`memory.optimize:5`), are then done by another process.
    """
    return _load()(duty)
