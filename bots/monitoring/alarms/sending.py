"""Delivers notices: each target in a thread of its own, so that one that hangs delays neither another nor a task.

A process that is killed between a send and its note sends the notice again: lost would be worse. The receiver knows it
by its id (a webhook by `Idempotency-Key`, mail by `Message-ID`). Into a chat it goes by the outbox, in one transaction.
"""

from __future__ import annotations

import json
import logging
import smtplib
import threading
from collections.abc import Callable
from datetime import timedelta
from email.utils import formataddr, parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import close_old_connections, transaction

from bots.models import AlarmNotice, AlarmTarget, Message, sql
from bots.models.lengths import ERROR_LENGTH, QUEUE_ERROR_LENGTH
from bots.models.sql import clock
from bots.monitoring.alarms import smtp, texts
from bots.people import identities
from bots.pipeline.outbox import proactive
from bots.pipeline.queue import workers
from clawdbot import http, signatures
from clawdbot.backoff import Backoff
from clawdbot.errors import ClawdbotError
from clawdbot.reasons import Reason, Why, columns, why

logger = logging.getLogger(__name__)

State = AlarmNotice.State
BACKOFF = Backoff(first_s=30.0, longest_s=900.0)
TRIED_FOR = timedelta(hours=24)
KEPT = timedelta(days=30)
# In all, for one notice.
DEADLINE_S = 30.0
CLAIM_LIMIT = timedelta(minutes=10)
_TRY_AGAIN = frozenset({408, 425, 429})
_lock = threading.Lock()
_busy: set[int] = set()


class NotDelivered(ClawdbotError):
    """A target did not take a notice."""


def deliver_due() -> None:
    """Starts a thread for each target that has something due and none at work. Returns at once."""
    _free_claims()
    due = AlarmNotice.objects.open().filter(state=State.PENDING, due_at__lte=clock.now())
    for target_id in sorted(set(due.order_by().values_list("target", flat=True))):
        with _lock:
            if target_id in _busy:
                continue
            _busy.add(target_id)
        threading.Thread(target=_work, args=(target_id,), name=f"alarm-target-{target_id}", daemon=True).start()
    AlarmNotice.objects.filter(created_at__lt=clock.now() - KEPT).exclude(state__in=AlarmNotice.OPEN).delete()


def _work(target_id: int) -> None:
    try:
        deliver_to(target_id)
    except Exception as error:  # the database is away, or the target was removed: the next pass goes on
        logger.warning("alarms: %s", type(error).__name__)
    finally:
        with _lock:
            _busy.discard(target_id)
        close_old_connections()


def deliver_to(target_id: int) -> int:
    """Sends what is due to a target, in order. Returns the number of notices that were sent."""
    sent = 0
    while (row_id := sql.next_waiting(AlarmNotice, f"alarm:{target_id}", State.SENDING)) is not None:
        row = sql.claim(AlarmNotice, row_id, State.SENDING, workers.current())
        if row is None or not _try(row):
            return sent
        sent += 1
    return sent


def _try(row: AlarmNotice) -> bool:
    """Sends one notice. Returns whether the next one may follow."""
    target = AlarmTarget.objects.select_related("channel__bot").get(pk=row.target_id)
    row.target = target
    try:
        if not target.enabled:
            raise NotDelivered(Reason("alarm_target_off"), permanent=True)
        _WAYS[target.kind](row)
    except (ClawdbotError, OSError, smtplib.SMTPException) as error:
        return _failed(row, target, error)
    except Exception as error:  # a defect of ours must not leave the row claimed
        logger.exception("alarms: notice %s", row.pk)
        return _failed(row, target, NotDelivered(type(error).__name__))
    if target.kind != AlarmTarget.Kind.CHAT:
        _note_sent(row)
    AlarmTarget.objects.filter(pk=target.pk).update(last_ok_at=clock.now(), **columns("last_error", "", ERROR_LENGTH))
    return True


def _note_sent(row: AlarmNotice) -> bool:
    values = {"state": State.SENT, "sent_at": clock.now(), **columns("error", "", QUEUE_ERROR_LENGTH)}
    return sql.update_claimed(row, State.SENDING, values)


def _failed(row: AlarmNotice, target: AlarmTarget, error: Exception) -> bool:
    reason = _reason(error)
    dead = bool(getattr(error, "permanent", False)) or clock.now() - row.created_at > TRIED_FOR
    values: dict[str, Any] = {"state": State.DEAD} | columns("error", reason, QUEUE_ERROR_LENGTH)
    if not dead:
        wait_s = BACKOFF.delay_s(row.attempts, getattr(error, "retry_after", None))
        due = clock.now() + timedelta(seconds=wait_s)
        values |= {"state": State.PENDING, "due_at": due, "owner": "", "claimed_at": None}
    sql.update_claimed(row, State.SENDING, values)
    shown = columns("last_error", reason, ERROR_LENGTH)
    AlarmTarget.objects.filter(pk=target.pk).update(last_error_at=clock.now(), **shown)
    logger.warning("alarms: target %s did not take notice %s: %s", target.pk, row.pk, reason)
    return dead


def _reason(error: Exception) -> Why:
    if isinstance(error, smtplib.SMTPResponseException):  # the text of a server may name an account
        return Reason("mail_refused", code=error.smtp_code)
    if isinstance(error, OSError):
        return Reason("mail_unreachable", error=type(error).__name__)
    return why(error)


def _free_claims() -> None:
    """Returns the claims of dead processes, and those that are too old, to the queue."""
    held = AlarmNotice.objects.open().filter(state=State.SENDING)
    if not held.exists():
        return
    before, living = clock.now(), workers.living_ids()
    stale = held.exclude(owner__in=living).filter(claimed_at__lt=before)
    old = held.filter(claimed_at__lt=before - CLAIM_LIMIT)
    for rows in (stale, old):
        rows.update(state=State.PENDING, owner="", claimed_at=None, due_at=before)


def _mail(row: AlarmNotice) -> None:
    """Sends a mail.

    Raises:
        NotDelivered: No server is configured, or it refuses the mail.
        OSError: The server does not answer in time.
    """
    mail = settings.CLAWDBOT.mail
    if not mail.host:
        raise NotDelivered(Reason("mail_not_set_up"), permanent=True)
    connection = smtp.Connection(DEADLINE_S)
    message = EmailMessage(
        texts.subject_line(row),
        texts.body(row),
        formataddr(("Clawdbot", parseaddr(mail.sender)[1])),
        row.target.mail_addresses(),
        connection=connection,
        # The same for each try, so that a mailbox shows it once; and no answering machine answers.
        headers={"Message-ID": f"<{row.key}@clawdbot>", "Auto-Submitted": "auto-generated"},
    )
    with connection.deadline():
        try:
            message.send()
        except smtplib.SMTPResponseException as error:
            final = 500 <= error.smtp_code < 600 and not isinstance(error, smtplib.SMTPAuthenticationError)
            raise NotDelivered(_reason(error), permanent=final) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = sorted({code for code, _text in error.recipients.values()})
            reason = Reason("mail_addresses_refused", code=", ".join(map(str, codes)))
            raise NotDelivered(reason, permanent=all(500 <= code < 600 for code in codes)) from None


def _webhook(row: AlarmNotice) -> None:
    """Posts signed JSON.

    Raises:
        NotDelivered: The receiver refuses it.
        HttpError: No answer.
    """
    content = json.dumps(texts.as_json(row), ensure_ascii=False).encode()
    timestamp = str(int(clock.now().timestamp()))
    headers = {"Content-Type": "application/json", "X-Timestamp": timestamp, "Idempotency-Key": row.key}
    if row.target.secret:
        signed = timestamp.encode("ascii") + b"." + content
        headers["X-Signature"] = signatures.hmac_hex(row.target.secret, signed)
    answer = http.request(
        "POST",
        row.target.url,
        timeout=(DEADLINE_S / 3, DEADLINE_S / 3),
        data=content,
        headers=headers,
        max_bytes=65536,
        public_only=row.target.public_only,
    )
    if not 200 <= answer.status < 300:
        final = 400 <= answer.status < 500 and answer.status not in _TRY_AGAIN
        wait = http.parse_retry_after(answer.headers.get("Retry-After"), clock.now().timestamp())
        raise NotDelivered(Reason("webhook_status", code=answer.status), permanent=final, retry_after=wait)


def _chat(row: AlarmNotice) -> None:
    """Writes a message into the outbox, and notes the notice as sent, in one transaction.

    Raises:
        NotDelivered: The channel or its bot is switched off.
    """
    channel = row.target.channel
    if channel is None or not channel.enabled or not channel.bot.enabled:
        raise NotDelivered(Reason("alarm_channel_off"), permanent=True)
    chat = identities.group_chat(channel, row.target.chat_id)
    with transaction.atomic():
        if not _note_sent(row):
            return
        text = f"{texts.subject_line(row)}\n\n{texts.body(row)}"
        proactive.write(chat, text, Message.Role.ASSISTANT, {Message.ASIDE: True, "notice": "alarm"})


_WAYS: dict[str, Callable[[AlarmNotice], None]] = {
    AlarmTarget.Kind.MAIL: _mail,
    AlarmTarget.Kind.WEBHOOK: _webhook,
    AlarmTarget.Kind.CHAT: _chat,
}
