"""Checks what is set up and what is missing, and says how to fix it."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone

from adapters import registry
from bots.i18n.program import as_typed
from bots.limits import alerts
from bots.llm import embedded_discovery, embedded_server, embedded_state, model_choice
from bots.models import Bot, Channel, InboundEvent, ModelProvider, OutboundMessage, applied_migrations
from bots.models.sql import clock
from bots.monitoring import backups, migrations, queue_stats, signs
from bots.monitoring.channel_status import status_of
from bots.speech import amr, ffmpeg
from clawdbot.crypto import CryptoError
from clawdbot.http.proxies import Proxy, configured_proxies
from memory import database
from memory.embedders import choice, current
from memory.indexes import health
from memory.storage.port import store
from skills.models import BotTool, InstructionGrant, McpGrant, McpServer

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check.

    Attributes:
        name: What was checked.
        level: "error" means that bots cannot answer.
        text: What was found.
        mend: How to fix it; empty when nothing has to be done.
    """

    name: str
    level: Level
    text: str
    mend: str = ""


def examine() -> list[Finding]:
    """Runs all checks. Never raises and changes nothing."""
    return _typed(_examine())


def _examine() -> list[Finding]:
    found = list(_home())
    try:
        pending = migrations.pending()
    except DatabaseError as error:
        return [*found, _unusable(error), *_queue()]
    found.append(Finding("database", "ok", f"{connection.vendor} answers"))
    if pending:
        mend = "python manage.py migrate"
        return [*found, Finding("migrations", "error", f"{pending} not applied", mend), *_queue()]
    if strange := applied_migrations.unknown():
        text = f"a newer version has applied {', '.join(strange[:3])}"
        found.append(Finding("migrations", "warning", text, "install the newer version again"))
    looks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _memory_database,
        _queue,
        _administrator,
        _bots,
        _channels,
        _proxies,
        _models,
        _speech,
        _tool_servers,
        _search,
        _workers,
        _waiting,
        _unanswered,
        _dead_letters,
        _limits,
        _tools,
        _backups,
        _held,
    )
    for look in looks:
        found.extend(look())
    return found


def _typed(found: list[Finding]) -> list[Finding]:
    return [replace(one, text=as_typed(one.text), mend=as_typed(one.mend)) for one in found]


def _unusable(error: DatabaseError) -> Finding:
    """Returns the finding for the database that cannot be used."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    try:
        connection.ensure_connection()
    except DatabaseError:
        return Finding("database", "error", f"cannot be used: {reason}", "check DATABASE_URL")
    if database.separate():
        return Finding("memory database", "error", f"cannot be used: {reason}", "check memory.database_url")
    return Finding("database", "error", f"cannot be used: {reason}", "check DATABASE_URL")


def _home() -> Iterator[Finding]:
    yield Finding("python", "ok", ".".join(str(part) for part in sys.version_info[:3]))
    home = Path(settings.CLAWDBOT.home)
    if not os.access(home, os.W_OK):
        yield Finding("home", "error", f"{home} cannot be written", "set CLAWDBOT_HOME to a folder of your own")
        return
    space = signs.disk()
    level: Level = "error" if space.full else "warning" if space.low else "ok"
    yield Finding("home", level, f"{home}, {space.free // 2**20} MiB free", "" if level == "ok" else "free disk space")
    loose = [path.name for path in (home / "keys").glob("*") if path.is_file() and path.stat().st_mode & 0o077]
    if loose:
        yield Finding("keys", "error", f"others can read {', '.join(loose)}", f"chmod 600 {home / 'keys'}/*")
    else:
        yield Finding("keys", "ok", "private")


def _memory_database() -> Iterator[Finding]:
    if database.mongodb():
        yield Finding("memory database", "ok", f"{store().reach()}, separate; backups leave it out: use mongodump")
    elif database.separate():
        yield Finding("memory database", "ok", f"{database.vendor()}, separate")
    else:
        yield Finding("memory database", "ok", "same as the main database")


def _queue() -> Iterator[Finding]:
    url = settings.CLAWDBOT.redis_url
    if not url:
        yield Finding("queue", "ok", "in files of this machine; Redis is not configured")
        return
    if failure := signs.broker_failure():
        yield Finding("queue", "error", f"Redis does not answer: {failure}", "start Redis, check REDIS_URL")
    else:
        yield Finding("queue", "ok", "Redis answers")


def _administrator() -> Iterator[Finding]:
    if User.objects.filter(is_superuser=True, is_active=True).exists():
        yield Finding("administrator", "ok", "exists")
    else:
        yield Finding("administrator", "warning", "missing", "python manage.py setup")


def _bots() -> Iterator[Finding]:
    enabled = Bot.objects.enabled().count()
    if enabled:
        yield Finding("bots", "ok", f"{enabled} enabled")
    else:
        yield Finding("bots", "error", "none is enabled", "python manage.py bot add SLUG")


def _channels() -> Iterator[Finding]:
    public = settings.CLAWDBOT.web.public_url
    for channel in Channel.objects.reachable().select_related("bot", "health"):
        name = f"channel {channel.public_id} ({channel.platform} of {channel.bot.slug})"
        try:
            adapter = registry.create(channel.platform, channel.credentials)
        except CryptoError:
            mend = "restore CLAWDBOT_HOME/keys, or enter the credentials again in the admin"
            yield Finding(name, "error", "credentials cannot be decrypted", mend)
            continue
        except Exception as error:  # invalid credentials, or an adapter that cannot be imported
            yield Finding(name, "error", str(error)[:200], "correct the credentials in the admin")
            continue
        if channel.platform != "web" and not public and channel.last_event_at is None:
            mend = "set web.public_url and "
            if adapter.supports_webhook_setup:
                mend += f"run: python manage.py channel set-webhook {channel.public_id}"
            else:
                mend += f"enter /api/webhook/{channel.public_id} in the platform's console"
            mend += "; or run: python manage.py poll" if adapter.supports_polling else ""
            yield Finding(name, "warning", "no message yet", mend)
        elif (status := status_of(channel)).light == "bad":
            yield Finding(name, "warning", status.text, "python manage.py channel test " + channel.public_id)
        else:
            yield Finding(name, "ok", "credentials fit")


def _proxies() -> Iterator[Finding]:
    for name, proxy in configured_proxies():
        if isinstance(proxy, Proxy):
            yield Finding(f"proxy {name}", "ok", proxy.shown)
        else:
            yield Finding(f"proxy {name}", "error", str(proxy), f"correct or unset {name}, then restart")


def _models() -> Iterator[Finding]:
    rows = list(ModelProvider.objects.filter(enabled=True))
    for row in rows:
        failing = row.failing
        mend = f"python manage.py provider test {row.name}"
        yield Finding(
            f"model {row.name}",
            "warning" if failing else "ok",
            f"failed last: {row.last_error}" if failing else row.model,
            mend if failing else "",
        )
    config = settings.CLAWDBOT.model_server
    if config.enable and (file := model_choice.wanted()):
        yield _model_file(file)
        return
    if any(row.kind == ModelProvider.Kind.CHAT for row in rows):
        return
    mend = "python manage.py provider add NAME --endpoint URL --model M --api-key -"
    yield Finding("model", "warning", "none: bots answer from commands, skills and memory", mend)


def _speech() -> Iterator[Finding]:
    """Checks the programs that convert sound, where something listens or speaks."""
    kinds = set(ModelProvider.objects.filter(enabled=True).values_list("kind", flat=True))
    listens = ModelProvider.Kind.TRANSCRIPTION in kinds or settings.CLAWDBOT.speech.model_folder
    speaks = ModelProvider.Kind.SPEECH in kinds
    install = "install {} with your system's packages (apt-get install {}), then restart"
    if (listens or speaks) and not ffmpeg.is_installed():
        told = "not installed: recordings in AMR (WeCom), AAC, CAF and 3GP are not heard, and WAV answers stay text"
        yield Finding("ffmpeg", "warning", told, install.format("ffmpeg", "ffmpeg"))
    elif speaks and not amr.can_make() and Channel.objects.filter(platform="wecom").exists():
        told = "not installed: answers in WeCom are not read aloud, because WeCom plays AMR only"
        yield Finding("AMR encoder", "warning", told, install.format("OpenCORE AMR-NB", "libopencore-amrnb0"))


def _model_file(name: str) -> Finding:
    try:
        plan = embedded_server.plan(name)
    except embedded_server.Unavailable as error:
        return Finding("model file", "warning", str(error), _mend_of_file())
    running, state = embedded_discovery.find(), embedded_state.read()
    if running is None or running.is_demo:
        if state is not None and not state.failure:
            return Finding("model file", "ok", f"{plan.name} has been loading for {state.seconds} s")
        told = f"{plan.name} is not served" + (f": {state.failure}" if state else "")
        return Finding("model file", "warning", told, "python manage.py modelserver says why")
    return Finding("model file", "ok", f"{running.model}, {running.context_tokens} tokens")


def _mend_of_file() -> str:
    if model_choice.chosen():
        return "choose another file in the admin (Model providers, Connect a model)"
    return "correct model_server.model_file, then restart"


def _tool_servers() -> Iterator[Finding]:
    """Checks MCP servers by their latest contact, and tools and skills that wait for a second look."""
    for server in McpServer.objects.filter(enabled=True):
        mend = f"python manage.py mcp tools {server.name}"
        try:
            _read = server.secrets
        except CryptoError:
            yield Finding(f"MCP server {server.name}", "warning", "its secrets cannot be decrypted", "enter them again")
            continue
        if server.failing:
            yield Finding(f"MCP server {server.name}", "warning", f"failed last: {server.last_error}", mend)
        elif server.listed_at is None:
            yield Finding(f"MCP server {server.name}", "warning", "its tools were never listed", mend)
        else:
            yield Finding(f"MCP server {server.name}", "ok", server.program or "answers")
    tools = McpGrant.objects.exclude(fingerprint=F("tool__fingerprint")).count()
    skills = InstructionGrant.objects.exclude(fingerprint=F("skill__fingerprint")).count()
    if tools or skills:
        text = f"{tools} MCP tools and {skills} agent skills were changed after their approval and are suspended"
        yield Finding("approvals", "warning", text, "look at them in the admin, under Skills")


def _search() -> Iterator[Finding]:
    search = settings.CLAWDBOT.semantic_search
    if not search.enable:
        yield Finding(
            "semantic search", "warning", "switched off: recall by words only", "semantic_search.enable: true"
        )
        return
    if importlib.util.find_spec("faiss") is None:
        yield Finding("semantic search", "error", "not installed: faiss", "make install")
    chosen = choice.spec()
    found = current.probe(chosen)
    name = " ".join(part for part in (chosen.kind, chosen.model) if part)
    if found.ok:
        text = f"{name} embeds a sentence in {found.ms} ms: {search.index_type}, {found.dimension} dimensions"
        yield Finding("semantic search", "ok", text)
    else:
        mend = (
            "correct semantic_search in the settings, or Memory > Embedder in the admin; until then recall is by words"
        )
        yield Finding("semantic search", "error", f"{name}: {found.text}", mend)
    yield from _indexes()


def _indexes() -> Iterator[Finding]:
    """Checks the configured vector index and the indexes of people with many memories."""
    reason, _, mend = health.missing().partition(": ")
    if reason:
        yield Finding("vector index", "error", reason, mend)
        return
    large = health.of_scopes()
    due = sum(scope.due for scope in large)
    text = f"{settings.CLAWDBOT.semantic_search.index_type}, {len(large)} large memories, {due} waiting for a build"
    mend = "python manage.py memory reindex, or wait for the next sweep" if due else ""
    yield Finding("vector index", "warning" if due else "ok", text, mend)


def _workers() -> Iterator[Finding]:
    fresh = signs.fresh_workers()
    if not fresh:
        yield Finding("workers", "warning", "nothing is running", "make run")
        return
    yield Finding("workers", "ok", f"{fresh} running")
    age = signs.beat_age()
    if age is None or age > signs.BEAT_LATE:
        text = "has not run yet" if age is None else f"ran {round(age.total_seconds())} s ago"
        yield Finding("beat", "warning", text, "start one: make run, or the process beat of deploy/Procfile")
    else:
        yield Finding("beat", "ok", "runs")


def _waiting() -> Iterator[Finding]:
    """Checks for chats that nobody answers and for messages that a platform does not take."""
    count, longest = signs.stuck()
    if count:
        text = f"{count} could be served and are not, the longest for {round(longest.total_seconds())} s"
        yield Finding("chats", "warning", text, "look at the log of the workers; start more of them")
    else:
        yield Finding("chats", "ok", "none is stuck")
    unsent, age, error = signs.oldest_unsent()
    if age > signs.STUCK_AFTER:
        text = f"{unsent} wait, the oldest for {round(age.total_seconds() / 60)} minutes"
        mend = "they are tried for 24 hours; see the outbox in the admin"
        yield Finding("outbox", "warning", f"{text}: {error}" if error else text, mend)
    else:
        yield Finding("outbox", "ok", f"{unsent} wait to be sent")


def _unanswered() -> Iterator[Finding]:
    waiting = queue_stats.waiting_for_model()
    if waiting:
        text = f"{waiting} wait, because no language model answers"
        yield Finding("messages", "warning", text, "python manage.py provider test NAME")
    no_answer = InboundEvent.objects.filter(state=InboundEvent.State.DEAD, conversation__isnull=False).count()
    if no_answer:
        mend = "answer in the admin: conversations with unanswered messages; or replay them in the inbox"
        yield Finding("unanswered messages", "warning", f"{no_answer} got no answer", mend)
    else:
        yield Finding("unanswered messages", "ok", "none")


def _dead_letters() -> Iterator[Finding]:
    inbound = InboundEvent.objects.filter(state=InboundEvent.State.DEAD).count()
    outbound = OutboundMessage.objects.filter(state=OutboundMessage.State.DEAD).count()
    if inbound or outbound:
        text = f"{inbound} in the inbox, {outbound} in the outbox"
        yield Finding("dead letters", "warning", text, "see inbox and outbox in the admin; retry or discard them")
    else:
        yield Finding("dead letters", "ok", "none")


def _limits() -> Iterator[Finding]:
    """Names limits that are nearly used up; nothing when there is none."""
    for row in alerts.near(clock.now())[:5]:
        used = f"{alerts.share(row)} % of {row.get_unit_display()} used, {row.refused} calls without room"
        text = f"{row.kind} {row.owner}: {used}"
        yield Finding("limit", "warning", text, "python manage.py limit list, then limit set")


def _tools() -> Iterator[Finding]:
    off = [f"{row.tool} of {row.bot.slug}" for row in BotTool.objects.paused(timezone.now()).select_related("bot")[:5]]
    if off:
        mend = "see Tools of bots in the admin: the last error, and a button to switch them on again"
        yield Finding("tools", "warning", f"switched off because they keep failing: {', '.join(off)}", mend)


def _backups() -> Iterator[Finding]:
    found = backups.look()
    create = "python manage.py backup create"
    if found.failed:
        yield Finding("backup", "warning", f"the last one failed: {found.failed}", create)
    elif found.age is None:
        plan = "" if found.planned else "; set backup.at for one every day"
        yield Finding("backup", "warning", "there is none", create + plan)
    else:
        hours = round(found.age.total_seconds() / 3600)
        level: Level = "warning" if found.late else "ok"
        yield Finding("backup", level, f"the latest is {hours} hours old", create if found.late else "")


def _held() -> Iterator[Finding]:
    if count := backups.held():
        mend = "python manage.py backup pending, then backup release or backup drop"
        yield Finding("held after a restore", "warning", f"{count} that may have been done since", mend)
