"""Takes, renews and releases the leases of this process.

A holder knows by its own clocks when its lease may have expired, and stops before that, also when the database cannot
be reached. After a pause (SIGSTOP, a suspended machine) the first look at these clocks shows that time has passed.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection
from django.db.models import Exists

from bots.models.sql import leases as sql
from clawdbot import processes
from clawdbot.leadership import LeadershipLost

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Timing:
    """How often a lease is renewed, after which time it expires, and how long before that its holder stops: seconds."""

    renew_s: float
    lasts_s: float
    margin_s: float

    @property
    def lasts(self) -> timedelta:
        return timedelta(seconds=self.lasts_s)


SERVER = Timing(renew_s=1.5, lasts_s=6.0, margin_s=1.0)
# All processes of a database file are on one machine, where the death of a process is seen at once: few writes do.
FILE = Timing(renew_s=20.0, lasts_s=60.0, margin_s=2.0)
# Between two tries to take a lease that another process holds.
TRY_EVERY_S = 1.0


def timing() -> Timing:
    """Returns the times that hold for the database of this process."""
    return FILE if connection.vendor == "sqlite" else SERVER


def _clocks() -> tuple[float, float]:
    """Returns the seconds since the start of the machine, suspensions included where the system counts them, and the
    seconds of the wall clock, which also shows a pause of a virtual machine.
    """
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return (time.monotonic() if clock is None else time.clock_gettime(clock)), time.time()


@dataclass(slots=True, eq=False)
class Held:
    """A lease of this process.

    Attributes:
        name: The duty.
        token: Its fencing token; a later holder has a greater one.
        kept: It stays with this process when its work is done.
        in_use: Somebody in this process works under it.
        by_work: Its work renews it, so that it expires when the work hangs; else a thread does.
        pinned: It was taken inside a transaction, whose lock keeps others away until its end: it needs no renewal.
    """

    name: str
    token: int
    kept: bool = False
    in_use: bool = True
    by_work: bool = False
    pinned: bool = False
    lost: bool = False
    _since: float = 0.0
    _until: tuple[float, float] = field(default=(0.0, 0.0))

    def holds(self) -> bool:
        """Returns whether no other process can have taken the lease, by the clocks of this machine."""
        if self.lost or self.pinned:
            return not self.lost
        steady, wall = _clocks()
        return steady < self._until[0] and wall < self._until[1]

    def check(self) -> None:
        """Raises LeadershipLost unless `holds`."""
        if not self.holds():
            raise LeadershipLost(f"the lease of {self.name} may have expired: another process may do its work")

    def confirm(self) -> None:
        """Raises LeadershipLost unless the database says that the lease is held."""
        self.check()
        if not self.pinned and not sql.still(self.name, self.token, timing().lasts):
            self.lost = True
        self.check()

    def current(self) -> Exists:
        """Returns the condition that nobody has taken the lease over, for the statement that has the effect."""
        return sql.is_current(self.name, self.token)

    @property
    def is_due(self) -> bool:
        """Whether it is time to renew it."""
        return _clocks()[0] - self._since >= timing().renew_s

    def _extend(self, since: tuple[float, float]) -> None:
        """Counts the lease from a moment before the statement that made or renewed it."""
        lasts = timing().lasts_s - timing().margin_s
        self._since = since[0]
        self._until = (since[0] + lasts, since[1] + lasts)


_lock = threading.RLock()  # a signal handler may interrupt whoever has it
_held: dict[str, Held] = {}
_taking: set[str] = set()
_leaving = False


def readable() -> str:
    """Returns this process as the admin shows it: machine and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"[:160]


def take(name: str, *, kept: bool = False, by_work: bool = False) -> Held | None:
    """Takes a lease, or one that this process has kept. Costs one SELECT while another process holds it.

    Args:
        name: The duty.
        kept: See `Held`.
        by_work: See `Held`.

    Returns:
        None when another process, or another thread of this one, holds it, and when this process is about to end.
    """
    with _lock:
        mine = _held.get(name)
        if _leaving or name in _taking or (mine is not None and mine.in_use and mine.holds()):
            return None
        if mine is not None and mine.holds():
            mine.in_use = True
            return mine
        _taking.add(name)
    try:
        return _acquire(name, kept, by_work)
    finally:
        with _lock:
            _taking.discard(name)


def _acquire(name: str, kept: bool, by_work: bool) -> Held | None:
    process, lasts, since = processes.identity(), timing().lasts, _clocks()
    seen = sql.read(name, lasts) or sql.create(name)
    # In this process nobody else can hold it: the caller made sure of that.
    ended = seen.process == process or processes.has_ended(seen.process)
    if not seen.free and not ended:
        return None
    token = sql.take(seen, readable(), process, lasts, ended=ended)
    if token is None:
        return None
    pinned = connection.in_atomic_block
    found = Held(name, token, kept=kept and not pinned, by_work=by_work, pinned=pinned)
    found._extend(since)
    if seen.holder and not seen.free:
        logger.warning("lease of %s: taken over from %s, which has ended", name, seen.holder)
    with _lock:
        _held[name] = found
    return found


def renew(*leases: Held) -> None:
    """Renews these leases in one statement. Those that another process has taken are `lost`."""
    mine = [lease for lease in leases if not lease.lost and not lease.pinned]
    if not mine:
        return
    since = _clocks()
    gone = sql.renew([(lease.name, lease.token) for lease in mine], timing().lasts)
    for lease in mine:
        if lease.name in gone:
            lease.lost = True
            logger.warning("lease of %s: another process has taken it", lease.name)
        else:
            lease._extend(since)


def release(lease: Held) -> None:
    """Gives a lease back, unless it is kept, so that others may take it at once.

    One that may have expired stays as it is: its work was broken off, and others resume it (`abandoned`).
    """
    with _lock:
        lease.in_use = False
        may_have_expired = not lease.holds()
        if lease.kept and not may_have_expired:
            return
        if _held.get(lease.name) is lease:
            del _held[lease.name]
    lease.lost = True
    if not may_have_expired:
        sql.release([(lease.name, lease.token)])


def current() -> list[Held]:
    """Returns the leases of this process; drops kept ones that were lost."""
    with _lock:
        for name in [name for name, lease in _held.items() if lease.lost and not lease.in_use]:
            del _held[name]
        return list(_held.values())


def seize(name: str) -> None:
    """Lets a lease expire whose holder cannot be alive, although its process cannot be looked for.

    So it is with the former server of a home whose container was replaced: the new one holds the lock of the home.
    """
    seen = sql.read(name, timing().lasts)
    if seen is not None and not seen.free and not processes.has_ended(seen.process):
        sql.expire([(name, seen.token)])


def leave() -> None:
    """Gives all leases back and takes none any more: call it when the process ends. Never raises; takes 3 s at most.

    Tasks in progress are resumed by other processes. A thread of its own does it, with a connection of its own, because
    a signal handler may have interrupted a query.
    """
    global _leaving
    with _lock:
        _leaving = True
        mine = [lease for lease in _held.values() if lease.holds() and not lease.pinned]
        _held.clear()
    for lease in mine:
        lease.lost = True
    if mine:
        thread = threading.Thread(target=_release_all, args=(mine,), name="leases-leave", daemon=True)
        thread.start()
        thread.join(3.0)


def _release_all(leases: Iterable[Held]) -> None:
    resumed = [(lease.name, lease.token) for lease in leases if lease.in_use and is_task(lease.name)]
    try:
        sql.release({(lease.name, lease.token) for lease in leases}.difference(resumed))
        sql.expire(resumed)
    except Exception as error:  # the leases expire
        logger.warning("leases: not released: %s", type(error).__name__)
    finally:
        connection.close()


def is_task(name: str) -> bool:
    """Returns whether the duty is a task, whose name has a dot, and not beat or polling."""
    return "." in name.partition(":")[0]


def clear_cache() -> None:
    """Forgets the leases of this process; their rows stay until they expire."""
    global _leaving
    with _lock:
        _leaving = False
        _held.clear()
        _taking.clear()


os.register_at_fork(after_in_child=clear_cache)
