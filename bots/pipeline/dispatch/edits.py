"""What a person says otherwise, or takes back, on the platform: record and memory follow, and nobody is answered."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet

from adapters.events import Event
from bots.models import Channel, InboundEvent, Message, ReceivedFile
from bots.models.lengths import ID_LENGTH
from bots.pipeline import inbox, memory_outbox

KINDS = frozenset({"edit", "delete"})
_CONTENTS = frozenset({"text", "attachments", "args", "data"})  # of an event


def apply(row: InboundEvent, channel: Channel, event: Event) -> None:
    """Changes or removes the message that the event is about, in whichever conversation of its chat it was said."""
    with transaction.atomic():
        said = list(_said(channel, event))
        inbox.finish(row, conversation_id=said[0].conversation_id if said else None)
        for message in said:
            if event.kind == "delete":
                _take_back(message)
            elif message.text != event.text:
                memory_outbox.correct(message.conversation, message, event.text)
                Message.objects.filter(pk=message.pk).update(text=event.text)


def _said(channel: Channel, event: Event) -> QuerySet[Message]:
    """The person's message with the platform's id; never one of the bot's."""
    message_id = event.target_message_id or event.message_id
    if not message_id:
        return Message.objects.none()
    chat_id = (event.chat_id or event.user_id or "")[:ID_LENGTH]
    return Message.objects.select_related("conversation").filter(
        conversation__channel=channel,
        conversation__chat_id=chat_id,
        role=Message.Role.USER,
        platform_message_id=message_id[:ID_LENGTH],
    )


def _take_back(message: Message) -> None:
    """Removes the message, its files, and what was remembered of the turn; the answer it got stays on record."""
    turn = [message.pk]
    if message.inbound_id is not None:
        turn += Message.objects.filter(inbound=message.inbound_id).values_list("pk", flat=True)
        ReceivedFile.objects.filter(inbound=message.inbound_id).delete()
        _blank(message.inbound_id)
    memory_outbox.erase(message.conversation, turn, message.inbound_id)
    message.delete()


def _blank(inbound_id: int) -> None:
    """The log keeps that something came and when, not what."""
    row = InboundEvent.objects.get(pk=inbound_id)
    row.payload = {name: value for name, value in row.payload.items() if name not in _CONTENTS}
    row.save(update_fields=["payload"])
