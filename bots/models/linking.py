"""One-time codes with which a person links another account of theirs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class LinkCode(models.Model):
    """A person's valid code, stored as a hash, and the person's own wrong tries. One row per person."""

    person = models.OneToOneField(
        "bots.Person", on_delete=models.CASCADE, related_name="link_code", verbose_name=_("person")
    )
    code_hash = models.CharField(_("code (hashed)"), max_length=64, blank=True, editable=False)
    expires_at = models.DateTimeField(_("code valid until"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("wrong tries"), default=0)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("link code")
        verbose_name_plural = _("link codes")
        indexes = (
            # redeeming a code: who owns it?
            models.Index(fields=("code_hash",), name="linkcode_by_hash"),
        )

    def __str__(self) -> str:
        return str(self.person)
