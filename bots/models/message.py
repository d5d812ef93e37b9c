"""The messages of conversations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.models.conversation import Conversation
from bots.models.lengths import ID_LENGTH

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


# Fields that the model's view of a message depends on.
_SHOWN = frozenset({"conversation", "conversation_id", "person", "person_id", "role", "text", "forgotten"})


class MessageQuerySet(models.QuerySet["Message"]):
    """Renews the conversations of the messages it changes, so that no process uses stale messages."""

    def update(self, **values: Any) -> int:
        if _SHOWN.isdisjoint(values):
            return super().update(**values)
        with transaction.atomic(savepoint=False):
            self._renew()
            return super().update(**values)

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic(savepoint=False):
            self._renew()
            return super().delete()

    delete.queryset_only = True  # type: ignore[attr-defined]  # as Django keeps it off the manager

    def _renew(self) -> None:
        mine = Conversation.objects.filter(pk__in=self.order_by().values("conversation_id"))
        mine.empty_summaries()
        mine.open().renew()

    def for_bot(self, bot: Bot | int) -> MessageQuerySet:
        return self.filter(conversation__bot=bot)

    def for_person(self, person: Person | int) -> MessageQuerySet:
        return self.filter(conversation__person=person)


class Message(models.Model):
    """One message of a conversation."""

    class Role(models.TextChoices):
        USER = "user", _("Person")
        ASSISTANT = "assistant", _("Bot")
        OPERATOR = "operator", _("Operator")

    BUILT_IN = "built-in"  # `meta["provider"]` of an answer without a model

    ACTIONS = "actions"  # key of `meta`: buttons that say something else than they show, as {"text", "data"}
    BUTTONS = "buttons"  # key of `meta`: the texts of the buttons under an answer

    # Keys of `meta` whose value is true:
    REFUSED = "refused"  # a message that the model refused, and the notice: no prompt holds them
    UNANSWERED = "unanswered"  # a message that no model answered; /retry answers it
    FAILED = "failed"  # what the bot said in place of an answer
    OUTAGE = "outage"  # the same, because no model answered
    HINTED = "hinted"  # an answer without a model that says how a model is connected: once in a conversation
    HEARD = "heard"  # its words, or some of them, were said in a recording
    ASIDE = "aside"  # a notice about the answer, not part of the talk: no prompt holds it

    conversation = models.ForeignKey(
        "bots.Conversation",
        on_delete=models.CASCADE,
        related_name="messages",
        verbose_name=_("conversation"),
        db_index=False,  # message_conversation_recent begins with it
    )
    person = models.ForeignKey(
        "bots.Person",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("person"),
    )
    origin_id = models.BigIntegerField(null=True, editable=False)  # as Conversation.origin_id
    inbound = models.ForeignKey(
        "bots.InboundEvent",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="messages",
        verbose_name=_("inbound event"),
        db_index=False,  # the unique constraint begins with it
    )
    role = models.CharField(_("role"), max_length=10, choices=Role.choices)
    text = models.TextField(_("text"), blank=True)
    attachments = models.JSONField(_("attachments"), default=list, blank=True)
    platform_message_id = models.CharField(_("platform message id"), max_length=ID_LENGTH, blank=True)
    client_id = models.CharField(_("client id"), max_length=64, blank=True)
    meta = models.JSONField(_("details"), default=dict, blank=True)
    occurred_at = models.DateTimeField(_("at"), default=timezone.now)
    # Its memory was erased: the model and the chat page no longer see the message, the team's transcript keeps it.
    forgotten = models.BooleanField(_("forgotten"), default=False, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            # no second answer to one event
            models.UniqueConstraint(fields=("inbound", "role"), name="message_one_per_inbound_and_role"),
        )
        indexes = (
            # recent turns of a conversation: prompt, chat history, transcript
            models.Index(fields=("conversation", "-id"), name="message_conversation_recent"),
            # a message that another one quotes, edits or deletes
            models.Index(fields=("platform_message_id",), name="message_platform_id"),
        )

    def save(self, *args: Any, **options: Any) -> None:
        """Saves the message and renews its conversation.

        Turns insert with `sql.insert` instead: turns of a chat run one after the other and need no renewal.
        """
        with transaction.atomic(savepoint=False):
            super().save(*args, **options)
            Conversation.objects.filter(pk=self.conversation_id).renew(self.occurred_at)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        with transaction.atomic(savepoint=False):
            mine = Conversation.objects.filter(pk=self.conversation_id)
            mine.empty_summaries()
            mine.renew()
            return super().delete(*args, **options)

    def __str__(self) -> str:
        return self.get_role_display() + gettext(": ") + self.text[:60]
