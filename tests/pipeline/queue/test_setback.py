"""A clock that is set back by an hour holds no chat, and back-off and claims keep their length."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import InboundEvent, OutboundMessage, Worker
from bots.operations import queues
from bots.pipeline import inbox, outbox
from bots.pipeline.queue import workers
from tests.builders import make_channel, make_conversation, make_event, make_outbound
from tests.waiting import eventually

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
HOUR = timedelta(hours=1)


def set_back_by_an_hour() -> None:
    """Moves what was stored into the future, as it is after the clock was set back."""
    for row in InboundEvent.objects.all():
        claimed = row.claimed_at and row.claimed_at + HOUR
        InboundEvent.objects.filter(pk=row.pk).update(
            due_at=row.due_at + HOUR, received_at=row.received_at + HOUR, claimed_at=claimed
        )
    for answer in OutboundMessage.objects.all():
        OutboundMessage.objects.filter(pk=answer.pk).update(
            due_at=answer.due_at + HOUR, created_at=answer.created_at + HOUR
        )
    for worker in Worker.objects.all():
        Worker.objects.filter(pk=worker.pk).update(beat_at=worker.beat_at + HOUR)


def test_a_heartbeat_after_the_set_back_frees_what_waits() -> None:
    channel = make_channel()
    workers.beat()
    (first,) = inbox.accept(channel, [make_event()]).accepted
    answer = make_outbound(channel, make_conversation(channel))
    set_back_by_an_hour()
    assert inbox.claim(first) is None
    workers.beat()
    # The last heartbeat was a moment before the set-back, so the waits end this moment later.
    eventually(lambda: inbox.claim(first) is not None)
    eventually(lambda: outbox.due() == [(answer.pk, channel.platform)])
    assert Worker.objects.get().beat_at <= timezone.now() + timedelta(seconds=1)


def test_a_wait_keeps_its_length() -> None:
    workers.beat()
    (first,) = inbox.accept(make_channel(), [make_event()]).accepted
    InboundEvent.objects.update(due_at=timezone.now() + timedelta(minutes=5))
    set_back_by_an_hour()
    queues.sweep()
    left = InboundEvent.objects.get(pk=first).due_at - timezone.now()
    assert timedelta(minutes=4) < left <= timedelta(minutes=5)
    queues.sweep()
    assert InboundEvent.objects.get(pk=first).due_at - timezone.now() > timedelta(minutes=4), "moved once"


def test_a_claim_of_a_dead_worker_is_freed_although_it_was_made_in_the_future() -> None:
    (first,) = inbox.accept(make_channel(), [make_event()]).accepted
    assert inbox.claim(first)
    Worker.objects.update(host="elsewhere")
    set_back_by_an_hour()
    queues.sweep()  # moves claim and heartbeat into the present
    Worker.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    queues.sweep()
    assert InboundEvent.objects.get(pk=first).state == InboundEvent.State.PENDING


def test_a_clock_that_was_set_back_while_the_product_was_stopped() -> None:
    (first,) = inbox.accept(make_channel(), [make_event()]).accepted
    set_back_by_an_hour()
    assert not Worker.objects.exists()
    queues.recover()
    eventually(lambda: inbox.claim(first) is not None)


def test_clocks_that_differ_by_seconds_move_nothing() -> None:
    Worker.objects.create(
        id="ahead", host="other", pid=1, role="worker", beat_at=timezone.now() + timedelta(seconds=20)
    )
    (first,) = inbox.accept(make_channel(), [make_event()]).accepted
    due = timezone.now() + timedelta(minutes=5)
    InboundEvent.objects.update(due_at=due)
    queues.recover()
    assert InboundEvent.objects.get(pk=first).due_at == due
