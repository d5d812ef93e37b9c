"""Models of consolidation: sources of derived memories, episodes already read, and runs with their reports."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MemorySource(models.Model):
    """Links a fact or a summary to one turn it was derived from. Derived rows without a source are removed."""

    derived = models.ForeignKey(
        "memory.MemoryEntry",
        on_delete=models.CASCADE,
        related_name="source_links",
        db_index=False,  # memory_source_unique begins with it
        verbose_name=_("derived memory"),
    )
    source = models.ForeignKey(
        "memory.MemoryEntry", on_delete=models.CASCADE, related_name="derived_links", verbose_name=_("source")
    )

    class Meta:
        ordering = ("derived_id", "source_id")
        verbose_name = _("source of a memory")
        verbose_name_plural = _("sources of memories")
        constraints = (models.UniqueConstraint(fields=("derived", "source"), name="memory_source_unique"),)

    def __str__(self) -> str:
        return f"{self.derived_id} ← {self.source_id}"


class ConsolidatedEpisodeQuerySet(models.QuerySet["ConsolidatedEpisode"]):
    def for_person(self, bot: Any, person: Any) -> ConsolidatedEpisodeQuerySet:
        return self.filter(bot=bot, person=person)


class ConsolidatedEpisode(models.Model):
    """An episode (turns of a session without a long pause) whose facts and digest were extracted.

    `turns` and `id_sum` are a fingerprint of its turns. When they differ, the episode is read again.
    """

    # For references out of this app see memory.storage.cascade.
    bot = models.ForeignKey(
        "bots.Bot", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", verbose_name=_("bot")
    )
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
        db_index=False,  # memory_episode_scope begins with it
        verbose_name=_("person"),
    )
    session = models.CharField(_("session"), max_length=64, blank=True)
    first_id = models.BigIntegerField(_("first turn"))
    turns = models.PositiveIntegerField(_("turns"))
    id_sum = models.DecimalField(_("fingerprint"), max_digits=30, decimal_places=0)
    method = models.CharField(_("read by"), max_length=10, help_text=_("model or rules"))
    done_at = models.DateTimeField(_("read at"), default=timezone.now)

    objects = ConsolidatedEpisodeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("consolidated episode")
        verbose_name_plural = _("consolidated episodes")
        indexes = (
            # episodes of a session that were read already
            models.Index(fields=("person", "bot", "session"), name="memory_episode_scope"),
        )

    def __str__(self) -> str:
        return f"{self.session}: {self.turns}"


class ConsolidationRunQuerySet(models.QuerySet["ConsolidationRun"]):
    def for_bot(self, bot: Any) -> ConsolidationRunQuerySet:
        return self.filter(bot=bot)


class ConsolidationRun(models.Model):
    """One run of `memory optimize` for one bot. While it runs, the row is a lease that prevents a second run."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    bot = models.ForeignKey(
        "bots.Bot",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="consolidation_runs",
        db_index=False,  # memory_run_recent begins with it
        verbose_name=_("bot"),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.RUNNING)
    dry_run = models.BooleanField(_("dry run"), default=False, help_text=_("Nothing was changed."))
    rebuild = models.BooleanField(_("rebuild"), default=False, help_text=_("Facts and summaries were made anew."))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    report = models.JSONField(_("report"), default=dict, blank=True)
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), default=0)
    completion_tokens = models.PositiveIntegerField(_("completion tokens"), default=0)
    error = models.CharField(_("error"), max_length=300, blank=True)
    error_code = models.CharField(max_length=60, blank=True, editable=False)
    error_params = models.JSONField(default=dict, blank=True, editable=False)
    # Set during the run, else NULL (NULLs never collide): one active run per bot, on every database.
    lock = models.CharField(max_length=40, unique=True, null=True, editable=False)
    holder = models.CharField(_("held by"), max_length=160, blank=True, editable=False)
    # The last finished person: after a kill the run continues with the next one.
    cursor = models.BigIntegerField(default=0, editable=False)

    objects = ConsolidationRunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("consolidation run")
        verbose_name_plural = _("consolidation runs")
        indexes = (
            # runs of a bot, latest first; tokens it used in the last day
            models.Index(fields=("bot", "-started_at"), name="memory_run_recent"),
        )

    def __str__(self) -> str:
        return f"{self.bot} {timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"
