"""Celery tasks of the bots app. Each one processes a woken row or regularly checks all rows."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from bots import reminders, replays
from bots.leases.duties import one_at_a_time
from bots.llm import figures, keep_warm
from bots.maintenance import checkpoints
from bots.maintenance.backup import schedule as backup_schedule
from bots.maintenance.retention import running as retention_run
from bots.models.sql import leases
from bots.monitoring.alarms import evaluation, sending, telling
from bots.operations import agent_skills, mcp_servers, queues, spending
from bots.people import linking
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.outbox import deliver
from bots.pipeline.queue import chats
from bots.pipeline.summaries import writing as summaries
from clawdbot.computing import computing
from memory import database


@shared_task(name="bots.process_message", ignore_result=True)
def process_message(inbound_id: int) -> None:
    """Processes an inbox row, if it can be claimed, and the rows queued behind it in its chat."""
    if chats.is_closed(inbound_id):
        return  # a late wake-up
    with computing():
        MessageDispatcher().process(inbound_id)


@shared_task(name="bots.deliver", ignore_result=True)
def deliver_message(outbound_id: int) -> None:
    """Sends an outbox row, if it can be claimed, and the rows queued behind it in its chat."""
    with computing():
        deliver(outbound_id)


@shared_task(name="bots.remind", ignore_result=True)
def remind(schedule_id: int) -> None:
    """Delivers a reminder, if it is due."""
    with computing():
        reminders.deliver(schedule_id)


@shared_task(name="bots.broadcast", ignore_result=True)
def broadcast(broadcast_id: int) -> None:
    """Takes the next step of a broadcast, if it is due."""
    with computing():
        reminders.broadcasting.step(broadcast_id)


@shared_task(name="bots.replay", ignore_result=True)
def replay(run_id: int) -> None:
    """Takes the next turns of a replay, if no other process works on it."""
    with computing():
        replays.work(run_id)


@shared_task(name="bots.reminders_upkeep", ignore_result=True)
@one_at_a_time
def reminders_upkeep() -> None:
    """Derives the next times of reminders anew and deletes what is long over."""
    reminders.upkeep.run()


@shared_task(name="bots.settle_links", ignore_result=True)
@one_at_a_time
def settle_links() -> None:
    """Moves memories that a crash during linking left with the wrong person, if memory has its own database."""
    if database.separate():
        linking.settle()


@shared_task(name="bots.summarize", ignore_result=True)
def summarize() -> None:
    """Writes the summaries of conversations whose messages have left the prompt."""
    summaries.write_due()


@shared_task(name="bots.sweep", ignore_result=True)
@one_at_a_time
def sweep() -> None:
    """Wakes workers for all due rows and frees claims of dead workers, so that a lost task loses no row."""
    queues.sweep()


@shared_task(name="bots.keep_models_warm", ignore_result=True)
@one_at_a_time
def keep_models_warm() -> None:
    """Asks idle models for next to nothing, where the operator wants it."""
    keep_warm.run(timezone.now())


@shared_task(name="bots.forget_model_figures", ignore_result=True)
@one_at_a_time
def forget_model_figures() -> None:
    """Deletes figures of models that are older than 30 days, and leases that nobody has held for so long."""
    figures.forget_old(timezone.now())
    leases.delete_old(timedelta(days=30))


@shared_task(name="bots.ledger", ignore_result=True)
@one_at_a_time
def ledger() -> None:
    """Adds new usage to the daily sums, returns reservations of killed processes, and warns of limits that run out."""
    spending.upkeep()


@shared_task(name="bots.alarms", ignore_result=True)
def alarms() -> None:
    """Evaluates the alarms, writes notices of what is new, and sends what is due."""
    evaluation.evaluate()
    telling.tell()
    sending.deliver_due()


@shared_task(name="bots.refresh_tools", ignore_result=True)
@one_at_a_time
def refresh_tools() -> None:
    """Lists the tools of MCP servers whose list is old, and reads the folder of agent skills."""
    mcp_servers.refresh_due()
    if agent_skills.folder() is not None:
        agent_skills.read_folder()


@shared_task(name="bots.backup", ignore_result=True)
def backup() -> None:
    """Makes the daily backup, if it is due."""
    backup_schedule.run_due()


@shared_task(name="bots.backup_now", ignore_result=True)
def backup_now(user: str) -> None:
    """Makes a backup that a user of the admin has asked for."""
    backup_schedule.run_now(user)


@shared_task(name="bots.retention", ignore_result=True)
def retention() -> None:
    """Deletes finished rows that are older than their days."""
    retention_run.run_scheduled()


@shared_task(name="bots.checkpoint", ignore_result=True)
def checkpoint() -> None:
    """Truncates write-ahead logs of SQLite that have grown."""
    checkpoints.truncate_large()
