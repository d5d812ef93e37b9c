"""Reminders of people, and what was delivered of them.

The truth of a schedule is a local wall time, an IANA zone and an RRULE. `next_local` and `next_at` are derived from it.
So a series stays at nine o'clock on both days of summer time, and after a change of the zone's rules.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH
from bots.models.queue import QueueRowSet
from bots.models.state_field import StateField
from clawdbot.times import occurrences

if TYPE_CHECKING:
    from bots.models.person import Person

WALL_LENGTH = 21  # 2026-10-25T02:30:00~2
_SECOND = "~2"  # ends the second of two equal wall times in autumn
# Steps back from now to the latest missed occurrence: of a series of minutes the first step finds it.
_STEPS_BACK = tuple(timedelta(minutes=minutes) for minutes in (5, 60, 1440, 7 * 1440, 31 * 1440, 366 * 1440))


class ScheduleSet(QueueRowSet):
    def open(self) -> ScheduleSet:
        """Selects reminders that are still to come, paused ones included."""
        return self.filter(state__in=Schedule.OPEN)

    def for_person(self, person: Person | int) -> ScheduleSet:
        return self.filter(person=person)


class Schedule(models.Model):
    """A reminder: one delivery or a series, in the chat where the person asked for it."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        DONE = "done", _("Over")
        CANCELLED = "cancelled", _("Cancelled")
        STOPPED = "stopped", _("Stopped")

    OPEN: ClassVar[tuple[str, ...]] = ("active", "paused")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="schedules", verbose_name=_("bot"))
    channel = models.ForeignKey(
        "bots.Channel", on_delete=models.CASCADE, related_name="schedules", verbose_name=_("channel")
    )
    # Where it was made. It names the chat: a chat that gets another id takes its conversations along.
    conversation = models.ForeignKey(
        "bots.Conversation", on_delete=models.CASCADE, related_name="schedules", verbose_name=_("conversation")
    )
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.CASCADE,
        related_name="schedules",
        verbose_name=_("person"),
        db_index=False,  # schedule_person_state begins with it
    )
    origin_id = models.BigIntegerField(null=True, editable=False)  # as Conversation.origin_id
    number = models.PositiveIntegerField(_("number"), help_text=_("By which the person names it."))
    text = models.TextField(_("text"))
    local = models.CharField(_("local time"), max_length=WALL_LENGTH, help_text=_("Of the first time."))
    zone = models.CharField(_("time zone"), max_length=64)
    rule = models.CharField(_("repeats"), max_length=500, blank=True, help_text=_("RRULE; empty: once."))
    before_s = models.PositiveIntegerField(_("seconds before"), default=0)
    state = StateField(_("state"), max_length=12, choices=State.choices, default=State.ACTIVE)
    next_local = models.CharField(_("next time (local)"), max_length=WALL_LENGTH, blank=True)
    # When to look at it next: its delivery, or later while it is held back. Null unless it is active.
    next_at = models.DateTimeField(_("next time"), null=True, blank=True)
    last_local = models.CharField(_("last time (local)"), max_length=WALL_LENGTH, blank=True)
    last_at = models.DateTimeField(_("last delivered"), null=True, blank=True)
    again_of = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="snoozes", verbose_name=_("snoozed from")
    )
    inbound = models.ForeignKey(
        "bots.InboundEvent", on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("caused by")
    )
    stopped = models.CharField(_("stopped because"), max_length=ERROR_LENGTH, blank=True)
    stopped_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    stopped_params = models.JSONField(default=dict, blank=True, editable=False)
    told = models.BooleanField(_("person knows"), default=False, help_text=_("That it was stopped."))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = ScheduleSet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = (
            models.UniqueConstraint(
                fields=("person", "number"),
                condition=models.Q(state__in=("active", "paused")),
                name="schedule_person_number_unique",
            ),
        )
        indexes = (
            # sweep: what is due
            models.Index(fields=("next_at",), condition=models.Q(state="active"), name="schedule_active_next"),
            # a person's list; what the person does not know yet
            models.Index(fields=("person", "state"), name="schedule_person_state"),
            # admin list of a bot
            models.Index(fields=("bot", "-id"), name="schedule_bot_recent"),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"  # the audit log keeps it, so it holds nothing of the text

    @property
    def before(self) -> timedelta:
        """How long before an occurrence its reminder comes."""
        return timedelta(seconds=self.before_s)

    @property
    def occurrence(self) -> datetime | None:
        """The next occurrence, in UTC; None when there is none."""
        return moment_of(self.next_local, self.zone) if self.next_local else None

    def after(self, moment: datetime) -> datetime | None:
        """Returns the first occurrence whose reminder comes after the moment, in UTC; else None."""
        moment = moment + self.before
        first = moment_of(self.local, self.zone)
        if not self.rule:
            return first if first > moment else None
        # Arithmetic with moments is in UTC: in a zone, Python subtracts wall times.
        return occurrences.after(naive(self.local), self.rule, self.zone, moment)

    def wall(self, moment: datetime) -> str:
        """Returns the wall time of a moment in the schedule's zone, as the columns store it."""
        return wall_of(moment.astimezone(ZoneInfo(self.zone)))

    def aim(self, found: datetime | None, state: str = "") -> None:
        """Makes this occurrence the next one; without one the schedule is over. Does not save."""
        self.state = (state or self.State.ACTIVE) if found is not None else self.State.DONE
        self.next_local = self.wall(found) if found is not None else ""
        active = found is not None and self.state == self.State.ACTIVE
        self.next_at = found - self.before if found is not None and active else None

    def latest_due(self, now: datetime) -> datetime | None:
        """Returns the latest occurrence whose reminder is due: after an outage only this one is delivered."""
        first = self.occurrence
        if first is None or first - self.before > now:
            return None
        found = first
        for back in _STEPS_BACK if self.rule else ():
            later = self.after(now - back)
            if later is not None and first <= later <= now + self.before:
                found = later
                break
        while self.rule and (later := self.after(found - self.before)) and later - self.before <= now:
            found = later
        return found

    def upcoming(self, after: datetime, count: int) -> Iterator[datetime]:
        """Yields up to `count` occurrences whose reminders come after the moment."""
        found = self.after(after)
        while found is not None and count > 0:
            yield found
            found, count = (self.after(found - self.before) if self.rule else None), count - 1


def wall_of(moment: datetime) -> str:
    """Returns the wall time as the columns store it, to the second.

    Args:
        moment: Aware in its zone, or naive; its `fold` counts.
    """
    return moment.replace(tzinfo=None, fold=0, microsecond=0).isoformat() + (_SECOND if moment.fold else "")


def moment_of(wall: str, zone: str) -> datetime:
    """Returns the moment of a stored wall time, in UTC. A time that the zone leaves out in spring comes later."""
    return naive(wall).replace(tzinfo=ZoneInfo(zone), fold=int(wall.endswith(_SECOND))).astimezone(UTC)


def naive(wall: str) -> datetime:
    """Returns a stored wall time, without zone."""
    return datetime.fromisoformat(wall.removesuffix(_SECOND))


class Occurrence(models.Model):
    """One delivery of a schedule. The unique constraint makes it the only one of its occurrence."""

    schedule = models.ForeignKey(
        Schedule,
        on_delete=models.CASCADE,
        related_name="occurrences",
        verbose_name=_("reminder"),
        db_index=False,  # the unique constraint begins with it
    )
    local = models.CharField(_("local time"), max_length=WALL_LENGTH)
    due_at = models.DateTimeField(_("due"))
    at = models.DateTimeField(_("delivered"), default=timezone.now)
    message = models.ForeignKey(
        "bots.Message", on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("message")
    )
    done_at = models.DateTimeField(_("done"), null=True, blank=True, help_text=_("When the person said so."))

    class Meta:
        ordering = ("-id",)
        verbose_name = _("delivered reminder")
        verbose_name_plural = _("delivered reminders")
        constraints = (models.UniqueConstraint(fields=("schedule", "local"), name="occurrence_once"),)
        # nightly: what is old enough to delete
        indexes = (models.Index(fields=("at",), name="occurrence_at"),)

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.local}"
