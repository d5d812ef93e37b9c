"""People and their identities on the platforms."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from bots.models import quiet_hours
from bots.models.channel import GroupPolicy
from bots.models.lengths import ID_LENGTH

if TYPE_CHECKING:
    from bots.models.bot import Bot


def new_person_key() -> str:
    return secrets.token_hex(8)


class PersonQuerySet(models.QuerySet["Person"]):
    def update(self, **values: Any) -> int:
        if "display_name" not in values:
            return super().update(**values)
        with transaction.atomic(savepoint=False):
            self._renew_groups()
            return super().update(**values)

    def _renew_groups(self) -> None:
        """Renews the groups in which these people spoke: there the model sees the names of speakers."""
        conversations: Any = apps.get_model("bots", "Conversation")._default_manager  # that module imports this one
        spoken_in = conversations.open().exclude(chat_type="private")
        said = spoken_in.filter(messages__person__in=self.order_by().values("pk"))
        conversations.filter(pk__in=said.order_by().values("pk")).renew()

    def for_bot(self, bot: Bot | int) -> PersonQuerySet:
        return self.filter(bot=bot)


class Person(models.Model):
    """One human as one bot knows them, or one group; the scope of all memory.

    Messages of a group belong to the group's memory. A group and its members never see each other's memories.
    """

    class Kind(models.TextChoices):
        HUMAN = "human", _("Person")
        GROUP = "group", _("Group")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="people", verbose_name=_("bot"))
    key = models.CharField(
        _("id"), max_length=120, default=new_person_key, help_text=_("Used by commands and the API: --person ID")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.HUMAN, editable=False)
    group_policy = models.CharField(
        _("answers here"),
        max_length=10,
        choices=GroupPolicy.choices,
        blank=True,
        help_text=_("For a group. Empty: as the channel says."),
    )
    display_name = models.CharField(_("name"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=16, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    quiet_hours = models.CharField(
        **quiet_hours.field(_("quiet hours"), _("In the person's time zone. Empty: as the bot says."))
    )
    unsubscribed_at = models.DateTimeField(
        _("wants no broadcasts since"),
        null=True,
        blank=True,
        help_text=_("Whoever wrote “unsubscribe” gets answers and reminders, but no messages to many people."),
    )
    # Something was stopped that the person does not know yet; the next turn says it.
    news = models.BooleanField(default=False, db_default=False, editable=False)
    blocked = models.BooleanField(
        _("blocked"), default=False, help_text=_("Messages of a blocked person get no answer.")
    )
    linked_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="linked",
        verbose_name=_("linked to"),
        help_text=_("Everything of this person is kept with the other one until the link is undone."),
    )
    linked_at = models.DateTimeField(_("linked at"), null=True, blank=True, editable=False)
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
            # admin list of all bots
            models.Index(fields=("-last_seen_at", "-id"), name="person_seen"),
        )

    def save(self, *args: Any, **options: Any) -> None:
        written = options.get("update_fields")
        if self._state.adding or (written is not None and "display_name" not in written):
            super().save(*args, **options)
            return
        with transaction.atomic(savepoint=False):
            Person.objects.filter(pk=self.pk)._renew_groups()
            super().save(*args, **options)

    def __str__(self) -> str:
        return self.display_name or self.key


class IdentityQuerySet(models.QuerySet["Identity"]):
    def for_bot(self, bot: Bot | int) -> IdentityQuerySet:
        return self.filter(person__bot=bot)

    def for_person(self, person: Person | int) -> IdentityQuerySet:
        return self.filter(person=person)


class Identity(models.Model):
    """A person's account on one channel. `access` applies where the channel does not admit everybody."""

    class Access(models.TextChoices):
        UNDECIDED = "", _("undecided")
        WAITING = "waiting", _("waiting for approval")
        APPROVED = "approved", _("approved")
        DENIED = "denied", _("denied")

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities", verbose_name=_("person"))
    channel = models.ForeignKey(
        "bots.Channel", on_delete=models.CASCADE, related_name="identities", verbose_name=_("channel")
    )
    external_id = models.CharField(_("platform id"), max_length=ID_LENGTH)
    # While linked: the previous person of this account, who gets it back when the link is undone.
    home = models.ForeignKey(
        Person,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("own"),
    )
    alt_id = models.CharField(_("alternative id"), max_length=ID_LENGTH, blank=True)
    user_name = models.CharField(_("name there"), max_length=200, blank=True)
    access = models.CharField(_("access"), max_length=8, choices=Access.choices, default=Access.UNDECIDED, blank=True)
    pairing_code = models.CharField(_("pairing code"), max_length=8, blank=True, editable=False)
    pairing_expires_at = models.DateTimeField(_("code valid until"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        ordering = ("person", "id")
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = (
            # also used by the look-up of every inbound message: whose account is this?
            models.UniqueConstraint(fields=("channel", "external_id"), name="identity_channel_external_unique"),
        )

    def __str__(self) -> str:
        return f"{self.external_id} @ {self.channel}"
