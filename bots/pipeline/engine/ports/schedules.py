"""The reminders of the person of a turn (`clawdbot.skills.context.Schedules`), and the rules for new ones.

Writes are staged: the transaction that closes the turn makes them. Reads show them at once.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from django.db.models import Q, QuerySet

from bots.models import Occurrence, Schedule
from bots.models.schedule import naive, wall_of
from bots.pipeline.engine.ports import schedule_rules
from bots.pipeline.engine.turn import Turn
from bots.pipeline.queue import wakeups
from clawdbot.skills.context import Scheduled

State = Schedule.State
SOON_S = 10.0  # a reminder that is due before the next sweeps have seen it gets its own wake-up
# A delivered reminder keeps its number for so long: "snooze 2" and a button below it mean no other one.
RECENT = timedelta(hours=24)


class Staging(Protocol):
    """Where staged writes go: those of the turn, or of one call that may still fail."""

    def append(self, write: Callable[[], None], /) -> None: ...


class PersonSchedules:
    """Reads and stages reminders. In a group it shows those that the person made there, in private all of them.

    Args:
        turn: The turn of the person.
        staging: Where to stage; by default with the turn itself.
    """

    def __init__(self, turn: Turn, staging: Staging | None = None) -> None:
        self._turn, self._staging = turn, turn.staged if staging is None else staging
        self._writes: list[Callable[[], None]] = []
        self._known: list[Schedule] | None = None
        self._originals: dict[int, Schedule] = {}  # of copies: the rows that an earlier call of this turn will insert

    def __call__(self) -> None:
        """Makes the staged writes; called in the transaction that closes the turn."""
        for write in self._writes:
            write()

    def add(self, text: str, local: datetime, zone: str, rule: str = "", before: timedelta = timedelta(0)) -> Scheduled:
        """Stages a reminder.

        Raises:
            SkillError: The person has too many, the time is over, or a series comes too often.
        """
        return shown(self._add(schedule_rules.clean(text), local, zone, rule, before))

    def all(self) -> Sequence[Scheduled]:
        """Returns the reminders that are still to come, those of this turn included, next first."""
        return [shown(row) for row in self.rows()]

    def rows(self) -> list[Schedule]:
        """Returns the rows behind `all`; paused ones last."""
        mine = [row for row in self._rows() if row.state in Schedule.OPEN and self._is_shown(row)]
        return sorted(mine, key=lambda row: (row.next_at or datetime.max.replace(tzinfo=UTC), row.number))

    def change(
        self, number: int, *, text: str | None = None, local: datetime | None = None, rule: str | None = None
    ) -> Scheduled:
        """Stages a change. `local` is wall time in the person's present zone, which becomes that of the reminder.

        Raises:
            LookupError: The person has no such reminder.
            SkillError: The new time is over, or the series comes too often.
        """
        return shown(self.change_row(self._open(number), text=text, local=local, rule=rule))

    def change_row(
        self, row: Schedule, *, text: str | None = None, local: datetime | None = None, rule: str | None = None
    ) -> Schedule:
        """Stages what `change` does of this row."""
        words = None if text is None else schedule_rules.clean(text)

        def apply(one: Schedule) -> None:
            one.text = one.text if words is None else words
            if local is not None:
                one.local, one.zone = wall_of(local), str(self._turn.zone)
            one.rule = one.rule if rule is None else rule
            if local is not None or rule is not None:
                schedule_rules.aim(one, self._turn.now)

        return self._change(row, apply)

    def cancel(self, number: int) -> Scheduled:
        """Stages the end of a reminder or series.

        Raises:
            LookupError: The person has no such reminder.
        """
        return shown(self.cancel_row(self._open(number)))

    def cancel_row(self, row: Schedule) -> Schedule:
        """Stages the end of this row."""
        return self._change(row, _end)

    def snooze(self, number: int, until: datetime) -> Scheduled:
        """Stages one more delivery of the last occurrence as a reminder of its own; the series stays as it is.

        Raises:
            LookupError: The person has no such reminder.
            SkillError: The time is over, or the person has too many reminders.
        """
        return shown(self.snooze_row(self.find(number), until))

    def snooze_row(self, row: Schedule, until: datetime) -> Schedule:
        """Stages what `snooze` does of this row."""
        here = until.astimezone(self._turn.zone)
        source = row.again_of_id or row.pk
        # A second press of the button moves the delivery that waits.
        waiting = [one for one in self.rows() if source and one.again_of_id == source]
        if waiting:
            self._change(waiting[0], _end)
        return self._add(row.text, here, str(self._turn.zone), again_of_id=source)

    def resume(self, row: Schedule) -> Schedule:
        """Stages the restart of a stopped reminder, with a new number if its own is taken.

        Raises:
            SkillError: Its time is over, or the person has too many reminders.
        """
        taken = {one.number for one in self._rows() if one.state in Schedule.OPEN}
        schedule_rules.check_count(len(taken))
        number = row.number if row.number not in taken else self._free_number()

        def apply(one: Schedule) -> None:
            schedule_rules.aim(one, self._turn.now)
            one.number, one.told = number, True
            one.stopped, one.stopped_code, one.stopped_params = "", "", {}

        return self._change(row, apply, (State.STOPPED,))

    def mark_done(self, row: Schedule) -> None:
        """Stages that the person has done what the last occurrence was about; a delivery that was put off ends."""
        for waiting in (one for one in self.rows() if one.again_of_id == (row.again_of_id or row.pk)):
            self._change(waiting, _end)
        latest = Occurrence.objects.filter(schedule=row.pk, local=row.last_local, done_at=None)
        self._stage(partial(_note_done, latest, self._turn.now))

    def find(self, number: int) -> Schedule:
        """Returns the reminder with this number: one to come, else one that came or was stopped lately.

        Raises:
            LookupError: The person has no such reminder.
        """
        found = [row for row in self._rows() if row.number == number and self._is_shown(row)]
        found.sort(key=lambda row: (row.state in Schedule.OPEN, row.last_at or row.created_at))
        if not found:
            raise LookupError(number)
        return found[-1]

    def latest(self) -> Scheduled:
        """Returns the reminder that came last in this chat.

        Raises:
            LookupError: None came lately.
        """
        return shown(self.latest_row())

    def latest_row(self) -> Schedule:
        """Returns the row behind `latest`, with the same error."""
        chat = self._turn.conversation
        came = [row for row in self._rows() if row.last_at and row.conversation.chat_id == chat.chat_id]
        if not came:
            raise LookupError("none came")
        return max(came, key=lambda row: row.last_at or row.created_at)

    def by_key(self, key: int) -> Schedule:
        """Returns the reminder that a button names: the person's, in a group also another member's of this chat.

        Raises:
            LookupError: There is none.
        """
        rows = Schedule.objects.filter(bot=self._turn.bot, pk=key).select_related("conversation")
        row = next((one for one in self._rows() if one.pk == key), None) or rows.first()
        if row is None or not (row.person_id == self._turn.person.pk or self._is_of_this_group(row)):
            raise LookupError(key)
        return row

    def _add(
        self,
        text: str,
        local: datetime,
        zone: str,
        rule: str = "",
        before: timedelta = timedelta(0),
        again_of_id: int | None = None,
    ) -> Schedule:
        schedule_rules.check_zone(zone)
        schedule_rules.check_count(sum(row.state in Schedule.OPEN for row in self._rows()))
        turn = self._turn
        row = Schedule(
            bot=turn.bot,
            channel=turn.channel,
            conversation=turn.conversation,
            person=turn.person,
            origin_id=turn.origin_id,
            number=self._free_number(),
            text=text,
            local=wall_of(local),
            zone=zone,
            rule=rule,
            before_s=round(before.total_seconds()),
            again_of_id=again_of_id,
            inbound_id=turn.inbound_id,
            created_at=turn.now,
        )
        schedule_rules.aim(row, turn.now)
        self._rows().append(row)
        self._stage(lambda: self._insert(row))
        return row

    def _insert(self, row: Schedule) -> None:
        row.save()  # another turn may have taken the number: then this turn is repeated
        wake(row, self._turn.now)

    def _change(
        self, row: Schedule, apply: Callable[[Schedule], None], states: Sequence[str] = Schedule.OPEN
    ) -> Schedule:
        apply(row)
        original = self._originals.get(id(row), row)
        self._stage(lambda: self._rewrite(original, apply, states))
        return row

    def _rewrite(self, row: Schedule, apply: Callable[[Schedule], None], states: Sequence[str]) -> None:
        fresh = Schedule.objects.select_for_update().filter(pk=row.pk, state__in=tuple(states)).first()
        if fresh is not None:  # else it ended meanwhile
            apply(fresh)
            fresh.save()
            wake(fresh, self._turn.now)

    def _stage(self, write: Callable[[], None]) -> None:
        if not self._writes:
            self._staging.append(self)
        self._writes.append(write)

    def _rows(self) -> list[Schedule]:
        """Returns the person's rows, as the earlier calls of this turn will leave them."""
        if self._known is None:
            earlier = [write for write in self._turn.staged if isinstance(write, PersonSchedules)]
            self._known = self._copied(earlier[-1]) if earlier else self._stored()
        return self._known

    def _copied(self, earlier: PersonSchedules) -> list[Schedule]:
        copies = []
        for row in earlier._rows():
            copies.append(copy.copy(row))
            self._originals[id(copies[-1])] = earlier._originals.get(id(row), row)
        return copies

    def _stored(self) -> list[Schedule]:
        lately = self._turn.now - RECENT
        mine = Schedule.objects.for_person(self._turn.person).select_related("conversation")
        kept = Q(state__in=(*Schedule.OPEN, State.STOPPED)) | Q(last_at__gte=lately)
        return list(mine.filter(kept))

    def _open(self, number: int) -> Schedule:
        row = self.find(number)
        if row.state not in Schedule.OPEN:
            raise LookupError(number)
        return row

    def _free_number(self) -> int:
        taken = {row.number for row in self._rows()}
        return next(number for number in range(1, len(taken) + 2) if number not in taken)

    def _is_shown(self, row: Schedule) -> bool:
        return self._turn.group is None or self._is_of_this_group(row)

    def _is_of_this_group(self, row: Schedule) -> bool:
        chat = self._turn.conversation
        there = row.conversation
        return self._turn.group is not None and (there.channel_id, there.chat_id) == (chat.channel_id, chat.chat_id)


def wake(row: Schedule, now: datetime) -> None:
    """Wakes a worker after the commit if the next sweeps could be late for this reminder."""
    if row.next_at is not None and row.state == State.ACTIVE:
        wait_s = (row.next_at - now).total_seconds()
        if wait_s <= SOON_S:
            wakeups.after_commit(wakeups.REMIND, row.pk, row.channel.platform, in_s=max(0.0, wait_s))


def shown(row: Schedule) -> Scheduled:
    """Returns the reminder as skills see it."""
    return Scheduled(row.number, row.text, row.next_at, naive(row.local), row.rule, row.zone, row.before)


def _note_done(latest: QuerySet[Occurrence], at: datetime) -> None:
    latest.update(done_at=at)


def _end(row: Schedule) -> None:
    row.state, row.next_local, row.next_at = State.CANCELLED, "", None
