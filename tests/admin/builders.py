"""Rows of every model, and clients of the admin."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from bots.models import (
    ApiToken,
    AuditEntry,
    BackupRun,
    Bot,
    BotAccess,
    Broadcast,
    Channel,
    Conversation,
    Identity,
    InboundEvent,
    Label,
    Lease,
    Limit,
    LinkCode,
    Message,
    ModelProvider,
    OutboundMessage,
    Person,
    ReceivedFile,
    Schedule,
    SentFile,
    StateTransition,
    TurnUsage,
    Worker,
)
from memory.embedders import choice
from memory.models import ConsolidationRun, MemoryEntry
from memory.store import MemoryStore
from memory.types import Turn
from skills.models import (
    BotSkill,
    BotTool,
    FlowDefinition,
    InstructionFile,
    InstructionGrant,
    InstructionSkill,
    McpGrant,
    McpServer,
    McpTool,
    Skill,
    SkillHealth,
    SkillRun,
    SkillState,
    ToolCall,
)
from tests.admin.system_builders import make_alarm, make_replay

BOT_TOKEN = "123456789:AAHsecretsecretsecretsecretsecret12345"
SECRET_TOKEN = "webhook-secret-token-0815"
SKILL_KEY = "weather-service-key-1234"
MCP_KEY = "mcp-secret-key-0815-4711"
SIGNING_SECRET = "signing-secret-of-a-flow-0815"
API_KEY = "sk-very-secret-provider-key-4711"


MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
# Bookkeeping that has no page of its own.
INTERNAL = {
    "bots.BotProvider",
    "bots.Balance",
    "bots.PersonDay",
    "bots.Reservation",
    "bots.UsageDay",
    "bots.BroadcastPerson",
    "bots.ChannelHealth",
    "bots.ChannelHour",
    "bots.DialogTimer",
    "bots.EvaluationCase",
    "bots.Occurrence",
    "bots.ProviderHour",
    "bots.ReplayTurn",
    "bots.RetentionRule",
    "bots.WaitingMemory",
    "memory.ConsolidatedEpisode",
    "memory.LargeScope",
    "memory.MemorySource",
    "memory.OngoingWork",
    "memory.VectorChange",
    "skills.InstructionFile",
}


def address(model: Any, page: str, *args: Any) -> str:
    """Returns the path of a page: changelist, add, change, delete, history."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def provider_form(**values: object) -> dict[str, object]:
    return {
        "name": "main",
        "endpoint": "https://models.example/v1",
        "model": "large",
        "priority": 5,
        "enabled": "on",
        "timeout_s": 30,
        "context_tokens": 8192,
        "input_price": 0,
        "output_price": 0,
        "tools": "auto",
        "kind": "chat",
        "voice_price": 0,
        "protocol": "openai",
        "keep_warm": "off",
        "keep_warm_minutes": 4,
        "extra_body": "{}",
        "initial-extra_body": "{}",  # a hidden field of the page
        **values,
    }


def make_user(name: str = "root", *, superuser: bool = True, **values: Any) -> User:
    return User.objects.create(username=name, is_staff=True, is_superuser=superuser, **values)


def login(user: User, language: str = "en") -> Client:
    client = Client(HTTP_ACCEPT_LANGUAGE=language)
    client.force_login(user)
    return client


def make_bot(slug: str = "ada", **values: Any) -> Bot:
    return Bot.objects.create(slug=slug, name=values.pop("name", slug.title()), **values)


def make_channel(bot: Bot, platform: str = "telegram", **values: Any) -> Channel:
    account = values.pop("account", {"token": BOT_TOKEN, "secret_token": [SECRET_TOKEN]})
    channel = Channel(bot=bot, platform=platform, name=values.pop("name", f"{bot.slug} {platform}"), **values)
    channel.credentials = account if platform == "telegram" else {}
    channel.save()
    return channel


def make_provider(name: str = "main", **values: Any) -> ModelProvider:
    provider = ModelProvider(
        name=name, endpoint=values.pop("endpoint", "https://models.example/v1"), model="large", **values
    )
    provider.api_key = API_KEY
    provider.save()
    return provider


def make_conversation(channel: Channel, key: str = "p1", **values: Any) -> Conversation:
    person = Person.objects.create(bot=channel.bot, key=key, display_name=f"Person {key}", last_seen_at=timezone.now())
    Identity.objects.create(person=person, channel=channel, external_id=key, user_name=f"user {key}")
    return Conversation.objects.create(bot=channel.bot, channel=channel, person=person, chat_id=key, **values)


def make_turn(conversation: Conversation, text: str = "Hello", answer: str = "Hi", **values: Any) -> OutboundMessage:
    """Makes a question, its answer and the outbound row, which gets `values`."""
    number = InboundEvent.objects.count()
    event = InboundEvent.objects.create(
        channel=conversation.channel,
        dedupe_key=f"event-{number}",
        queue_key=f"{conversation.channel_id}:{conversation.chat_id}:{number}",
        kind="message",
        payload={"kind": "message", "text": text},
        state=InboundEvent.State.DONE,
        conversation=conversation,
    )
    common = {"conversation": conversation, "inbound": event}
    Message.objects.create(role=Message.Role.USER, text=text, person=conversation.person, **common)
    reply = Message.objects.create(role=Message.Role.ASSISTANT, text=answer, meta=values.pop("meta", {}), **common)
    return OutboundMessage.objects.create(
        channel=conversation.channel,
        conversation=conversation,
        message=reply,
        queue_key=event.queue_key,
        payload={"text": answer},
        **values,
    )


def make_memory(conversation: Conversation, text: str = "My sister lives in Chengdu.") -> MemoryEntry:
    turn = Turn(
        bot_id=conversation.bot_id,
        person_id=conversation.person_id,
        role="user",
        text=text,
        occurred_at=timezone.now(),
        conversation_id=conversation.pk,
    )
    return MemoryEntry.objects.get(pk=MemoryStore(conversation.bot_id).remember([turn])[0])


def make_usage(conversation: Conversation, days_ago: int = 0, **values: Any) -> TurnUsage:
    return TurnUsage.objects.create(
        bot=conversation.bot,
        person=conversation.person,
        conversation=conversation,
        provider="main",
        model="large",
        prompt_tokens=values.pop("prompt_tokens", 100),
        completion_tokens=20,
        cost=Decimal("0.0012"),
        created_at=timezone.now() - timedelta(days=days_ago),
        **values,
    )


def make_skill(bot: Bot, conversation: Conversation, number: int = 0) -> Skill:
    """Makes a skill with a secret in its configuration, assigned to a bot, with one run."""
    skill = Skill.objects.create(
        name=f"Skill {number}",
        module=f"skills.number{number}.Some",
        triggers=["weather"],
        config={"api_key": SKILL_KEY},
    )
    BotSkill.objects.create(bot=bot, skill=skill, config={"api_key": SKILL_KEY, "unit": "km"})
    SkillRun.objects.create(skill=skill, bot=bot, conversation=conversation, ok=True, ms=12)
    SkillHealth.objects.create(skill=skill, bot=bot, failures=2, error="TooSlow: no answer within 10 s")
    SkillState.objects.create(skill=skill, person=conversation.person, data={"level": number})
    make_tool_call(conversation, f"tool{number}")
    BotTool.objects.create(bot=bot, tool=f"tool{number}", approval="operator")
    return skill


def make_flow(bot: Bot, number: int = 0) -> FlowDefinition:
    """Makes a flow of a bot with a signing secret."""
    steps = [{"kind": "say", "text": {"en": "Hello.", "zh": "你好。"}}]
    flow = FlowDefinition(name=f"flow{number}", triggers=["visit"], definition={"steps": steps})
    flow.secret = SIGNING_SECRET
    flow.save()
    flow.bots.add(bot)
    return flow


def make_tool_call(conversation: Conversation, tool: str = "mail", **values: Any) -> ToolCall:
    """Makes a call that waits for an operator."""
    made: dict[str, Any] = {
        "round": 0,
        "place": 0,
        "begun_by": 1,
        "idempotency_key": f"{conversation.pk}-{tool}",
        "arguments": {"to": "Ann", "api_key": SKILL_KEY},
        "state": ToolCall.State.WAITING,
        "asked": "operator",
        "expires_at": timezone.now() + timedelta(minutes=15),
    }
    return ToolCall.objects.create(bot=conversation.bot, conversation=conversation, tool=tool, **made | values)


def make_file(conversation: Conversation, body: bytes = b"words", **values: Any) -> ReceivedFile:
    row = ReceivedFile(conversation=conversation, kind="file", name="notes.txt", content_type="text/plain", **values)
    row.file.save(f"tests/{conversation.pk}.txt", ContentFile(body), save=False)
    row.save()
    return row


def make_sent_file(conversation: Conversation, body: bytes = b"words", **values: Any) -> SentFile:
    row = SentFile(conversation=conversation, kind="file", name="plan.txt", content_type="text/plain", **values)
    row.file.save(f"tests/sent-{conversation.pk}.txt", ContentFile(body), save=False)
    row.save()
    return row


def make_tool(bot: Bot, number: int = 0) -> McpTool:
    """Makes an MCP server whose tool the bot may use, and an agent skill that it uses."""
    server = McpServer(name=f"server{number}", url="https://mcp.example/mcp", last_ok_at=timezone.now())
    server.secrets = {"Authorization": f"Bearer {MCP_KEY}"}
    server.save()
    tool = McpTool.objects.create(
        server=server,
        name="search",
        call_name=f"server{number}__search",
        description="Searches p0.",
        schema={"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]},
        fingerprint="a",
    )
    grant = McpGrant(bot=bot, tool=tool)
    grant.approve()
    grant.save()
    skill = InstructionSkill.objects.create(name=f"skill{number}", description="p0", body="Do it.", fingerprint="a")
    InstructionFile.objects.create(skill=skill, path="references/a.md", size=2, text="ab")
    InstructionGrant.objects.create(bot=bot, skill=skill, fingerprint="a")
    return tool


def make_schedule(conversation: Conversation, **values: Any) -> Schedule:
    row = Schedule(
        **{
            "bot": conversation.bot,
            "channel": conversation.channel,
            "conversation": conversation,
            "person": conversation.person,
            "number": 1,
            "text": "drink water",
            "local": "2026-01-01T09:00:00",
            "zone": "Europe/Berlin",
            "rule": "FREQ=DAILY",
        }
        | values
    )
    row.aim(row.after(timezone.now()))
    row.save()
    return row


def make_world(rows: int = 1) -> Bot:
    """Makes `rows` rows of nearly every model, each with its own relations, so that a query per row shows."""
    choice.seed()
    bot = make_bot("ada")
    for number in range(rows):
        other = make_bot(f"bot{number}")
        channel = make_channel(other)
        conversation = make_conversation(channel, f"p{number}")
        make_turn(conversation, state=OutboundMessage.State.DEAD)
        make_memory(conversation)
        ConsolidationRun.objects.create(bot=other, state=ConsolidationRun.State.DONE, report={"digests": 1})
        make_usage(conversation)
        make_file(conversation)
        make_sent_file(conversation)
        make_schedule(conversation)
        Label.objects.create(bot=other, name="guests").people.add(conversation.person)
        Limit.objects.create(kind="person", bot=other, person=conversation.person, tokens_per_day=100)
        Broadcast.objects.create(bot=other, name=f"news p{number}", text="We are closed.")
        make_replay(conversation, number)
        BackupRun.objects.create(state="done", name=f"clawdbot-{number}.tar", made_at=timezone.now(), size=2**20)
        make_alarm(channel, number)
        LinkCode.objects.create(person=conversation.person)
        AuditEntry.objects.create(
            actor="root", action="export", bot_id=other.pk, bot_slug=other.slug, person_hash=f"{number:032x}"
        )
        StateTransition.objects.create(
            conversation=conversation,
            name="close",
            source="active",
            target="closed",
            inbound=InboundEvent.objects.get(conversation=conversation),
        )
        make_skill(other, conversation, number)
        make_tool(other, number)
        make_flow(other, number)
        make_provider(f"provider {number}")
        Worker.objects.create(id=f"{number:032d}", host="box", pid=number, role="worker")
        times = dict.fromkeys(("acquired_at", "renewed_at", "expires_at"), timezone.now())
        Lease.objects.create(name=f"memory.optimize:{other.pk}", holder="box:1", **times)
        user = make_user(f"user{number}", superuser=False)
        ApiToken.objects.create(user=user, digest=f"{user.pk:064}", prefix="claw_Ab3dE")
        AccessAttempt.objects.create(
            username=user.username, ip_address="203.0.113.7", user_agent="Browser", failures_since_start=5
        )
        BotAccess.objects.create(user=user, bot=other)
        Group.objects.create(name=f"group {number}")
        _make_schedules(number)
    return bot


def _make_schedules(number: int) -> None:
    interval = IntervalSchedule.objects.create(every=number + 1, period=IntervalSchedule.SECONDS)
    CrontabSchedule.objects.create(minute=str(number % 60))
    ClockedSchedule.objects.create(clocked_time=timezone.now() + timedelta(days=number))
    SolarSchedule.objects.create(event="sunset", latitude=number % 80, longitude=10)
    PeriodicTask.objects.create(name=f"task {number}", task="bots.sweep", interval=interval)
