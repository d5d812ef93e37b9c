"""Skills, their assignment to bots, and their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

DEFAULT_THRESHOLD = 0.3
"""Of the similarity between a message and the examples: 0 for neutral sentences, 1 for the same words."""
ERROR_LENGTH = 300  # limit of texts from third-party code
_DOTTED = RegexValidator(r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$", _("A dotted path such as skills.weather.WeatherSkill."))


def _texts(label: StrOrPromise, help_text: StrOrPromise, **options: Any) -> models.JSONField[Any, Any]:
    return models.JSONField(label, default=list, blank=True, help_text=help_text, **options)


def _threshold(help_text: StrOrPromise) -> models.FloatField[float | None, float | None]:
    limits = [MinValueValidator(0.05), MaxValueValidator(1.0)]
    return models.FloatField(_("least similarity"), null=True, blank=True, validators=limits, help_text=help_text)


class SkillSettings(models.Model):
    """Settings that a skill has for all bots, and again for each bot."""

    enabled = models.BooleanField(_("enabled"), default=True)
    by_tools_only = models.BooleanField(
        _("by tools only"),
        default=False,
        db_default=False,
        help_text=_("Only the model calls it, as a tool, and its command. Words, patterns and examples do not."),
    )
    # True when somebody who is no superuser entered an address in the configuration.
    public_only = models.BooleanField(
        _("public addresses only"),
        default=False,
        db_default=False,
        help_text=_("No connection to addresses of a private network."),
    )
    secrets_encrypted = models.TextField(_("secrets"), blank=True, default="", db_default="", editable=False)

    class Meta:
        abstract = True


class Skill(SkillSettings):
    """A class that answers messages that contain one of its trigger words."""

    module = models.CharField(
        _("module"), max_length=200, validators=[_DOTTED], help_text=_("e.g. skills.weather.WeatherSkill")
    )
    name = models.CharField(_("name"), max_length=60)
    all_bots = models.BooleanField(
        _("for all bots"), default=True, help_text=_("Off: only for the bots it is assigned to below.")
    )
    triggers = _texts(_("trigger words"), _('e.g. ["天气", "weather"]. Empty: those of the class.'))
    patterns = _texts(
        _("patterns"),
        _("Regular expressions; a named group is a parameter. Empty: those of the class."),
        db_default=[],
    )
    examples = _texts(
        _("example sentences"),
        _("A message that means the same calls the skill. Empty: those of the class."),
        db_default=[],
    )
    threshold = _threshold(_("Of a message to the examples, 0.05 to 1. Empty: 0.3."))
    timeout_s = models.FloatField(
        _("time limit (seconds)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(120.0)],
        help_text=_("Empty: the limit of the class."),
    )
    config = models.JSONField(
        _("configuration"), default=dict, blank=True, help_text=_("Handed to the skill as it is.")
    )
    load_error = models.CharField(_("cannot be loaded"), max_length=ERROR_LENGTH, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        constraints = (models.UniqueConstraint(fields=("module",), name="skill_module_unique"),)

    def __str__(self) -> str:
        return self.name


class BotSkillQuerySet(models.QuerySet["BotSkill"]):
    def for_bot(self, bot: Any) -> BotSkillQuerySet:
        return self.filter(bot=bot)


class BotSkill(SkillSettings):
    """Settings of a skill for one bot: whether it is on, trigger words and configuration."""

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="bot_skills", verbose_name=_("bot"))
    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="bot_skills", verbose_name=_("skill"))
    triggers = _texts(_("trigger words"), _("Empty: those of the skill."))
    patterns = _texts(
        _("patterns"),
        _("Regular expressions; a named group is a parameter. Empty: those of the skill."),
        db_default=[],
    )
    examples = _texts(
        _("example sentences"),
        _("A message that means the same calls the skill. Empty: those of the skill."),
        db_default=[],
    )
    threshold = _threshold(_("Of a message to the examples, 0.05 to 1. Empty: that of the skill."))
    config = models.JSONField(
        _("configuration"), default=dict, blank=True, help_text=_("Laid over that of the skill, key by key.")
    )

    objects = BotSkillQuerySet.as_manager()

    class Meta:
        ordering = ("bot", "skill")
        verbose_name = _("skill of a bot")
        verbose_name_plural = _("skills of bots")
        constraints = (models.UniqueConstraint(fields=("bot", "skill"), name="botskill_bot_skill_unique"),)

    def __str__(self) -> str:
        return f"{self.bot} · {self.skill}"


class SkillRunQuerySet(models.QuerySet["SkillRun"]):
    def for_bot(self, bot: Any) -> SkillRunQuerySet:
        return self.filter(bot=bot)

    def for_person(self, person: Any) -> SkillRunQuerySet:
        return self.filter(conversation__person=person)


class SkillRun(models.Model):
    """Outcome of one call of a skill. The conversation, not this row, holds question and answer."""

    skill = models.ForeignKey(Skill, on_delete=models.CASCADE, related_name="runs", verbose_name=_("skill"))
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="skill_runs", verbose_name=_("bot"))
    conversation = models.ForeignKey(
        "bots.Conversation",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="skill_runs",
        verbose_name=_("conversation"),
    )
    ok = models.BooleanField(_("answered"))
    error = models.CharField(_("error"), max_length=100, blank=True, help_text=_("Class of the error."))
    detail = models.CharField(_("detail"), max_length=ERROR_LENGTH, blank=True)
    ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = SkillRunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("run of a skill")
        verbose_name_plural = _("runs of skills")
        indexes = (
            # admin: the runs of one skill, latest first
            models.Index(fields=("skill", "-id"), name="skillrun_skill_recent"),
        )

    def __str__(self) -> str:
        return f"{self.skill} · {'ok' if self.ok else self.error}"
