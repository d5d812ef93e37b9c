"""Pauses, resumes and stops reminders of people on behalf of the team."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.db import transaction

from bots.models import Schedule
from bots.models.sql import clock
from bots.operations import configuration_log
from bots.people.audit_log import Actor
from bots.pipeline.engine.ports import schedules
from bots.pipeline.outbox import lost_chats
from clawdbot.reasons import Reason

State = Schedule.State


def pause(ids: Iterable[int], actor: Actor) -> int:
    """Pauses active reminders; returns how many. Occurrences of that time are not made up for."""

    def apply(row: Schedule) -> None:
        row.state, row.next_at = State.PAUSED, None

    return _change(ids, (State.ACTIVE,), apply, actor)


def resume(ids: Iterable[int], actor: Actor) -> int:
    """Lets paused and stopped reminders come again; returns how many. One whose time is over ends."""
    now = clock.now()

    def apply(row: Schedule) -> None:
        taken = set(
            Schedule.objects.open().for_person(row.person_id).exclude(pk=row.pk).values_list("number", flat=True)
        )
        if row.number in taken:
            row.number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        row.aim(row.after(now))
        row.stopped, row.stopped_code, row.stopped_params, row.told = "", "", {}, True
        schedules.wake(row, now)

    return _change(ids, (State.PAUSED, State.STOPPED), apply, actor)


def stop(ids: Iterable[int], actor: Actor) -> int:
    """Stops reminders; returns how many. The people read it with their next answer."""
    with transaction.atomic():
        rows = list(Schedule.objects.select_for_update().filter(pk__in=list(ids), state__in=Schedule.OPEN))
        for row in rows:
            configuration_log.record(configuration_log.Action.CHANGED, row, actor, ["state"])
        return lost_chats.stop(rows, Reason("stopped_by_team"))


def _change(ids: Iterable[int], states: tuple[str, ...], apply: Callable[[Schedule], None], actor: Actor) -> int:
    with transaction.atomic():
        rows = Schedule.objects.select_for_update(of=("self",)).filter(pk__in=list(ids), state__in=states)
        changed = list(rows.select_related("bot", "channel").order_by("pk"))
        for row in changed:
            apply(row)
            row.save()
            configuration_log.record(configuration_log.Action.CHANGED, row, actor, ["state"])
    return len(changed)
