"""What may be spent, what is spent, and what was spent: limits, the ledger's balances and reservations, daily sums."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

# So large that no limit is meant, and so small that sums fit the columns.
MOST_MESSAGES = 1_000_000
MOST_TOKENS = 10**15
MOST_MONEY = Decimal(1_000_000_000)


class OwnerKind(models.TextChoices):
    """Whose consumption a limit limits."""

    BOT = "bot", _("bot")
    PERSON = "person", _("person")
    CHAT = "chat", _("group chat")
    CHANNEL = "channel", _("channel")
    TENANT = "tenant", _("tenant")


class Unit(models.TextChoices):
    """What is counted; the ledger holds money in billionths, so that no fraction of a call is lost to rounding."""

    MESSAGES = "messages", _("messages a minute")
    TOKENS = "tokens", _("tokens a day")
    MONEY = "money", _("money a month")


class OperatorPurpose(models.TextChoices):
    """What calls are for that no bot makes; see `bots.limits.operator_usage`."""

    TEST = "test", _("Tests of endpoints")
    WARM = "warm", _("Keeping models loaded")


EACH = "*"


def place_of(kind: str, bot_id: int, owner: object) -> str:
    """Returns what names an owner among all limits: its id, the tenant, or `EACH` for each one of the bot."""
    return f"{kind}:{bot_id}:{owner}"


class Limit(models.Model):
    """What an owner may consume. Empty fields limit nothing; 0 allows nothing.

    Without `person` (`channel`), a limit of the kind person or chat (channel) holds for each one of the bot by itself.
    Fields of a limit for a certain one replace those for each one.
    """

    kind = models.CharField(_("limits"), max_length=8, choices=OwnerKind.choices)
    bot = models.ForeignKey(
        "bots.Bot",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="limits",
        verbose_name=_("bot"),
        help_text=_("Empty for a tenant."),
    )
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="limits",
        verbose_name=_("person or group"),
        help_text=_("Empty: each person, or each group chat, by itself."),
    )
    channel = models.ForeignKey(
        "bots.Channel",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="limits",
        verbose_name=_("channel"),
        help_text=_("Empty: each channel by itself."),
    )
    tenant = models.CharField(_("tenant"), max_length=60, blank=True, help_text=_("The label on its bots."))
    messages_per_minute = models.PositiveIntegerField(
        _("messages a minute"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_MESSAGES)],
        help_text=_("Empty: no limit. 0: none at all."),
    )
    tokens_per_day = models.PositiveBigIntegerField(
        _("tokens a day"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_TOKENS)],
        help_text=_("Of questions and answers together."),
    )
    money_per_month = models.DecimalField(
        _("money a month"),
        max_digits=14,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(MOST_MONEY)],
        help_text=_("In the currency of the prices of the models."),
    )
    place = models.CharField(max_length=100, editable=False)  # the owner; `place_of`
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ("kind", "id")
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        constraints = (models.UniqueConstraint(fields=("place",), name="limit_place_unique"),)

    def __str__(self) -> str:
        owner = self.tenant or self.person or self.channel or (self.bot if self.kind == OwnerKind.BOT else EACH)
        return f"{self.get_kind_display()} {owner}"

    def clean(self) -> None:
        """Checks that the owner fits the kind, and leaves out what belongs to other kinds."""
        self.person = self.person if self.kind in (OwnerKind.PERSON, OwnerKind.CHAT) else None
        self.channel = self.channel if self.kind == OwnerKind.CHANNEL else None
        self.tenant = self.tenant.strip() if self.kind == OwnerKind.TENANT else ""
        self.bot = self.bot if self.kind != OwnerKind.TENANT else None
        if self.kind == OwnerKind.TENANT and not self.tenant:
            raise ValidationError({"tenant": _("Name the tenant.")})
        if self.kind != OwnerKind.TENANT and self.bot is None:
            raise ValidationError({"bot": _("Choose the bot.")})
        for name, owner in (("person", self.person), ("channel", self.channel)):
            if owner is not None and owner.bot_id != self.bot_id:
                raise ValidationError({name: _("It belongs to another bot.")})
        if self.person is not None and (self.person.kind == "group") != (self.kind == OwnerKind.CHAT):
            raise ValidationError({"person": _("Choose a person for a person, and a group for a group chat.")})
        if self.messages_per_minute is None and self.tokens_per_day is None and self.money_per_month is None:
            raise ValidationError(_("Limit something: messages, tokens or money."))
        self.place = self.owner_place()
        if type(self)._default_manager.filter(place=self.place).exclude(pk=self.pk).exists():
            raise ValidationError(_("There is a limit for it already."))

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.place = self.owner_place()
        if kwargs.get("update_fields") is not None:
            kwargs["update_fields"] = {*kwargs["update_fields"], "place"}
        super().save(*args, **kwargs)

    def owner_place(self) -> str:
        """Returns what names the owner among all limits."""
        if self.kind == OwnerKind.TENANT:
            return place_of(self.kind, 0, self.tenant)
        owner = {OwnerKind.BOT: self.bot_id, OwnerKind.CHANNEL: self.channel_id}.get(
            OwnerKind(self.kind), self.person_id
        )
        return place_of(self.kind, self.bot_id or 0, owner or EACH)


class Balance(models.Model):
    """What one owner has consumed and reserved of one unit in one period; only where a limit exists.

    `owner` is the owner's id, or the tenant. `ceiling` is the limit at the last reservation. `refused` counts calls and
    messages for which there was no room.
    """

    kind = models.CharField(max_length=8, choices=OwnerKind.choices, editable=False)
    owner = models.CharField(max_length=60, editable=False)
    bot_id = models.BigIntegerField(default=0, editable=False)  # 0: a tenant's
    unit = models.CharField(max_length=8, choices=Unit.choices, editable=False)
    period = models.CharField(max_length=16, editable=False)
    spent = models.BigIntegerField(default=0, editable=False)
    reserved = models.BigIntegerField(default=0, editable=False)
    ceiling = models.BigIntegerField(default=0, editable=False)
    refused = models.BigIntegerField(default=0, editable=False)
    ends_at = models.DateTimeField(editable=False)
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = (models.UniqueConstraint(fields=("kind", "owner", "unit", "period"), name="balance_unique"),)
        indexes = (
            # periods that run, and those to delete
            models.Index(fields=("ends_at",), name="balance_ends"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.owner} {self.unit} {self.period}"


class Reservation(models.Model):
    """What one call of a model, or one message, holds of the balances until it is settled or expires.

    A process that is killed between the two settles nothing: the sweep returns what the row holds.
    """

    key = models.CharField(max_length=40, editable=False)
    holds = models.JSONField(editable=False)  # [[balance, amount], ...]
    expires_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = (models.UniqueConstraint(fields=("key",), name="reservation_key_unique"),)
        indexes = (models.Index(fields=("expires_at",), name="reservation_expiry"),)

    def __str__(self) -> str:
        return self.key


class Sums(models.Model):
    """Base of the daily sums. Days are those of the installation's time zone, `money` is in billionths."""

    day = models.DateField(_("day"), editable=False)
    calls = models.BigIntegerField(_("answers"), default=0, editable=False)
    prompt_tokens = models.BigIntegerField(_("prompt tokens"), default=0, editable=False)
    completion_tokens = models.BigIntegerField(_("completion tokens"), default=0, editable=False)
    money = models.BigIntegerField(_("cost"), default=0, editable=False)

    class Meta:
        abstract = True


class UsageDay(Sums):
    """What a bot has used on one day through one channel, of one model, for one purpose. It outlives its owners."""

    bot_id = models.BigIntegerField(editable=False)  # 0: the operator's own calls
    channel_id = models.BigIntegerField(default=0, editable=False)  # 0: none, as consolidation has
    provider = models.CharField(max_length=60, editable=False)
    model = models.CharField(max_length=120, blank=True, editable=False)
    purpose = models.CharField(max_length=10, editable=False)

    class Meta:
        verbose_name = _("usage of a day")
        verbose_name_plural = _("usage by day")
        constraints = (
            models.UniqueConstraint(
                fields=("day", "bot_id", "channel_id", "provider", "model", "purpose"), name="usage_day_unique"
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.bot_id} {self.provider}"


class PersonDay(Sums):
    """What one person has used on one day; deleted with the person."""

    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.CASCADE,
        related_name="usage_days",
        verbose_name=_("person"),
        db_index=False,
        editable=False,
    )
    bot_id = models.BigIntegerField(editable=False)

    class Meta:
        verbose_name = _("usage of a person's day")
        verbose_name_plural = _("usage of people by day")
        constraints = (models.UniqueConstraint(fields=("person", "day"), name="person_day_unique"),)
        indexes = (
            # who used most: the sums are in the index, so that no row is read
            models.Index(
                fields=(
                    "bot_id",
                    "day",
                    "person",
                    "money",
                    "calls",
                    "prompt_tokens",
                    "completion_tokens",
                ),
                name="person_day_sums",
            ),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.person_id}"
