"""Who may talk to a bot, and when it answers in a group: decided here, from the channel's and the group's settings."""

from __future__ import annotations

from adapters.events import Event
from bots.models import Channel, Identity, OutboundMessage, Person
from bots.models.channel import GroupPolicy, StrangerPolicy
from bots.models.lengths import ID_LENGTH


def is_admitted(channel: Channel, identity: Identity) -> bool:
    """Whether the bot listens to this account at all."""
    if identity.access == Identity.Access.DENIED:
        return False
    if channel.stranger_policy == StrangerPolicy.OPEN or identity.access == Identity.Access.APPROVED:
        return True
    return identity.external_id in channel.allow_list or (identity.alt_id or None) in channel.allow_list


def wants_pairing(channel: Channel, identity: Identity) -> bool:
    """Whether somebody who is not admitted gets a code to show to the operator; else silence is the answer."""
    return channel.stranger_policy == StrangerPolicy.PAIRING and identity.access != Identity.Access.DENIED


def group_policy(channel: Channel, group: Person) -> str:
    """What holds in this group: its own setting, else the channel's."""
    return group.group_policy or channel.group_policy


def is_addressed(channel: Channel, group: Person | None, event: Event) -> bool:
    """Whether the bot is to answer: always in private, in a group as its policy says."""
    if group is None:
        return True
    policy = group_policy(channel, group)
    if policy == GroupPolicy.OFF:
        return False
    if policy == GroupPolicy.ALL or event.mentions_bot or event.command or event.kind == "action":
        return True
    return _answers_the_bot(channel, event)


def _answers_the_bot(channel: Channel, event: Event) -> bool:
    """Whether the message answers one of the bot's, where the platform tells which one and not whose it is."""
    if not event.reply_to:
        return False
    chat = {"conversation__channel": channel, "conversation__chat_id": (event.chat_id or "")[:ID_LENGTH]}
    return OutboundMessage.objects.filter(**chat, platform_message_id=event.reply_to).exists()


def overhears(channel: Channel, group: Person | None, event: Event) -> bool:
    """Whether words that were not meant for the bot are remembered, for the group alone."""
    if group is None or not event.text.strip() or event.kind != "message":
        return False
    return channel.group_memory and group_policy(channel, group) != GroupPolicy.OFF
