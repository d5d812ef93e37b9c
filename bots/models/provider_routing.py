"""Which models one bot asks, and in which turns; and the figures of each provider by the hour."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class BotProvider(models.Model):
    """A line of a bot's own list of models. A bot without lines asks all enabled providers by their priority."""

    class Use(models.TextChoices):
        """The turns in which the line counts."""

        ANY = "any", _("every turn")
        SIMPLE = "simple", _("short turns")
        LONG = "long", _("long turns")
        VISION = "vision", _("turns with an image")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="providers", verbose_name=_("bot"))
    provider = models.ForeignKey(
        "bots.ModelProvider", on_delete=models.CASCADE, related_name="bots", verbose_name=_("model provider")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=10, help_text=_("Lowest first."))
    use = models.CharField(
        _("used for"),
        max_length=8,
        choices=Use.choices,
        default=Use.ANY,
        help_text=_("In its turns, a line for short or long turns or images comes before those for every turn."),
    )
    model = models.CharField(_("model"), max_length=120, blank=True, help_text=_("Empty: the model of the provider."))
    tokens = models.PositiveIntegerField(
        _("tokens of the prompt"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10_000_000)],
        help_text=_("Short turns have at most, long ones at least so many. Empty: 1,000 and 8,000."),
    )

    class Meta:
        ordering = ("bot", "position", "id")
        verbose_name = _("model of a bot")
        verbose_name_plural = _("models of a bot")
        constraints = (models.UniqueConstraint(fields=("bot", "provider", "use", "model"), name="bot_provider_unique"),)

    def __str__(self) -> str:
        return f"{self.position}. {self.model or self.provider_id} ({self.use})"


class ProviderHour(models.Model):
    """One sum of the calls of a provider in one hour: calls, tokens, errors of a kind, calls of a latency.

    A sum is a row of its own, so that processes add to it without reading it. `bots.llm.figures` names the sums.
    """

    provider = models.ForeignKey(
        "bots.ModelProvider",
        on_delete=models.CASCADE,
        related_name="hours",
        verbose_name=_("model provider"),
        db_index=False,  # the unique constraint begins with it
    )
    hour = models.DateTimeField(_("hour"), db_index=True)
    name = models.CharField(_("figure"), max_length=60)
    amount = models.BigIntegerField(_("amount"), default=0)

    class Meta:
        ordering = ("hour", "name")
        verbose_name = _("figure of a provider")
        verbose_name_plural = _("figures of providers")
        constraints = (models.UniqueConstraint(fields=("provider", "hour", "name"), name="provider_hour_unique"),)

    def __str__(self) -> str:
        return f"{self.provider_id} {self.hour:%Y-%m-%d %H} {self.name}: {self.amount}"
