"""Channels: the platform accounts through which people reach a bot."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.lengths import CODE_LENGTH, ERROR_LENGTH
from clawdbot import crypto

if TYPE_CHECKING:
    from bots.models.bot import Bot


def new_public_id() -> str:
    return secrets.token_hex(8)


class ChannelQuerySet(models.QuerySet["Channel"]):
    def for_bot(self, bot: Bot | int) -> ChannelQuerySet:
        return self.filter(bot=bot)

    def reachable(self) -> ChannelQuerySet:
        """Channels that take messages: they and their bot are enabled."""
        return self.filter(enabled=True, bot__enabled=True)


class GroupPolicy(models.TextChoices):
    """When a bot answers in a group."""

    OFF = "off", _("never")
    MENTION = "mention", _("when it is mentioned or answered")
    ALL = "all", _("every message")


class StrangerPolicy(models.TextChoices):
    """Who may talk to a bot."""

    OPEN = "open", _("everybody")
    PAIRING = "pairing", _("people with an approved pairing code")
    ALLOW_LIST = "allow_list", _("people on the list")


class Channel(models.Model):
    """A platform account of a bot. Credentials are stored encrypted and never shown."""

    SIMULATOR = "Simulator"  # the name of a channel of `manage.py simulate`

    public_id = models.CharField(_("id"), max_length=32, default=new_public_id, editable=False)
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="channels", verbose_name=_("bot"))
    platform = models.CharField(_("platform"), max_length=20)
    name = models.CharField(_("name"), max_length=100, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)
    credentials_encrypted = models.TextField(_("credentials"), blank=True, editable=False)
    # True when somebody who is no superuser entered an address.
    public_only = models.BooleanField(
        _("public addresses only"),
        default=False,
        db_default=False,
        help_text=_("No connection to addresses of a private network."),
    )
    flood_per_minute = models.PositiveIntegerField(
        _("messages per minute"), null=True, blank=True, help_text=_("Above it senders get 429. Empty: configuration.")
    )
    group_policy = models.CharField(
        _("answers in groups"), max_length=10, choices=GroupPolicy.choices, default=GroupPolicy.MENTION
    )
    group_memory = models.BooleanField(
        _("listens in groups"),
        default=True,
        help_text=_("Remembers, for the group alone, also what is not said to the bot."),
    )
    stranger_policy = models.CharField(
        _("who may write"), max_length=12, choices=StrangerPolicy.choices, default=StrangerPolicy.OPEN
    )
    allow_list = models.JSONField(
        _("allowed people"), default=list, blank=True, help_text=_("Ids of the platform, one a line.")
    )
    stream_replies = models.BooleanField(
        _("shows answers while they are written"),
        default=False,
        help_text=_("Where the platform can change sent messages. Answers of a second or less are sent whole."),
    )
    poll_offset = models.CharField(_("poll offset"), max_length=64, blank=True, editable=False)
    poll_account = models.CharField(max_length=64, blank=True, editable=False)  # whose offset it is (`intake.polling`)
    last_event_at = models.DateTimeField(_("last event"), null=True, blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True, editable=False)
    last_error_code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    last_error_params = models.JSONField(default=dict, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        ordering = ("bot", "platform", "id")
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = (models.UniqueConstraint(fields=("public_id",), name="channel_public_id_unique"),)
        indexes = (
            # POST /api/webhook without an id: the channels of a platform, whose secrets are tried in turn
            models.Index(fields=("platform", "enabled"), name="channel_by_platform"),
        )

    def __str__(self) -> str:
        return self.name or f"{self.platform} {self.public_id}"

    @property
    def credentials(self) -> dict[str, Any]:
        return crypto.decrypt_json(self.credentials_encrypted) if self.credentials_encrypted else {}

    @credentials.setter
    def credentials(self, value: dict[str, Any]) -> None:
        self.credentials_encrypted = crypto.encrypt_json(value) if value else ""

    @property
    def webhook_path(self) -> str:
        return f"/api/webhook/{self.public_id}"
