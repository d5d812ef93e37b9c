"""Reads who does what only one process at a time does, and who would take it over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bots.leases import duties
from bots.models import Bot, Channel, Lease, Worker
from bots.models.sql import clock
from bots.monitoring import signs

# Names of duties before their arguments.
TITLES: dict[str, str | Promise] = {
    duties.BEAT: _("Schedules (beat)"),
    duties.POLL: _("Polling of %(of)s"),
    "bots.sweep": _("Sweep of the queues"),
    "bots.ledger": _("Sums of usage and limits"),
    "bots.reminders_upkeep": _("Upkeep of reminders"),
    "bots.settle_links": _("Memories of linked people"),
    "bots.keep_models_warm": _("Models that are kept loaded"),
    "bots.forget_model_figures": _("Deletion of old figures"),
    "bots.retention": _("Deletion of old rows"),
    "bots.refresh_tools": _("Lists of tools"),
    "memory.sweep_orphans": _("Memories of deleted people"),
    "memory.index_sweep": _("Sweep of the indexes"),
    "memory.index_scope": _("Index of %(of)s"),
    "memory.optimize": _("Consolidation and retention of %(of)s"),
}
_ALL_BOTS = _("all bots")
# The roles of processes that wait for a duty; tasks are done by workers.
_STANDBY = {duties.BEAT: ("beat", "web"), duties.POLL: ("poll",)}
_WORKS = ("worker", "web")


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty at one moment.

    Attributes:
        title: What it is, in the language of the reader.
        state: "held", "free" (released), or "expired" (its holder was killed or cut off, and nobody has taken it yet).
        holder: Machine and process id of the holder, or of the last one.
        since: When the holder took it.
        renewed_s: Seconds since it was renewed, by the clock of the database.
        token: Its fencing token.
        standbys: Processes that would take it over, as machine and process id.
    """

    name: str
    title: str
    state: str
    holder: str
    since: datetime
    renewed_s: float
    token: int
    standbys: tuple[str, ...]


def duties_of(leases: Iterable[Lease]) -> dict[str, Duty]:
    """Returns the duties of these rows by name. Three queries in all."""
    rows, now = list(leases), clock.now()
    alive = Worker.objects.filter(beat_at__gt=now - signs.FRESH).order_by("started_at")
    processes = [(role, f"{host}:{pid}") for role, host, pid in alive.values_list("role", "host", "pid")]
    kinds = {row.name: row.name.partition(":") for row in rows}
    polled = [rest for kind, _colon, rest in kinds.values() if kind == duties.POLL]
    channels = {row.public_id: str(row) for row in Channel.objects.filter(public_id__in=polled).select_related("bot")}
    bots = {str(pk): name for pk, name in Bot.objects.values_list("pk", "name")} if any(kinds) else {}
    found = {}
    for row in rows:
        kind, _colon, rest = kinds[row.name]
        bot, _colon, person = rest.partition(":")
        of = channels.get(rest) or " ".join(filter(None, (bots.get(bot, bot), person))) or str(_ALL_BOTS)
        held = row.released_at is None and row.expires_at > now
        waits = _STANDBY.get(kind, _WORKS)
        found[row.name] = Duty(
            name=row.name,
            title=str(TITLES.get(kind, row.name)) % {"of": of},
            state="held" if held else "expired" if row.released_at is None else "free",
            holder=row.holder,
            since=row.acquired_at,
            renewed_s=max(0.0, (now - row.renewed_at).total_seconds()),
            token=row.token,
            standbys=tuple(name for role, name in processes if role in waits and not (held and name == row.holder)),
        )
    return found


def held_by_kind() -> dict[str, int]:
    """Returns how many duties of each kind somebody does now."""
    counts = dict.fromkeys(TITLES, 0)
    names = Lease.objects.filter(released_at=None, expires_at__gt=clock.now()).values_list("name", flat=True)
    for name in names:
        kind = name.partition(":")[0]
        counts[kind] = counts.get(kind, 0) + 1
    return counts
