"""The values of one turn: what the engine is given and what it answers. The dispatcher writes, not the engine."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings

from adapters.events import Event
from bots.llm.types import Completion
from bots.models import Bot, Channel, Conversation, Identity, Person, ReceivedFile, StateTransition
from bots.people.identities import MessagesVersion
from bots.people.staged_erasure import StagedErasure
from clawdbot.files import File
from memory.types import Scope, Vector
from skills.models import SkillRun


def _never() -> bool:
    return False


def _nothing(*_: object) -> None:
    return None


@dataclass(slots=True)
class Turn:
    """One message of one person to one bot.

    Attributes:
        version: of the conversation's messages, when the turn began.
        group: the group it was written in; None in private.
        identity: the account that wrote.
        client_id: the chat page's own id of the message; "" on other platforms.
        text: what the person wrote, after the platform's mention was taken off.
        files: what came with the message, downloaded.
        language: "zh-hans" or "en": the language to answer in.
        now: aware UTC time of the turn.
        cancelled: True once the person asked to stop.
        on_token: takes each piece of a streamed answer; None where nothing is streamed.
        on_restart: what was streamed is void, the answer begins anew.
        transitions: what the turn does to the dialog, to be written when it is closed.
        erasure: what the reply's `act` has erased, and what is left to do of it after the commit.
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
    files: tuple[ReceivedFile, ...] = ()
    cancelled: Callable[[], bool] = _never
    on_token: Callable[[str], None] | None = None
    on_restart: Callable[[], None] = _nothing
    transitions: list[StateTransition] = field(default_factory=list)
    erasure: StagedErasure | None = None

    @property
    def scope(self) -> Scope:
        """Whose memory the turn reads and writes: the person's, in a group the group's."""
        return Scope(self.bot.pk, (self.group or self.person).pk)

    @property
    def origin_id(self) -> int | None:
        """The linked person whose account wrote; None for the person's own."""
        return self.identity.home_id if self.identity is not None else None

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The person's time zone, else the installation's."""
        try:
            return zoneinfo.ZoneInfo(self.person.time_zone or settings.TIME_ZONE)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            return zoneinfo.ZoneInfo("UTC")

    def move(self, name: str, *args: Any) -> None:
        """Performs a declared transition of the dialog and notes it for the audit.

        Raises:
            django_fsm.TransitionNotAllowed: the state machine does not declare it from here.
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
    """What the bot answers, and what the dispatcher has to do beside sending it.

    Attributes:
        text: neutral markdown; empty with `silent`.
        parts: texts and files in their order, where there are files; `text` is then all that is said in words.
        silent: nothing is sent (a human has taken over, or the group was not talking to the bot).
        remember: whether the turn goes to long-term memory (commands and forms do not).
        remember_answer: whether the answer goes there too: half an answer, or a notice of ours, is nothing to remember.
        new_conversation: the conversation was closed; the next one begins at once.
        act: runs inside the transaction that closes the turn and gives the text of the answer, so that both hold or
            neither; it may change whose turn it is.
        skill_run: how the skill went that gave the answer; not stored yet.
        user_vector: the query's embedding, to be stored with the person's turn.
        user_embedder: label of its maker.
    """

    text: str
    parts: tuple[str | File, ...] = ()
    silent: bool = False
    remember: bool = False
    remember_answer: bool = True
    new_conversation: bool = False
    act: Callable[[], str] | None = None
    skill_run: SkillRun | None = None
    completion: Completion | None = None
    recall_ms: float = 0.0
    user_vector: Vector | None = None
    user_embedder: str = ""
    meta: dict[str, Any] = field(default_factory=dict)
