"""Celery tasks of the bots app. Each is a wake-up for a row or a regular look at all of them."""

from __future__ import annotations

from celery import shared_task

from bots.operations import queues
from bots.people import linking
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.outbox import deliver
from memory import database


@shared_task(name="bots.process_message", ignore_result=True)
def process_message(inbound_id: int) -> None:
    """Takes the turn of an inbox row, if it is its turn."""
    MessageDispatcher().process(inbound_id)


@shared_task(name="bots.deliver", ignore_result=True)
def deliver_message(outbound_id: int) -> None:
    """Sends an outbox row, if it is its turn."""
    deliver(outbound_id)


@shared_task(name="bots.settle_links", ignore_result=True)
def settle_links() -> None:
    """Where the memory has a database of its own: moves what a crash left on the wrong side of a link."""
    if database.separate():
        linking.settle()


@shared_task(name="bots.sweep", ignore_result=True)
def sweep() -> None:
    """Wakes workers for every due row and frees the claims of dead ones: nothing is lost for want of a task."""
    queues.sweep()
