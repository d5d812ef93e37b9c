"""Decides who may talk to a bot and when it answers in a group, by the settings of channel and group."""

from __future__ import annotations

from adapters.events import Event
from bots.models import Channel, Identity, OutboundMessage, Person
from bots.models.channel import GroupPolicy, StrangerPolicy
from bots.models.lengths import ID_LENGTH


def is_admitted(channel: Channel, identity: Identity) -> bool:
    """Returns whether the bot accepts messages of this account."""
    if identity.access == Identity.Access.DENIED:
        return False
    if channel.stranger_policy == StrangerPolicy.OPEN or identity.access == Identity.Access.APPROVED:
        return True
    return identity.external_id in channel.allow_list or (identity.alt_id or None) in channel.allow_list


def wants_pairing(channel: Channel, identity: Identity) -> bool:
    """Returns whether somebody who is not admitted gets a code to show to the operator; else the bot stays silent."""
    return channel.stranger_policy == StrangerPolicy.PAIRING and identity.access != Identity.Access.DENIED


def group_policy(channel: Channel, group: Person) -> str:
    """Returns the group's own policy, else the channel's."""
    return group.group_policy or channel.group_policy


def is_addressed(channel: Channel, group: Person | None, event: Event) -> bool:
    """Returns whether the bot answers this event: always in private, in a group by its policy."""
    if group is None:
        return True
    policy = group_policy(channel, group)
    if policy == GroupPolicy.OFF:
        return False
    if policy == GroupPolicy.ALL or event.mentions_bot or event.command or event.kind == "action":
        return True
    return _answers_the_bot(channel, event)


def _answers_the_bot(channel: Channel, event: Event) -> bool:
    """Returns whether the message replies to one of the bot's.

    For platforms that tell the id of the answered message but not its author.
    """
    if not event.reply_to:
        return False
    chat = {"conversation__channel": channel, "conversation__chat_id": (event.chat_id or "")[:ID_LENGTH]}
    return OutboundMessage.objects.filter(**chat, platform_message_id=event.reply_to).exists()


def overhears(channel: Channel, group: Person | None, event: Event) -> bool:
    """Returns whether the group's memory keeps a message that does not address the bot."""
    if group is None or not event.text.strip() or event.kind != "message":
        return False
    return channel.group_memory and group_policy(channel, group) != GroupPolicy.OFF
