"""People and their identities on the platforms."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from bots.models.bot import Bot


def new_person_key() -> str:
    return secrets.token_hex(8)


class PersonQuerySet(models.QuerySet["Person"]):
    def for_bot(self, bot: Bot | int) -> PersonQuerySet:
        return self.filter(bot=bot)


class Person(models.Model):
    """One human as one bot knows them; the scope of all memory."""

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="people", verbose_name=_("bot"))
    key = models.CharField(
        _("id"), max_length=120, default=new_person_key, help_text=_("Used by commands and the API: --person ID")
    )
    display_name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    blocked = models.BooleanField(
        _("blocked"), default=False, help_text=_("Messages of a blocked person get no answer.")
    )
    created_at = models.DateTimeField(_("first seen"), default=timezone.now)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        ordering = ("-last_seen_at", "-id")
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = (models.UniqueConstraint(fields=("bot", "key"), name="person_bot_key_unique"),)
        indexes = (
            # admin and API list: the people of a bot, latest first
            models.Index(fields=("bot", "-last_seen_at"), name="person_bot_seen"),
        )

    def __str__(self) -> str:
        return self.display_name or self.key


class IdentityQuerySet(models.QuerySet["Identity"]):
    def for_bot(self, bot: Bot | int) -> IdentityQuerySet:
        return self.filter(person__bot=bot)

    def for_person(self, person: Person | int) -> IdentityQuerySet:
        return self.filter(person=person)


class Identity(models.Model):
    """A person's account on one channel."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities", verbose_name=_("person"))
    channel = models.ForeignKey(
        "bots.Channel", on_delete=models.CASCADE, related_name="identities", verbose_name=_("channel")
    )
    external_id = models.CharField(_("platform id"), max_length=191)
    alt_id = models.CharField(_("alternative id"), max_length=191, blank=True)
    user_name = models.CharField(_("name there"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        ordering = ("person", "id")
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = (
            # also the look-up of every inbound message: who is this account?
            models.UniqueConstraint(fields=("channel", "external_id"), name="identity_channel_external_unique"),
        )

    def __str__(self) -> str:
        return f"{self.external_id} @ {self.channel}"
