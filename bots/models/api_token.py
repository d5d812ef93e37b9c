"""Keys of the API: a digest of each, never the key."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ApiToken(models.Model):
    """The key with which a user calls the API; one for each user.

    The key itself is shown once, when it is made. It is random with more than 128 bits, so that a digest without salt
    reveals nothing about it and finds its row in one step.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_token", verbose_name=_("user")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    created = models.DateTimeField(_("made at"), default=timezone.now, editable=False)

    class Meta:
        ordering = ("-created",)
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        return str(_("token of %(user)s") % {"user": self.user})
