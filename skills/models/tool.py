"""What an operator decides about one tool of one bot, and whether it is switched off because it fails."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from skills.models.skill import ERROR_LENGTH

NAME_LENGTH = 64


class BotToolQuerySet(models.QuerySet["BotTool"]):
    def for_bot(self, bot: Any) -> BotToolQuerySet:
        return self.filter(bot=bot)

    def paused(self, now: Any) -> BotToolQuerySet:
        """Selects tools that are switched off because they kept failing. `now` is aware."""
        return self.filter(paused_until__gt=now)


class BotTool(models.Model):
    """Settings of one tool for one bot. A tool without a row has the defaults of its effects."""

    class Audience(models.TextChoices):
        USUAL = "", _("By its effects")
        EVERYONE = "everyone", _("Everyone, also in groups")
        PRIVATE = "private", _("Private chats only")
        STAFF = "staff", _("The team only")

    class Approval(models.TextChoices):
        USUAL = "", _("By its effects")
        NEVER = "never", _("Never ask")
        PERSON = "person", _("Ask the person before each call")
        OPERATOR = "operator", _("Ask an operator before each call")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="bot_tools", verbose_name=_("bot"))
    tool = models.CharField(_("tool"), max_length=NAME_LENGTH, help_text=_("Its name, as in the list of tool calls."))
    enabled = models.BooleanField(_("enabled"), default=True)
    audience = models.CharField(
        _("who may use it"), max_length=10, choices=Audience.choices, default=Audience.USUAL, blank=True
    )
    approval = models.CharField(
        _("approval"), max_length=10, choices=Approval.choices, default=Approval.USUAL, blank=True
    )
    # Set when the tool failed several times in a row: until then the model is not offered it.
    paused_until = models.DateTimeField(_("switched off until"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=ERROR_LENGTH, blank=True, editable=False)

    objects = BotToolQuerySet.as_manager()

    class Meta:
        ordering = ("bot", "tool")
        verbose_name = _("tool of a bot")
        verbose_name_plural = _("tools of bots")
        constraints = (models.UniqueConstraint(fields=("bot", "tool"), name="bottool_bot_tool_unique"),)

    def __str__(self) -> str:
        return f"{self.bot} · {self.tool}"
