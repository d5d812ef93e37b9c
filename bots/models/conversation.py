"""Conversations and their dialog state machine (django-fsm-2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from bots.models.lengths import ID_LENGTH

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_bot(self, bot: Bot | int) -> ConversationQuerySet:
        return self.filter(bot=bot)

    def for_person(self, person: Person | int) -> ConversationQuerySet:
        return self.filter(person=person)

    def open(self) -> ConversationQuerySet:
        return self.filter(closed_at=None)


class Conversation(models.Model):
    """A run of messages in one chat of one channel, until /new closes it. `state` says what the next message means."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        COLLECTING = "collecting", _("Asking for details")
        HUMAN = "human", _("Handed to a human")
        CLOSED = "closed", _("Closed")

    bot = models.ForeignKey("bots.Bot", on_delete=models.CASCADE, related_name="conversations", verbose_name=_("bot"))
    channel = models.ForeignKey(
        "bots.Channel", on_delete=models.CASCADE, related_name="conversations", verbose_name=_("channel")
    )
    person = models.ForeignKey(
        "bots.Person", on_delete=models.CASCADE, related_name="conversations", verbose_name=_("person")
    )
    # While two people are linked: the id of the one this came from, so that the link can be undone. Plain, because
    # the row must not vanish with it.
    origin_id = models.BigIntegerField(null=True, editable=False)
    chat_id = models.CharField(_("chat"), max_length=ID_LENGTH)
    chat_type = models.CharField(_("chat type"), max_length=20, default="private")
    thread_id = models.CharField(_("thread"), max_length=ID_LENGTH, blank=True)
    state = FSMField(_("state"), default=State.ACTIVE, choices=State.choices, protected=True)
    state_data = models.JSONField(_("state data"), default=dict, blank=True)
    summary = models.TextField(_("summary"), blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ("-last_message_at", "-id")
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = (
            # one open conversation per chat; also the look-up of every turn
            models.UniqueConstraint(
                fields=("channel", "chat_id", "thread_id"),
                condition=models.Q(closed_at=None),
                name="conversation_one_open_per_chat",
            ),
        )
        indexes = (
            # admin and API list: the conversations of a bot, latest first
            models.Index(fields=("bot", "-last_message_at"), name="conversation_bot_recent"),
            # dashboard: the few that a human answers
            models.Index(fields=("state", "bot"), name="conversation_state_bot"),
        )

    def __str__(self) -> str:
        return f"{self.person} · {self.channel}"

    @transition(field=state, source=(State.ACTIVE, State.COLLECTING, State.HUMAN), target=State.COLLECTING)
    def ask_details(self, data: dict[str, Any]) -> None:
        """A skill misses slots, or a command asks back: the next messages answer. `data` is the open form.

        A command works while a human answers too, and what it opens takes the conversation back.
        """
        self.state_data = data

    @transition(field=state, source=(State.COLLECTING, State.HUMAN), target=State.ACTIVE)
    def resume(self) -> None:
        """The form is filled or dropped, or the human hands back."""
        self.state_data = {}

    @transition(field=state, source=(State.ACTIVE, State.COLLECTING), target=State.HUMAN)
    def hand_over(self) -> None:
        """A human answers from now on; the bot stays silent."""
        self.state_data = {}

    @transition(field=state, source=(State.ACTIVE, State.COLLECTING, State.HUMAN), target=State.CLOSED)
    def close(self) -> None:
        """The person began anew; the next message opens another conversation."""
        self.state_data = {}
        self.closed_at = timezone.now()


class StateTransition(models.Model):
    """Audit row: one per transition of a conversation."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="transitions", verbose_name=_("conversation")
    )
    name = models.CharField(_("transition"), max_length=40)
    source = models.CharField(_("from"), max_length=20)
    target = models.CharField(_("to"), max_length=20)
    inbound = models.ForeignKey(
        "bots.InboundEvent", on_delete=models.SET_NULL, null=True, blank=True, verbose_name=_("caused by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ("-id",)
        verbose_name = _("state transition")
        verbose_name_plural = _("state transitions")

    def __str__(self) -> str:
        names = dict(Conversation.State.choices)
        return f"{names.get(self.source, self.source)} → {names.get(self.target, self.target)}"
