"""Flows that operators write in the admin."""

from __future__ import annotations

import secrets as random
from typing import Any

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from clawdbot import crypto
from clawdbot.flows import Flow, from_dict

_NAME = RegexValidator(
    r"\A[A-Za-z][A-Za-z0-9_-]{0,59}\Z", _("letters, digits, - and _, and it begins with a letter"), code="flow_name"
)


class FlowDefinition(models.Model):
    """A dialog flow of some bots or of all. Each change of what it does gets the next version number.

    An open flow keeps its values when the version changes: those that still fit are kept, and the rest is asked again.
    """

    name = models.CharField(_("name"), max_length=60, validators=[_NAME], help_text=_("e.g. appointment"))
    enabled = models.BooleanField(_("enabled"), default=True)
    all_bots = models.BooleanField(_("for all bots"), default=False, help_text=_("Off: only for the bots below."))
    bots = models.ManyToManyField("bots.Bot", blank=True, related_name="flows", verbose_name=_("bots"))
    triggers = models.JSONField(
        _("trigger words"), default=list, blank=True, help_text=_('e.g. ["预约", "book an appointment"]')
    )
    # The JSON form of `clawdbot.flows` without name, triggers and version, which have columns.
    definition = models.JSONField(_("steps"), default=dict)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # True when somebody who is no superuser entered an address of a webhook.
    public_only = models.BooleanField(
        _("public addresses only"),
        default=True,
        db_default=True,
        help_text=_("No connection to addresses of a private network."),
    )
    secret_encrypted = models.TextField(_("signing secret"), blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        ordering = ("name", "id")
        verbose_name = _("flow")
        verbose_name_plural = _("flows")
        constraints = (models.UniqueConstraint(fields=("name",), name="flow_name_unique"),)

    def __str__(self) -> str:
        return self.name

    @property
    def secret(self) -> str:
        """The secret that signs what the flow posts to webhooks; "" when there is none.

        Raises:
            clawdbot.crypto.DecryptionError: No key of this installation decrypts it.
        """
        return str(crypto.decrypt_json(self.secret_encrypted).get("secret", "")) if self.secret_encrypted else ""

    @secret.setter
    def secret(self, value: str) -> None:
        self.secret_encrypted = crypto.encrypt_json({"secret": value}) if value else ""

    def flow(self) -> Flow:
        """Returns the flow.

        Raises:
            clawdbot.flows.FlowError: The stored definition is wrong.
        """
        return from_dict(form_of(self.definition, self.name, self.triggers, self.version))


def form_of(definition: Any, name: str, triggers: Any, version: int) -> Any:
    """Returns the JSON form of a flow: the stored definition with what has columns of its own."""
    own = {"name": name, "triggers": list(triggers), "version": version}
    return {**definition, **own} if isinstance(definition, dict) else definition


def new_secret() -> str:
    """Returns a new signing secret: 64 hex digits."""
    return random.token_hex(32)
