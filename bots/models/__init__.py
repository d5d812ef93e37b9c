"""Everything the bots app stores. One module per concern; import from here."""

from bots.models.access import BotAccess
from bots.models.bot import Bot
from bots.models.channel import Channel
from bots.models.conversation import Conversation, StateTransition
from bots.models.message import Message
from bots.models.person import Identity, Person
from bots.models.provider import ModelProvider, TurnUsage
from bots.models.queue import InboundEvent, OutboundMessage, Worker

__all__ = [
    "Bot",
    "BotAccess",
    "Channel",
    "Conversation",
    "Identity",
    "InboundEvent",
    "Message",
    "ModelProvider",
    "OutboundMessage",
    "Person",
    "StateTransition",
    "TurnUsage",
    "Worker",
]
