"""Runs that answer past turns or saved questions again, and what each of them gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH
from bots.models.state_field import StateField

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


class ReplayRunQuerySet(models.QuerySet["ReplayRun"]):
    def for_bot(self, bot: Bot | int) -> ReplayRunQuerySet:
        return self.filter(bot=bot)

    def open(self) -> ReplayRunQuerySet:
        return self.filter(state__in=ReplayRun.OPEN)


class ReplayRun(models.Model):
    """One run over past turns of a bot, or over a set of saved questions.

    `alive_at` is renewed while a process works on it; without that for half a minute another process goes on.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        INTERRUPTED = "interrupted", _("Interrupted")

    OPEN: ClassVar[tuple[str, ...]] = ("waiting", "running")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="replays", verbose_name=_("bot"))
    evaluation_set = models.ForeignKey(
        "bots.EvaluationSet",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="runs",
        verbose_name=_("set of questions"),
    )
    # What is changed against the bot as it is: provider, instructions, skills; and how the run works.
    options = models.JSONField(_("options"), default=dict, blank=True)
    state = StateField(_("state"), max_length=12, choices=State.choices, default=State.WAITING)
    stop_requested = models.BooleanField(default=False, editable=False)
    background = models.BooleanField(default=False, editable=False)  # a worker goes on with it, not the command line
    owner = models.CharField(max_length=40, blank=True, editable=False)
    alive_at = models.DateTimeField(null=True, editable=False)
    started_by = models.CharField(_("started by"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ReplayRunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("replay")
        verbose_name_plural = _("replays")
        indexes = (
            # sweep: runs that nobody works on
            models.Index(
                fields=("alive_at",), condition=models.Q(state__in=("waiting", "running")), name="replay_run_open"
            ),
        )

    def __str__(self) -> str:
        return f"{self.evaluation_set or self.bot} #{self.pk}"


class ReplayTurnQuerySet(models.QuerySet["ReplayTurn"]):
    def for_bot(self, bot: Bot | int) -> ReplayTurnQuerySet:
        return self.filter(run__bot=bot)

    def for_person(self, person: Person | int) -> ReplayTurnQuerySet:
        return self.filter(self.about([person if isinstance(person, int) else person.pk]))

    @staticmethod
    def about(people: list[int]) -> models.Q:
        """Selects turns of the messages of these people and of their conversations, and questions made of them."""
        said = models.Q(message__person__in=people) | models.Q(message__conversation__person__in=people)
        asked = models.Q(case__message__person__in=people) | models.Q(case__message__conversation__person__in=people)
        return said | asked


class ReplayTurn(models.Model):
    """One past turn or saved question of a run. It goes with the message that it repeats, whoever deletes that."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Skipped")

    class Mark(models.TextChoices):
        NONE = "", _("not marked")
        BETTER = "better", _("better")
        WORSE = "worse", _("worse")
        SAME = "same", _("same")

    run = models.ForeignKey(
        ReplayRun,
        on_delete=models.CASCADE,
        related_name="turns",
        verbose_name=_("replay"),
        db_index=False,  # the unique constraint begins with it
    )
    position = models.PositiveIntegerField(_("position"))
    message = models.ForeignKey(
        "bots.Message", on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("message")
    )
    case = models.ForeignKey(
        "bots.EvaluationCase",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="results",
        verbose_name=_("question"),
    )
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    state = StateField(_("state"), max_length=8, choices=State.choices, default=State.WAITING)
    answer = models.TextField(_("answer now"), blank=True)
    # Figures of the answer then and now: provider, model, tokens, milliseconds, cost, tools.
    figures_then = models.JSONField(default=dict, blank=True, editable=False)
    figures_now = models.JSONField(default=dict, blank=True, editable=False)
    limits = models.JSONField(default=list, blank=True, editable=False)  # codes of what could not be as it was
    # Of a saved question: each expectation and whether it holds; null where it cannot be judged.
    findings = models.JSONField(default=list, blank=True, editable=False)
    held = models.BooleanField(_("holds"), null=True, editable=False)
    error = models.CharField(_("error"), max_length=ERROR_LENGTH, blank=True)
    error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    error_params = models.JSONField(default=dict, blank=True, editable=False)
    mark = models.CharField(_("mark"), max_length=6, choices=Mark.choices, default=Mark.NONE, blank=True)
    marked_by = models.CharField(_("marked by"), max_length=200, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = ReplayTurnQuerySet.as_manager()

    class Meta:
        ordering = ("position",)
        verbose_name = _("repeated turn")
        verbose_name_plural = _("repeated turns")
        constraints = (models.UniqueConstraint(fields=("run", "position"), name="replay_turn_position_unique"),)

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"
