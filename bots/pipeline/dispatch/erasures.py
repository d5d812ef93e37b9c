"""The rest of an erasure, after the commit of the turn that asked for it.

The turn leaves a row of the inbox for it, in a queue of its own: a person's next turn does not wait for a memory
database that is down. The row is born claimed by the process that closes the turn, which goes on with it at once; when
that process dies or fails, the row is taken again like any other, and for as long as it takes.
"""

from __future__ import annotations

import contextlib
import logging

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from bots.models import InboundEvent, Message, sql
from bots.people import audit_log, staged_erasure
from bots.people.staged_erasure import StagedErasure
from bots.pipeline import engine, inbox
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import workers
from clawdbot.reasons import raised

logger = logging.getLogger(__name__)

KIND = "erasure"


def leave(row: InboundEvent, turn: engine.Turn) -> InboundEvent | None:
    """Writes the row of what the turn erases, in the transaction that closes it; None when it erases nothing."""
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
        claimed_at=timezone.now(),
        attempts=1,
        request_id=row.request_id,
    )
    sql.insert(rest)
    return rest


def finish(row: InboundEvent, staged: StagedErasure | None = None) -> None:
    """Erases the rest and proves it. A failure is logged, and the row is tried again later.

    Args:
        row: claimed by this process.
        staged: what the row says, with traces, where the turn was closed by this process.
    """
    try:
        staged = staged_erasure.erase_rest(staged or StagedErasure.from_dict(row.payload))
        with transaction.atomic():
            inbox.finish(row, conversation_id=row.conversation_id)
            if not staged_erasure.prove(staged, audit_log.HIMSELF):
                _tell_of_failure(row)
    except inbox.ClaimLost:
        logger.warning("inbound %s was taken over by another worker", row.pk)
    except Exception as error:  # an erasure is never given up
        logger.exception("the erasure of inbound %s is not finished (attempt %s)", row.pk, row.attempts)
        with contextlib.suppress(inbox.ClaimLost):
            inbox.retry_later(row, raised(error))


def _tell_of_failure(row: InboundEvent) -> None:
    conversation = row.conversation
    if conversation is None:
        return
    with translation.override(conversation.person.language or settings.LANGUAGE_CODE):
        text = _("I deleted it, but some of it can still be found. Whoever runs me has been told.")
    proactive.write(conversation, text, Message.Role.ASSISTANT, {"notice": "not erased"})
