"""Applies edits and deletions of a message to its row and its memories. Sends no reply."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import get_language

from adapters.events import Event
from bots.models import Channel, InboundEvent, Message, ReceivedFile
from bots.models.lengths import ID_LENGTH
from bots.pipeline import inbox, memory_outbox
from bots.pipeline.dispatch import earlier_messages, turns

KINDS = frozenset({"edit", "delete"})


def apply(row: InboundEvent, channel: Channel, event: Event) -> None:
    """Edits or deletes the message that the event names, in any conversation of its chat."""
    with transaction.atomic():
        messages = list(_target(channel, event))
        inbox.finish(row, conversation_id=messages[0].conversation_id if messages else None)
        if not messages:
            _apply_without_turn(channel, event)
        for message in messages:
            if event.kind == "delete":
                _delete(message)
            elif message.text != (text := _new_text(event, message)):
                memory_outbox.correct(message.conversation, message, text)
                Message.objects.filter(pk=message.pk).update(text=text)


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


def _new_text(event: Event, message: Message) -> str:
    author = message.person
    return turns.stored_text(event, author.language if author is not None and author.language else get_language())


def _target(channel: Channel, event: Event) -> QuerySet[Message]:
    """Returns the person's message with the platform's id; never one of the bot's."""
    message_id = event.target_message_id or event.message_id
    if not message_id:
        return Message.objects.none()
    chat_id = (event.chat_id or event.user_id or "")[:ID_LENGTH]
    return Message.objects.select_related("conversation", "person").filter(
        conversation__channel=channel,
        conversation__chat_id=chat_id,
        role=Message.Role.USER,
        platform_message_id=message_id[:ID_LENGTH],
    )


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
