"""Rebuilds a past turn as the engine takes it: the conversation, the memory and the time as they were.

What cannot be rebuilt is named by a code of `LIMITS`: an open question of a dialog, a summary that was written later,
files that are gone. Name, language, time zone, reminders and what skills keep of a person are those of today.
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from adapters.events import Event, EventKind, Passage
from bots.files.received import QUOTED
from bots.models import Bot, Channel, Conversation, Identity, InboundEvent, Message, Person, ReceivedFile
from bots.models import StateTransition as Transition
from bots.people.identities import MessagesVersion, Speaker, web_facts
from bots.people.reception import Arrival, Standing
from bots.pipeline import engine
from bots.pipeline.dispatch import earlier_messages, turns
from bots.pipeline.engine.past import Past
from bots.pipeline.summaries import SHOWN
from memory.types import RecentTurn
from skills import journal
from skills.models import ToolCall
from skills.tool_types import ToolResult

SUMMARY_LATER, FILES_GONE, QUOTE_GONE, EDITED, EVENT_GONE = "summary", "files", "quote", "edited", "event"
DIALOG, COMMAND, SILENT, DELETED = "dialog", "command", "silent", "deleted"
LIMITS = {
    SUMMARY_LATER: _("The summary of the conversation was written later, so it was left out."),
    FILES_GONE: _("Files of the message are no longer stored, so the model did not see them."),
    QUOTE_GONE: _("The message that it quotes is no longer known."),
    EDITED: _("The person has edited the message since; the new text was answered."),
    EVENT_GONE: _("What the platform sent is no longer stored; only the text was answered."),
    DIALOG: _("It answered an open question of a form or flow, which a replay cannot rebuild."),
    COMMAND: _("A command or the dialog answered it, not a model."),
    SILENT: _("The bot stays silent now."),
    DELETED: _("The message was deleted or forgotten meanwhile."),
}
_HIDDEN = 2000  # later messages of the conversation whose memories are hidden; the time hides the rest


class CannotRepeat(Exception):
    """The turn cannot be repeated; the argument is a code of `LIMITS`."""


def build(bot: Bot, asked: Message, *, live_readers: bool) -> tuple[engine.Turn, list[str]]:
    """Returns the turn of a person's message, and the codes of what could not be as it was. Writes nothing.

    Args:
        bot: The bot, with what is changed against the stored one.
        asked: The message.
        live_readers: Tools that only read may be called when that turn has no result of the same call.

    Raises:
        CannotRepeat: The turn depends on something that is not kept.
    """
    if asked.forgotten:
        raise CannotRepeat(DELETED)
    stored = Conversation.objects.select_related("channel", "person").get(pk=asked.conversation_id)
    answer = Message.objects.filter(inbound=asked.inbound_id, role=Message.Role.ASSISTANT).first()
    if answer is not None and "provider" not in answer.meta and _answers_dialog(asked):
        raise CannotRepeat(DIALOG)
    limits: list[str] = []
    turn = _turn(bot, stored, asked, limits)
    turn.now = asked.occurred_at
    turn.inbound_id = 0
    _complete(turn, stored, asked, limits)
    turn.conversation = _conversation(stored, turn.person if turn.group is None else stored.person, asked, limits)
    turn.past = Past(
        recent=_recent(asked, in_group=turn.group is not None),
        hidden=_hidden(asked),
        recorded=_recorded(asked),
        skill=str(answer.meta.get("skill") or "") if answer is not None else "",
        skill_text=answer.text if answer is not None else "",
        live_readers=live_readers,
    )
    return turn, limits


def of_text(bot: Bot, text: str, earlier: tuple[RecentTurn, ...], *, now: datetime | None = None) -> engine.Turn:
    """Returns the turn of a saved question: of nobody, in a private chat that is not stored."""
    nobody = Person(pk=0, bot=bot, key="evaluation", display_name="")
    channel = Channel(pk=0, bot=bot, platform="web", name="evaluation", public_id="evaluation")
    chat = Conversation(pk=0, bot=bot, channel=channel, person=nobody, chat_id="evaluation", chat_type="private")
    arrival = _arrival(channel, _plain(text), Identity(pk=0, person=nobody, channel=channel), chat, None)
    turn = turns.build(InboundEvent(pk=0), channel, arrival)
    turn.now = now or timezone.now()
    turn.past = Past(recent=earlier[-SHOWN:])
    return turn


def _turn(bot: Bot, stored: Conversation, asked: Message, limits: list[str]) -> engine.Turn:
    channel = stored.channel
    channel.bot = bot
    group = stored.person if stored.person.kind == Person.Kind.GROUP else None
    person = asked.person or stored.person
    row = InboundEvent.objects.filter(pk=asked.inbound_id or 0).first()
    event = _event(row, asked, person.language, limits)
    identity = Identity(pk=0, person=person, channel=channel)
    return turns.build(row or InboundEvent(pk=0), channel, _arrival(channel, event, identity, stored, group))


def _event(row: InboundEvent | None, asked: Message, language: str, limits: list[str]) -> Event:
    """Returns what the platform sent, if the message still has that text; else the text alone."""
    if row is None or ("text" not in row.payload and "attachments" not in row.payload):
        limits.append(EVENT_GONE)
        return _plain(asked.text)
    event = Event.from_dict(row.payload)
    texts = {turns.stored_text(event, known) for known in {language or "en", "en", "zh-hans"}}
    if event.kind == "message" and asked.text not in texts:
        limits.append(EDITED)
        return _plain(asked.text)
    return turns.without_unknown_command(event)


def _plain(text: str) -> Event:
    return Event(kind=EventKind.MESSAGE, dedupe_key="replay", chat_id="", chat_type="private", text=text)


def _arrival(channel: Channel, event: Event, identity: Identity, chat: Conversation, group: Person | None) -> Arrival:
    speaker = Speaker(identity, chat, MessagesVersion(chat.last_message_at, None), group)
    return Arrival(event, speaker, web_facts(channel, event), Standing.ADDRESSED)


def _complete(turn: engine.Turn, stored: Conversation, asked: Message, limits: list[str]) -> None:
    """Adds stored files and the quoted message. Asks no platform."""
    files = list(ReceivedFile.objects.filter(inbound=asked.inbound_id).order_by("position")) if asked.inbound_id else []
    there = [one for one in files if not one.stored or one.file.storage.exists(str(one.file.name))]
    if len(there) < len(files):
        limits.append(FILES_GONE)
    turn.files = tuple(one for one in there if one.position < QUOTED)
    told = turn.event.quote or Passage()
    named = [one for one in dict.fromkeys((turn.event.reply_to or "", told.message_id)) if one]
    if not named and not told.has_content:
        return
    turn.conversation = stored
    found = next((one for name in named if (one := earlier_messages.find(turn, name)) is not None), None)
    turn.quote = told if told.has_content else found.passage if found is not None else None
    if found is not None:
        turn.quoted_files = found.files
    if turn.quote is None:
        turn.quote_unseen = True
        limits.append(QUOTE_GONE)


def _conversation(stored: Conversation, person: Person, asked: Message, limits: list[str]) -> Conversation:
    """Returns a conversation that is not stored, as it was: nothing open, with its summary if that is old enough."""
    summary = stored.summary
    if stored.summary_through is not None and stored.summary_through >= asked.pk:
        summary = ""
        limits.append(SUMMARY_LATER)
    return Conversation(
        pk=0,
        bot=stored.bot,
        channel=stored.channel,
        person=person,
        chat_id=stored.chat_id,
        chat_type=stored.chat_type,
        thread_id=stored.thread_id,
        summary=summary,
        started_at=stored.started_at,
    )


def _answers_dialog(asked: Message) -> bool:
    """Returns whether something was open when the message came."""
    before = Q(inbound__lt=asked.inbound_id) if asked.inbound_id else Q(pk__in=())
    before |= Q(inbound=None, at__lt=asked.occurred_at)
    moves = Transition.objects.filter(before, conversation=asked.conversation_id).order_by("-pk")
    return moves.values_list("target", flat=True).first() == Conversation.State.COLLECTING


def _recent(asked: Message, *, in_group: bool) -> tuple[RecentTurn, ...]:
    rows = Message.objects.filter(conversation=asked.conversation_id, pk__lt=asked.pk, forgotten=False)
    latest = rows.select_related("person").order_by("-pk")[: 2 * SHOWN]
    shown = [one for one in latest if Message.REFUSED not in one.meta and Message.ASIDE not in one.meta][:SHOWN]
    return tuple(
        RecentTurn(one.pk, one.conversation_id, one.role, _speaker(one) if in_group else "", one.text)
        for one in reversed(shown)
    )


def _speaker(said: Message) -> str:
    return said.person.display_name if said.role == Message.Role.USER and said.person is not None else ""


def _hidden(asked: Message) -> tuple[int, ...]:
    rows = Message.objects.filter(conversation=asked.conversation_id, pk__gte=asked.pk).order_by("pk")
    return tuple(rows.values_list("pk", flat=True)[:_HIDDEN])


def _recorded(asked: Message) -> dict[tuple[str, str], list[ToolResult]]:
    ended = (ToolCall.State.DONE, ToolCall.State.FAILED)
    found: dict[tuple[str, str], list[ToolResult]] = {}
    for row in ToolCall.objects.of_event(asked.inbound_id).filter(state__in=ended):
        found.setdefault((row.tool, row.arguments_hash), []).append(journal.stored(row))
    return found
