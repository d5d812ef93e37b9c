"""Bots, which operators configure and people talk to."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models import quiet_hours
from memory.types import LONGEST_RETENTION


class BotQuerySet(models.QuerySet["Bot"]):
    def enabled(self) -> BotQuerySet:
        return self.filter(enabled=True)


class Bot(models.Model):
    """One assistant with its own instructions, channels, people, memory and skills."""

    class Bursts(models.TextChoices):
        """What the bot does with messages that a person sends one right after the other."""

        EACH = "each", _("answer each message")
        COLLECT = "collect", _("wait a moment, then answer all of them together")
        INTERRUPT = "interrupt", _("stop the running answer and answer all of them together")

    class VoiceReplies(models.TextChoices):
        """When the bot speaks its answers. Their text is always sent as well."""

        NEVER = "never", _("never")
        SPOKEN_TO = "spoken_to", _("when it is spoken to")
        ALWAYS = "always", _("always")

    slug = models.SlugField(_("slug"), max_length=60, help_text=_("Appears in the web chat address: /chat/SLUG/"))
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("description"), max_length=300, blank=True)
    instructions = models.TextField(
        _("instructions"), blank=True, help_text=_("What the model is told before every conversation.")
    )
    greeting = models.CharField(_("greeting"), max_length=500, blank=True, help_text=_("Shown when a chat is empty."))
    outage_text = models.CharField(
        _("outage sentence (English)"),
        max_length=500,
        blank=True,
        help_text=_("What people get when no language model answers. Empty: a sentence that offers “retry”."),
    )
    outage_text_zh = models.CharField(
        _("outage sentence (Chinese)"),
        max_length=500,
        blank=True,
        help_text=_("The same for people who write Chinese."),
    )
    enabled = models.BooleanField(_("enabled"), default=True)
    is_default = models.BooleanField(_("default bot"), default=False, help_text=_("Answers at the address /."))
    allowed_origins = models.JSONField(
        _("allowed origins"),
        default=list,
        blank=True,
        help_text=_('Sites that may embed the web chat, e.g. ["https://example.com"]. This site is always allowed.'),
    )
    retention_days = models.PositiveIntegerField(
        _("retention (days)"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(LONGEST_RETENTION)],
        help_text=_("Empty: the value of the configuration. 0: for ever."),
    )
    skills_by_tools_only = models.BooleanField(
        _("skills by tools only"),
        default=False,
        db_default=False,
        help_text=_("Only the model calls skills, as tools, and their commands. Words and examples do not."),
    )
    tenant = models.CharField(
        _("tenant"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("A label of your own, for a customer or a department. Limits can hold for all bots with it."),
    )
    rerank = models.BooleanField(
        _("cross-encoder"),
        default=False,
        help_text=_("Puts the best memories into order a second time, by semantic_search.reranker. Slower."),
    )
    tools_enabled = models.BooleanField(
        _("tools"),
        default=True,
        db_default=True,
        help_text=_("The model may call the skills and other tools of this bot."),
    )
    tool_rounds = models.PositiveSmallIntegerField(
        _("most rounds of tool calls"),
        default=8,
        db_default=8,
        validators=[MinValueValidator(1), MaxValueValidator(8)],
        help_text=_("How often the model may call tools before it must answer."),
    )
    tool_cost = models.DecimalField(
        _("most cost of tool calls"),
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=_("For one answer, in the currency of the prices of the models. Empty: no limit."),
    )
    temperature = models.FloatField(
        _("temperature"), default=0.3, validators=[MinValueValidator(0.0), MaxValueValidator(2.0)]
    )
    max_reply_tokens = models.PositiveIntegerField(
        _("longest reply (tokens)"), default=512, validators=[MinValueValidator(1), MaxValueValidator(100_000)]
    )
    bursts = models.CharField(
        _("several messages in a row"),
        max_length=12,
        choices=Bursts.choices,
        default=Bursts.EACH,
        db_default=Bursts.EACH,
        help_text=_("Commands and buttons are always taken at once. An album is always one message."),
    )
    burst_quiet_s = models.FloatField(
        _("quiet time (seconds)"),
        default=1.5,
        db_default=1.5,
        validators=[MinValueValidator(0.2), MaxValueValidator(30.0)],
        help_text=_("When waiting: the bot answers once the person has written nothing for so long."),
    )
    burst_longest_s = models.FloatField(
        _("longest wait (seconds)"),
        default=6.0,
        db_default=6.0,
        validators=[MinValueValidator(0.2), MaxValueValidator(120.0)],
        help_text=_("When waiting: since the first message. Ten messages or 4,000 characters end the wait as well."),
    )
    voice_replies = models.CharField(
        _("answers as voice"),
        max_length=10,
        choices=VoiceReplies.choices,
        default=VoiceReplies.NEVER,
        db_default=VoiceReplies.NEVER,
        help_text=_("Needs a model provider that speaks. The text of an answer is always sent as well."),
    )
    context_tokens = models.PositiveIntegerField(
        _("longest prompt (tokens)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(500), MaxValueValidator(10_000_000)],
        help_text=_("Empty: what the model takes. With a smaller number, answers cost less and the model sees less."),
    )
    quiet_hours = models.CharField(
        **quiet_hours.field(
            _("quiet hours"),
            _("The bot writes nobody of its own accord then. 22:00-07:00, or off. Empty: 22:00-07:00."),
        )
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = BotQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("bot")
        verbose_name_plural = _("bots")
        constraints = (
            models.UniqueConstraint(fields=("slug",), name="bot_slug_unique"),
            models.UniqueConstraint(
                fields=("is_default",), condition=models.Q(is_default=True), name="bot_one_default"
            ),
        )

    def __str__(self) -> str:
        return self.name
