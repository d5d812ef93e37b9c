"""Finishes an erasure after the commit of the turn that asked for it.

The turn inserts an inbox row for it with a queue key of its own, so the person's next turn does not wait for a memory
database that is down. The process that closes the turn inserts the row already claimed and runs it at once. When that
process dies or fails, the row is retried like any other, without a limit of attempts.
"""

from __future__ import annotations

import contextlib
import logging

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from bots.models import InboundEvent, Message, sql
from bots.models.sql import clock
from bots.people import audit_log, staged_erasure
from bots.people.staged_erasure import StagedErasure
from bots.pipeline import engine, inbox
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import held, workers
from clawdbot.reasons import raised

logger = logging.getLogger(__name__)

KIND = "erasure"


def enqueue(row: InboundEvent, turn: engine.Turn) -> InboundEvent | None:
    """Inserts the erasure's row in the transaction that closes the turn; None when the turn erases nothing."""
    if turn.erasure is None:
        return None
    rest = InboundEvent(
        channel=turn.channel,
        conversation=turn.conversation,
        dedupe_key=f"{KIND}:{row.pk}",
        queue_key=f"{KIND}:{row.pk}",
        kind=KIND,
        payload=turn.erasure.to_dict(),
        state=InboundEvent.State.PROCESSING,
        owner=workers.current(),
        claimed_at=clock.now(),
        attempts=1,
        request_id=row.request_id,
    )
    sql.insert(rest)
    held.take(InboundEvent, rest.pk)
    return rest


def finish(row: InboundEvent, staged: StagedErasure | None = None) -> None:
    """Finishes the erasure and proves it. Logs a failure and schedules a retry.

    Args:
        row: The row, claimed by this process.
        staged: The erasure with its traces, if this process closed the turn; else it is read from the row.
    """
    try:
        staged = staged_erasure.erase_rest(staged or StagedErasure.from_dict(row.payload))
        with transaction.atomic():
            inbox.finish(row, conversation_id=row.conversation_id)
            if not staged_erasure.prove(staged, audit_log.HIMSELF):
                _notify_person(row)
    except inbox.ClaimLost:
        logger.warning("inbound %s was taken over by another worker", row.pk)
    except Exception as error:  # an erasure is retried until it succeeds
        logger.exception("the erasure of inbound %s is not finished (attempt %s)", row.pk, row.attempts)
        with contextlib.suppress(inbox.ClaimLost):
            inbox.retry_later(row, raised(error))


def _notify_person(row: InboundEvent) -> None:
    conversation = row.conversation
    if conversation is None:
        return
    with translation.override(conversation.person.language or settings.LANGUAGE_CODE):
        text = _("I deleted it, but some of it can still be found. Whoever runs me has been told.")
    proactive.write(conversation, text, Message.Role.ASSISTANT, {"notice": "not erased"})
