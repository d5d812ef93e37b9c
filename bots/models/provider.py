"""Model providers, and the usage and cost of each turn."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH
from clawdbot import crypto
from clawdbot.http.addresses import origin
from memory.models.fields import BaseUrlField

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


# Of the migrations; the field has its own check.
ENDPOINT = r"^https?://([\w.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[^\s?#]*)?$"
# The key is sent in a header, where a typographic quote or a space copied with it fails every request.
API_KEY = r"^[!-~]*$"
check_api_key = RegexValidator(API_KEY, _("must be letters, digits and signs of ASCII without spaces"))

# Minimum and maximum.
TIMEOUT_S = (0.1, 3600.0)
CONTEXT_TOKENS = (256, 10_000_000)
KEEP_WARM_MINUTES = (1, 1440)
# What a request has of its own.
_OWN_PARAMETERS = frozenset({"messages", "model", "stream", "system", "tools"})
_NOT_NEGATIVE = (MinValueValidator(Decimal(0)),)


def _between(bounds: tuple[float, float]) -> tuple[MinValueValidator, MaxValueValidator]:
    return MinValueValidator(bounds[0]), MaxValueValidator(bounds[1])


def check_extra_body(value: object) -> None:
    """Refuses parameters that are no object, or that a request has of its own."""
    if not isinstance(value, dict):
        raise ValidationError(_('must be an object, e.g. {"reasoning_effort": "low"}'))
    if own := sorted(_OWN_PARAMETERS & value.keys()):
        raise ValidationError(_("%(name)s has a field of its own or is not for you to set"), params={"name": own[0]})


class ModelProviderQuerySet(models.QuerySet["ModelProvider"]):
    def chat(self) -> ModelProviderQuerySet:
        """Returns the language models, without what listens and speaks."""
        return self.filter(kind=ModelProvider.Kind.CHAT)


class ModelProvider(models.Model):
    """An endpoint with one model. The lowest priority number is tried first, the embedded model always last."""

    class Protocol(models.TextChoices):
        """What the endpoint speaks."""

        OPENAI = "openai", _("chat completions (OpenAI)")
        ANTHROPIC = "anthropic", _("Messages API (Anthropic)")

    class KeepWarm(models.TextChoices):
        """What keeps a model loaded, and its connection open, while nobody writes."""

        OFF = "off", _("nothing")
        MODELS = "models", _("ask for the list of models (free)")
        CALL = "call", _("ask for one token (may be charged)")

    class Kind(models.TextChoices):
        """What the endpoint does."""

        CHAT = "chat", _("language model: answers")
        TRANSCRIPTION = "transcription", _("speech recognition: listens to recordings")
        SPEECH = "speech", _("speech: reads answers aloud")

    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices, default=Kind.CHAT, db_default=Kind.CHAT)
    name = models.CharField(_("name"), max_length=60)
    endpoint = BaseUrlField(
        _("endpoint"),
        max_length=300,
        help_text=_("e.g. https://api.openai.com/v1"),
        validators=[RegexValidator(ENDPOINT, _("must begin with http:// or https:// and name a host"))],
    )
    model = models.CharField(_("model"), max_length=120)
    protocol = models.CharField(
        _("protocol"),
        max_length=12,
        choices=Protocol.choices,
        default=Protocol.OPENAI,
        db_default=Protocol.OPENAI,
        help_text=_("Anthropic's own service speaks the Messages API; nearly all others speak chat completions."),
    )
    api_key_encrypted = models.TextField(_("API key"), blank=True, editable=False)
    # True when somebody who is no superuser entered the endpoint.
    public_only = models.BooleanField(
        _("public addresses only"),
        default=False,
        db_default=False,
        help_text=_("No connection to addresses of a private network."),
    )
    priority = models.IntegerField(_("priority"), default=100, help_text=_("Lowest first."))
    enabled = models.BooleanField(_("enabled"), default=True)
    can_see = models.BooleanField(_("sees images"), default=False, help_text=_("The model takes images beside text."))
    tools = models.CharField(
        _("tools"),
        max_length=4,
        choices=(("auto", _("if the model takes them")), ("on", _("always")), ("off", _("never"))),
        default="auto",
        db_default="auto",
        help_text=_("Whether skills and other tools are offered to the model."),
    )
    timeout_s = models.FloatField(_("timeout (seconds)"), default=60.0, validators=_between(TIMEOUT_S))
    context_tokens = models.PositiveIntegerField(
        _("context window (tokens)"),
        default=8192,
        validators=_between(CONTEXT_TOKENS),
    )
    input_price = models.DecimalField(
        _("price per million input tokens"),
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        validators=_NOT_NEGATIVE,
    )
    output_price = models.DecimalField(
        _("price per million output tokens"),
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        validators=_NOT_NEGATIVE,
    )
    voice = models.CharField(
        _("voice"),
        max_length=60,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of speech: the name of the voice there. Empty: alloy."),
    )
    voice_price = models.DecimalField(
        _("price of voice"),
        max_digits=10,
        decimal_places=4,
        default=Decimal(0),
        db_default=Decimal(0),
        validators=_NOT_NEGATIVE,
        help_text=_("Of speech recognition: for a minute that is heard. Of speech: for a million characters."),
    )
    cached_input_price = models.DecimalField(
        _("price per million cached input tokens"),
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=_NOT_NEGATIVE,
        help_text=_("Of the part of a prompt that the endpoint had in its cache. Empty: as other input tokens."),
    )
    keep_warm = models.CharField(
        _("keep warm"),
        max_length=6,
        choices=KeepWarm.choices,
        default=KeepWarm.OFF,
        db_default=KeepWarm.OFF,
        help_text=_("A small request while nobody asks the model, for servers that unload it when it is idle."),
    )
    keep_warm_minutes = models.PositiveSmallIntegerField(
        _("minutes between requests that keep it warm"),
        default=4,
        db_default=4,
        validators=_between(KEEP_WARM_MINUTES),
    )
    extra_body = models.JSONField(
        _("further parameters"),
        default=dict,
        db_default=models.Value({}, models.JSONField()),
        blank=True,
        validators=[check_extra_body],
        help_text=_('Sent with each request, e.g. {"reasoning_effort": "low"}.'),
    )
    last_ok_at = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True, editable=False)
    last_error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    last_error_params = models.JSONField(default=dict, blank=True, editable=False)
    # Each process has its own circuits; the latest pause that one of them began.
    open_until = models.DateTimeField(_("paused until"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ModelProviderQuerySet.as_manager()

    class Meta:
        ordering = ("priority", "id")
        verbose_name = _("model provider")
        verbose_name_plural = _("model providers")
        constraints = (models.UniqueConstraint(fields=("name",), name="provider_name_unique"),)

    def __str__(self) -> str:
        return self.name

    @property
    def failing(self) -> bool:
        """Returns whether the latest call failed."""
        if self.last_error_at is None:
            return False
        return self.last_ok_at is None or self.last_error_at > self.last_ok_at

    @property
    def api_key(self) -> str:
        """The key; "" when the endpoint has another scheme, host or port than when the key was set."""
        return crypto.bound_secret(self.api_key_encrypted, origin(self.endpoint))

    @api_key.setter
    def api_key(self, value: str) -> None:
        # Binds the key to the endpoint, so set the endpoint first.
        self.api_key_encrypted = crypto.bind_secret(value, origin(self.endpoint))


class TurnUsageQuerySet(models.QuerySet["TurnUsage"]):
    def for_bot(self, bot: Bot | int) -> TurnUsageQuerySet:
        return self.filter(bot=bot)

    def for_person(self, person: Person | int) -> TurnUsageQuerySet:
        return self.filter(person=person)


class TurnUsage(models.Model):
    """Tokens, milliseconds and cost of one turn, one consolidation of memories, or one answer that came to no end."""

    class Purpose(models.TextChoices):
        TURN = "turn", _("Answer")
        TOOLS = "tools", _("Answer with tools")
        MEMORY = "memory", _("Memory consolidation")
        VOICE = "voice", _("Voice")
        SUMMARY = "summary", _("Summaries of conversations")
        BROKEN = "broken", _("Stopped or broken answers")
        REPLAY = "replay", _("Replay")

    bot = models.ForeignKey(
        "bots.Bot",
        on_delete=models.CASCADE,
        related_name="usage",
        verbose_name=_("bot"),
        db_index=False,  # usage_bot_recent begins with it
    )
    # Null for replays, which no person asked for.
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="usage",
        verbose_name=_("person"),
    )
    origin_id = models.BigIntegerField(null=True, editable=False)  # as Conversation.origin_id
    # Null for consolidation, which spans conversations.
    conversation = models.ForeignKey(
        "bots.Conversation",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="usage",
        verbose_name=_("conversation"),
    )
    purpose = models.CharField(
        _("purpose"), max_length=10, choices=Purpose.choices, default=Purpose.TURN, db_default=Purpose.TURN
    )
    provider = models.CharField(
        _("provider"), max_length=60, help_text=_("Name at the time; 'built-in' without a model.")
    )
    model = models.CharField(_("model"), max_length=120, blank=True)
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), default=0)
    completion_tokens = models.PositiveIntegerField(_("completion tokens"), default=0)
    first_token_ms = models.PositiveIntegerField(_("first token (ms)"), default=0)
    model_ms = models.PositiveIntegerField(_("model (ms)"), default=0)
    recall_ms = models.PositiveIntegerField(_("recall (ms)"), default=0)
    total_ms = models.PositiveIntegerField(_("turn (ms)"), default=0)
    heard_s = models.FloatField(_("heard (seconds)"), default=0.0, db_default=0.0)
    spoken_characters = models.PositiveIntegerField(_("spoken (characters)"), default=0, db_default=0)
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=6, default=Decimal(0))
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    # In the daily sums (`bots.limits.sums`).
    summed = models.BooleanField(default=False, db_default=False, editable=False)

    objects = TurnUsageQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name = _("usage of a turn")
        verbose_name_plural = _("usage")
        indexes = (
            # cost of a bot over a period
            models.Index(fields=("bot", "-created_at"), name="usage_bot_recent"),
            # rows to add to the daily sums
            models.Index(fields=("id",), condition=models.Q(summed=False), name="usage_not_summed"),
        )

    def __str__(self) -> str:
        return f"{self.provider} {self.prompt_tokens}+{self.completion_tokens}"
