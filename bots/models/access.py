"""Roles of users on bots, for the API and the admin."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class BotAccess(models.Model):
    """A user's role on one bot; superusers need none."""

    class Role(models.TextChoices):
        VIEWER = "viewer", _("Viewer: read")
        OPERATOR = "operator", _("Operator: read, send messages, delete memories")
        MANAGER = "manager", _("Manager: everything of this bot")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="bot_access", verbose_name=_("user")
    )
    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="access", verbose_name=_("bot"))
    role = models.CharField(_("role"), max_length=10, choices=Role.choices, default=Role.VIEWER)
    # Permissions that the user got with this role: a later version gives only those that are new then.
    given = models.JSONField(default=list, db_default=models.Value([], models.JSONField()), blank=True, editable=False)

    class Meta:
        ordering = ("bot", "user")
        verbose_name = _("bot access")
        verbose_name_plural = _("bot access")
        constraints = (models.UniqueConstraint(fields=("user", "bot"), name="botaccess_user_bot_unique"),)

    def __str__(self) -> str:
        return f"{self.user} · {self.bot} · {self.role}"
