"""The models of the bots app, one module per concern. Import them from here."""

from bots.models.access import BotAccess
from bots.models.alarm import Alarm, AlarmNotice, AlarmRule, AlarmTarget
from bots.models.api_token import ApiToken
from bots.models.audit import AuditEntry
from bots.models.backup import BackupRun
from bots.models.bot import Bot
from bots.models.broadcast import Broadcast, BroadcastPerson, Label
from bots.models.channel import Channel
from bots.models.conversation import Conversation, StateTransition
from bots.models.dialog_timer import DialogTimer
from bots.models.evaluation import EvaluationCase, EvaluationSet
from bots.models.file import ReceivedFile, SentFile
from bots.models.health import ChannelHealth, ChannelHour
from bots.models.lease import Lease
from bots.models.linking import LinkCode
from bots.models.message import Message
from bots.models.person import Identity, Person
from bots.models.provider import ModelProvider, TurnUsage
from bots.models.provider_routing import BotProvider, ProviderHour
from bots.models.queue import InboundEvent, OutboundMessage, Worker
from bots.models.replay import ReplayRun, ReplayTurn
from bots.models.retention import RetentionRule
from bots.models.schedule import Occurrence, Schedule
from bots.models.spending import Balance, Limit, OperatorPurpose, OwnerKind, PersonDay, Reservation, Unit, UsageDay
from bots.models.waiting import WaitingMemory

__all__ = [
    "Alarm",
    "AlarmNotice",
    "AlarmRule",
    "AlarmTarget",
    "ApiToken",
    "AuditEntry",
    "BackupRun",
    "Balance",
    "Bot",
    "BotAccess",
    "BotProvider",
    "Broadcast",
    "BroadcastPerson",
    "Channel",
    "ChannelHealth",
    "ChannelHour",
    "Conversation",
    "DialogTimer",
    "EvaluationCase",
    "EvaluationSet",
    "Identity",
    "InboundEvent",
    "Label",
    "Lease",
    "Limit",
    "LinkCode",
    "Message",
    "ModelProvider",
    "Occurrence",
    "OperatorPurpose",
    "OutboundMessage",
    "OwnerKind",
    "Person",
    "PersonDay",
    "ProviderHour",
    "ReceivedFile",
    "ReplayRun",
    "ReplayTurn",
    "Reservation",
    "RetentionRule",
    "Schedule",
    "SentFile",
    "StateTransition",
    "TurnUsage",
    "Unit",
    "UsageDay",
    "WaitingMemory",
    "Worker",
]
