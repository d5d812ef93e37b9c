"""The input and output of the engine for one turn. The dispatcher writes, not the engine."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from adapters.events import Event, Passage
from bots.limits.payments import Payments
from bots.limits.rules import Owners
from bots.llm.types import Completion
from bots.models import Bot, Channel, Conversation, Identity, Person, ReceivedFile, StateTransition
from bots.models.file import StoredFile
from bots.people.identities import MessagesVersion
from bots.people.staged_erasure import StagedErasure
from bots.pipeline.engine.past import Past
from clawdbot.files import File
from clawdbot.reasons import Why
from memory.types import Scope, Vector
from memory.types import Turn as MemoryTurn
from skills.models import SkillRun


def _never() -> bool:
    return False


class NoSlot(Exception):
    """All slots of this process for turns with a model are taken; the turn waits in the queue."""


def _no_words() -> str:
    return ""


def _nothing(*_: object) -> None:
    return None


@dataclass(slots=True)
class Turn:
    """One message of one person to one bot.

    Attributes:
        version: Version of the conversation's messages when the turn began.
        group: The group it was written in; None in a private chat.
        identity: The account that wrote.
        client_id: The chat page's own id of the message; "" on other platforms.
        text: The person's own words, without the mention of the bot and without words of others.
        forwards: Messages of others that the person forwards.
        passed_on: The words of `forwards`, as they are stored and remembered.
        quote: The message that this one answers; None when there is none, or when it is not known.
        quote_unseen: This message answers one that is not known.
        files: The downloaded files of the message.
        quoted_files: The downloaded files of the quoted message.
        language: "zh-hans" or "en": the language to answer in.
        now: Time of the turn, aware, UTC.
        staff: The person is of the team: the answer may say how to set up the product.
        stopped: The person asked to stop before the turn began.
        cancelled: Returns True once the person asked to stop, or once a message came that joins this turn.
        calling: Tools are being called: a message that joins the turn does not cancel them.
        take_more: Takes the messages that came meanwhile into this turn. Returns their text, "" when there is none.
        in_outage: This process knows of an outage of the models.
        may_wait: Returns whether the turn may wait for a model to come back.
        take_slot: Takes a slot for work with a model; raises `NoSlot` when none is free.
        on_token: Called with each piece of a streamed answer; None where nothing is streamed.
        on_progress: Called with a short text about what a slow skill or tool is doing.
        on_restart: Called when the streamed text is void and the answer restarts.
        window_full: The prompt shows as many messages of the conversation as it may; older ones leave it.
        repeats: Ids of the events whose unanswered messages are the text of this turn.
        repeated_messages: Ids of these messages.
        transitions: Transitions of the dialog, to be written when the turn is closed.
        erasure: What the reply's `act` has erased, and what remains to be erased after the commit.
        made_calls: Keys of the tool calls that were made in this try of the turn.
        heard: Words of the message were said in a recording.
        listen: Listens to the recordings among the files of a turn that repeats earlier messages.
        pressed: Which button of a question was pressed; "" for a message in words.
        is_first_try: No earlier try of this turn can have called a tool.
        goes_on: Id of the event whose tool calls this turn goes on with, after a yes or a no.
        staged: Writes of skills and tools; the transaction that closes the turn runs them in order.
        payments: What calls of models owe, settled with `staged`; None: each call is settled at once.
        memories: What skills remember of the person, stored with the turn.
        begin_flow: Starts a flow (its key, the known values) in this turn, for the tools of flows; set with the tools.
        services: What the services of skills keep during the turn, by name.
        past: Set when a past turn is answered again to compare answers; nothing is written then.
    """

    bot: Bot
    channel: Channel
    person: Person
    conversation: Conversation
    version: MessagesVersion
    event: Event
    inbound_id: int
    text: str
    language: str
    now: datetime
    client_id: str = ""
    group: Person | None = None
    identity: Identity | None = None
    forwards: tuple[Passage, ...] = ()
    passed_on: str = ""
    quote: Passage | None = None
    quote_unseen: bool = False
    files: tuple[ReceivedFile, ...] = ()
    quoted_files: tuple[StoredFile, ...] = ()
    staff: bool = False
    stopped: bool = False
    cancelled: Callable[[], bool] = _never
    calling: bool = False
    take_more: Callable[[], str] = _no_words
    in_outage: bool = False
    may_wait: Callable[[], bool] = _never
    take_slot: Callable[[], None] = _nothing
    on_token: Callable[[str], None] | None = None
    on_restart: Callable[[], None] = _nothing
    on_progress: Callable[[str], None] = _nothing
    window_full: bool = False
    repeats: tuple[int, ...] = ()
    repeated_messages: frozenset[int] = frozenset()
    transitions: list[StateTransition] = field(default_factory=list)
    erasure: StagedErasure | None = None
    staged: list[Callable[[], None]] = field(default_factory=list)
    payments: Payments | None = None
    heard: bool = False
    listen: Callable[[Turn], None] = _nothing
    pressed: str = ""
    is_first_try: bool = False
    goes_on: int | None = None
    made_calls: set[str] = field(default_factory=set)
    memories: list[MemoryTurn] = field(default_factory=list)
    begin_flow: Callable[[str, Mapping[str, Any]], Reply] | None = None
    services: dict[str, Any] = field(default_factory=dict)
    past: Past | None = None

    @property
    def whole_text(self) -> str:
        """The person's words and those they forward. A quoted message is stored nowhere else than in its own row."""
        return "\n\n".join(filter(None, (self.text, self.passed_on)))

    @property
    def scope(self) -> Scope:
        """The memory that the turn reads and writes: the group's in a group, else the person's."""
        return Scope(self.bot.pk, (self.group or self.person).pk)

    @property
    def origin_id(self) -> int | None:
        """The linked person whose account wrote; None for the person's own account."""
        return self.identity.home_id if self.identity is not None else None

    @property
    def owners(self) -> Owners:
        """Whose limits hold for the turn: those of the bot alone for a past turn."""
        if self.past is not None:
            return Owners(self.bot.pk)
        return Owners(
            self.bot.pk,
            self.person.pk,
            self.channel.pk,
            self.group.pk if self.group is not None else None,
            self.conversation.pk,
            self.origin_id,
        )

    @property
    def as_of(self) -> datetime | None:
        """The moment whose memories a past turn sees; None for a present one, which sees all."""
        return self.now if self.past is not None else None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The person's time zone, else the installation's."""
        try:
            return zoneinfo.ZoneInfo(self.person.time_zone or settings.TIME_ZONE)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return zoneinfo.ZoneInfo("UTC")

    def move(self, name: str, *args: Any) -> None:
        """Performs a transition of the dialog and keeps it for the audit.

        Raises:
            django_fsm.TransitionNotAllowed: The state machine has no such transition from the present state.
        """
        source = self.conversation.state
        getattr(self.conversation, name)(*args)
        self.transitions.append(
            StateTransition(
                conversation=self.conversation,
                name=name,
                source=source,
                target=self.conversation.state,
                inbound_id=self.inbound_id,
                at=self.now,
            )
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """The bot's answer, and what the dispatcher must write with it.

    Attributes:
        text: Neutral markdown; empty with `silent`.
        parts: Texts and files in order, if there are files; `text` then holds all texts.
        silent: Nothing is sent: a human has taken over, or the group was not talking to the bot.
        remember: Whether the turn goes to long-term memory (commands do not).
        remember_question: Whether the person's message goes there. A request to repeat another message does not.
        remember_answer: Whether the answer goes there too. Partial answers, notices and what a skill says do not.
        failure: Why the message stays unanswered; "" when it does not. The event becomes a dead letter.
        settles: Ids of events that were dead letters and are answered by this reply.
        new_conversation: The conversation was closed; open the next one at once.
        carries_summary: The next one begins with a summary of the closed one.
        act: Runs inside the transaction that closes the turn and returns the text of the answer, so that the act and
            its answer are committed together. It may change the turn's person.
        skill_run: The run of the skill that gave the answer; not stored yet.
        user_vector: Embedding of the question, to be stored with the person's message.
        user_embedder: Label of the embedder that made it.
    """

    text: str
    parts: tuple[str | File, ...] = ()
    silent: bool = False
    remember: bool = False
    remember_question: bool = True
    remember_answer: bool = True
    failure: Why = ""
    settles: tuple[int, ...] = ()
    new_conversation: bool = False
    carries_summary: bool = False
    act: Callable[[], str] | None = None
    skill_run: SkillRun | None = None
    completion: Completion | None = None
    recall_ms: float = 0.0
    user_vector: Vector | None = None
    user_embedder: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
