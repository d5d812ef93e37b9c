"""Conversations and their dialog state machine (django-fsm-2)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, models
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_fsm import FSMField, transition

from bots.models.lengths import ID_LENGTH

if TYPE_CHECKING:
    from bots.models.bot import Bot
    from bots.models.person import Person


def advanced(at: datetime | None = None) -> Any:
    """Returns an expression for UPDATE: `at`, but at least a microsecond after the present `last_message_at`.

    With `at` None: exactly a microsecond after it.
    """
    later: Any = models.F("last_message_at") + timedelta(microseconds=1)
    return later if at is None else Greatest(models.Value(at), later)


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def for_bot(self, bot: Bot | int) -> ConversationQuerySet:
        return self.filter(bot=bot)

    def for_person(self, person: Person | int) -> ConversationQuerySet:
        return self.filter(person=person)

    def open(self) -> ConversationQuerySet:
        return self.filter(closed_at=None)

    def renew(self, at: datetime | None = None) -> int:
        """Invalidates what processes have cached of these conversations' messages. Returns the number of conversations.

        Every writer of messages but a turn of the same chat must call it in its transaction.

        Args:
            at: Time of a new message; None when no message was added.
        """
        if connection.features.has_select_for_update:
            # A fixed order avoids deadlocks. FOR NO KEY UPDATE does not block turns that insert messages.
            list(self.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        return self.order_by().update(last_message_at=advanced(at))

    def empty_summaries(self) -> None:
        """Empties all summaries of the people of these conversations, because a message was changed or is gone.

        Its words may be in any of them: a conversation begins with the summary of the one before. Those of open
        conversations are written again. A summary that is being written loses its claim.
        """
        people = list(self.order_by().values_list("person_id", flat=True).distinct())
        written = ~models.Q(summary="") | models.Q(summary_due_at__isnull=False)
        Conversation.objects.filter(written, person__in=people).order_by().update(
            summary="",
            summary_through=None,
            summary_due_at=models.Case(models.When(closed_at=None, then=models.Value(timezone.now())), default=None),
        )


class Conversation(models.Model):
    """The messages of one chat until /new closes it. `state` decides what the next message means."""

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
    # While two people are linked: the id of the person the row came from, so that the link can be undone. No foreign
    # key, because the row must outlive that person.
    origin_id = models.BigIntegerField(null=True, editable=False)
    chat_id = models.CharField(_("chat"), max_length=ID_LENGTH)
    chat_type = models.CharField(_("chat type"), max_length=20, default="private")
    thread_id = models.CharField(_("thread"), max_length=ID_LENGTH, blank=True)
    state = FSMField(_("state"), default=State.ACTIVE, choices=State.choices, protected=True)
    state_data = models.JSONField(_("state data"), default=dict, blank=True)
    # What was said before the messages that prompts show: of this conversation, and of the one before it.
    summary = models.TextField(_("summary"), blank=True)
    # The newest message of this conversation that the summary covers.
    summary_through = models.BigIntegerField(null=True, editable=False)
    # When the summary is to be written; null: no need. Whoever writes it moves it into the future, which is the claim.
    summary_due_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    # It only grows. With the id of the newest message it is the version of the conversation's messages: a turn adds
    # messages, every other writer calls `renew`.
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ("-last_message_at", "-id")
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = (
            # one open conversation per chat; also used by the look-up of every turn
            models.UniqueConstraint(
                fields=("channel", "chat_id", "thread_id"),
                condition=models.Q(closed_at=None),
                name="conversation_one_open_per_chat",
            ),
        )
        indexes = (
            # admin and API list: the conversations of a bot, latest first
            models.Index(fields=("bot", "-last_message_at"), name="conversation_bot_recent"),
            # admin list of all bots
            models.Index(fields=("-last_message_at", "-id"), name="conversation_recent"),
            # dashboard: conversations that a human answers
            models.Index(fields=("state", "bot"), name="conversation_state_bot"),
            # summaries that are to be written
            models.Index(
                fields=("summary_due_at",),
                condition=models.Q(summary_due_at__isnull=False),
                name="conversation_summary_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.person} · {self.channel}"

    @transition(field=state, source=(State.ACTIVE, State.COLLECTING, State.HUMAN), target=State.COLLECTING)
    def ask_details(self, data: dict[str, Any]) -> None:
        """Asks the person for something: `data` holds the stack of what is open (`pipeline.engine.dialog.frames`).

        A command also works while a human answers; its question then takes the conversation back from the human.
        """
        self.state_data = data

    @transition(field=state, source=(State.COLLECTING, State.HUMAN), target=State.ACTIVE)
    def resume(self) -> None:
        """Ends all that is open, or hands the conversation back from the human to the bot."""
        self.state_data = {}

    @transition(field=state, source=(State.ACTIVE, State.COLLECTING), target=State.HUMAN)
    def hand_over(self) -> None:
        """Hands the conversation to a human; the bot stays silent from now on."""
        self.state_data = {}

    @transition(field=state, source=(State.ACTIVE, State.COLLECTING, State.HUMAN), target=State.CLOSED)
    def close(self) -> None:
        """Closes the conversation; the next message opens a new one."""
        self.state_data = {}
        self.closed_at = timezone.now()


class StateTransition(models.Model):
    """One transition of a conversation, for the audit."""

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
