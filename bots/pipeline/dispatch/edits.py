"""Applies edits and deletions of a message to its row and its memories.

They get no reply, except an edit that adds the bot's mention to a message in a group: that is a turn, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils.translation import get_language

from adapters.events import Event, EventKind
from bots.models import Channel, InboundEvent, Message, ReceivedFile
from bots.models.lengths import ID_LENGTH
from bots.people import references
from bots.pipeline import inbox, memory_outbox
from bots.pipeline.dispatch import earlier_messages, gathering, spoken_words, turns

KINDS = frozenset({"edit", "delete"})


def apply(row: InboundEvent, channel: Channel, event: Event) -> None:
    """Edits or deletes the message that the event names, in any conversation of its chat."""
    event = references.named(channel, event)
    with transaction.atomic():
        messages = list(_target(channel, event))
        inbox.finish(row, conversation_id=messages[0].conversation_id if messages else None)
        if not messages:
            _apply_without_turn(channel, event)
        for message in messages:
            if _change_part(message, event):
                continue
            if event.kind == "delete":
                _delete(message)
            else:
                _reword(message, _new_text(event, message, {}))


def _apply_without_turn(channel: Channel, event: Event) -> None:
    """Edits or deletes the log's copy of a group message that got no turn, because another message may quote it."""
    row = earlier_messages.without_turn(channel, event.chat_id or "", event.target_message_id or event.message_id or "")
    if row is None:
        return
    if event.kind == "delete":
        _strip_contents(row.pk)
        return
    row.payload = row.payload | {"text": event.text}
    row.save(update_fields=["payload"])


def _new_text(event: Event, message: Message, payload: Mapping[str, Any]) -> str:
    """Returns the text of the message after the edit. What was heard in its recordings stays in it."""
    author = message.person
    if message.inbound_id is not None and (Message.HEARD in message.meta):
        heard = spoken_words.heard_in(ReceivedFile.objects.filter(inbound=message.inbound_id))
        event = spoken_words.with_words(event, payload, heard)
    return turns.stored_text(event, author.language if author is not None and author.language else get_language())


def as_message(channel: Channel, event: Event) -> Event | None:
    """Returns the edited message as a new one if the edit addresses the bot in a group and no earlier text did."""
    if event.kind != "edit" or event.chat_type == "private" or not (event.mentions_bot or event.command):
        return None
    if any(_was_for_the_bot(message) for message in _target(channel, event)):
        return None
    return replace(event, kind=EventKind.MESSAGE, message_id=_named(event), target_message_id=None)


def _was_for_the_bot(message: Message) -> bool:
    if _payload(message).get("mentions_bot"):
        return True
    answered = Message.objects.filter(inbound=message.inbound_id).exclude(role=Message.Role.USER)
    return message.inbound_id is not None and answered.exists()


def forget_former(channel: Channel, event: Event) -> None:
    """Deletes the message as it was overheard before the edit; the turn stores its new text. Idempotent."""
    with transaction.atomic():
        for message in _target(channel, event):
            _delete(message)


def _reword(message: Message, text: str) -> None:
    if message.text != text:
        memory_outbox.correct(message.conversation, message, text)
        Message.objects.filter(pk=message.pk).update(text=text)


def _named(event: Event) -> str:
    return event.target_message_id or event.message_id or ""


def _target(channel: Channel, event: Event) -> Sequence[Message]:
    """Returns the person's message with the platform's id, or the one with such a part; never one of the bot's."""
    message_id = _named(event)
    if not message_id:
        return ()
    said = Message.objects.select_related("conversation", "inbound", "person").filter(
        conversation__channel=channel,
        conversation__chat_id=(event.chat_id or event.user_id or "")[:ID_LENGTH],
        role=Message.Role.USER,
    )
    found = list(said.filter(platform_message_id=message_id[:ID_LENGTH]))
    return found or [one for one in earlier_messages.of_several(said) if gathering.has(_payload(one), message_id)]


def _payload(message: Message) -> Mapping[str, Any]:
    return message.inbound.payload if message.inbound is not None else {}


def _change_part(message: Message, event: Event) -> bool:
    """Edits or deletes one message of a turn of several. Returns False for any other message, and for the last part."""
    text = None if event.kind == "delete" else event.text
    changed = gathering.changed(_payload(message), _named(event), text)
    if changed is None or message.inbound_id is None:
        return False
    files = gathering.files_of(_payload(message), _named(event))
    InboundEvent.objects.filter(pk=message.inbound_id).update(payload=changed)
    if text is None:
        ReceivedFile.objects.filter(inbound=message.inbound_id, position__in=files).delete()
    _reword(message, _new_text(Event.from_dict(changed), message, changed))
    if text is None:
        Message.objects.filter(pk=message.pk).update(attachments=changed.get("attachments", []))
        # The answer may say what was in it.
        answers = Message.objects.filter(inbound=message.inbound_id).exclude(pk=message.pk)
        memory_outbox.erase(message.conversation, list(answers.values_list("pk", flat=True)), None)
        answers.update(forgotten=True)
    return True


def _delete(message: Message) -> None:
    """Deletes the message, its files and the memories of its turn.

    The bot's answer stays stored for the team. The model no longer sees it, because it may repeat the message.
    """
    turn = [message.pk]
    if message.inbound_id is not None:
        of_turn = Message.objects.filter(inbound=message.inbound_id)
        turn += of_turn.values_list("pk", flat=True)
        of_turn.update(forgotten=True)
        ReceivedFile.objects.filter(inbound=message.inbound_id).delete()
        _strip_contents(message.inbound_id)
    memory_outbox.erase(message.conversation, turn, message.inbound_id)
    message.delete()


def _strip_contents(inbound_id: int) -> None:
    row = InboundEvent.objects.get(pk=inbound_id)
    row.strip_contents()
    row.save(update_fields=["payload"])
