"""The inbox takes every event once, one at a time per chat, in order of arrival."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import InboundEvent, Worker
from bots.pipeline import inbox
from bots.pipeline.queue import workers
from tests.builders import make_channel, make_event, state_of

pytestmark = [pytest.mark.django_db, pytest.mark.databases]
State = InboundEvent.State


def test_a_repeated_delivery_gives_one_row() -> None:
    channel = make_channel()
    first = inbox.accept(channel, [make_event(key="u1")])
    second = inbox.accept(channel, [make_event(key="u1")])
    assert len(first.accepted) == 1
    assert (second.accepted, second.duplicates) == ((), 1)
    assert InboundEvent.objects.count() == 1


def test_one_thing_told_as_two_events_gives_one_turn_whichever_comes_first() -> None:
    channel = make_channel()
    first = inbox.accept(channel, [make_event("@bot hi", key="Ev1", twin_key="C1:17.1")])
    twin = inbox.accept(channel, [make_event("@bot hi", key="Ev2", twin_key="C1:17.1")])
    again = inbox.accept(channel, [make_event("@bot hi", key="Ev1", twin_key="C1:17.1")])
    assert [len(result.accepted) for result in (first, twin, again)] == [1, 0, 0]
    assert (twin.duplicates, again.duplicates) == (1, 1)
    assert InboundEvent.objects.filter(state=State.PENDING).count() == 1


def test_the_same_key_on_another_channel_is_another_event() -> None:
    for channel in (make_channel(), make_channel()):
        assert inbox.accept(channel, [make_event(key="u1")]).accepted


def test_an_event_is_told_back_as_it_was() -> None:
    event = make_event("你好", user_name="小明", thread_id="7")
    (row_id,) = inbox.accept(make_channel(), [event], request_id="r-1").accepted
    row = InboundEvent.objects.get(pk=row_id)
    assert type(event).from_dict(row.payload) == event
    assert row.request_id == "r-1"


def test_only_the_first_of_a_chat_can_be_claimed() -> None:
    channel = make_channel()
    first, second = inbox.accept(channel, [make_event(), make_event()]).accepted
    assert inbox.claim(second) is None
    row = inbox.claim(first)
    assert row is not None
    assert inbox.claim(first) is None
    assert inbox.claim(second) is None
    inbox.finish(row, conversation_id=None)
    assert inbox.next_in_queue(row.queue_key) == second
    assert inbox.claim(second) is not None


def test_chats_do_not_wait_for_each_other() -> None:
    channel = make_channel()
    first, second = inbox.accept(channel, [make_event(chat="a"), make_event(chat="b")]).accepted
    assert inbox.claim(first)
    assert inbox.claim(second)


def test_a_failed_turn_comes_back_later_and_holds_its_chat() -> None:
    channel = make_channel()
    first, second = inbox.accept(channel, [make_event(), make_event()]).accepted
    row = inbox.claim(first)
    assert row is not None
    assert 0.4 < inbox.retry_later(row, "boom") <= 1.0
    assert inbox.claim(first) is None
    assert inbox.claim(second) is None
    InboundEvent.objects.filter(pk=first).update(due_at=timezone.now())
    again = inbox.claim(first)
    assert again is not None
    assert again.attempts == 2


def test_a_worker_that_lost_its_claim_cannot_close_the_turn() -> None:
    (row_id,) = inbox.accept(make_channel(), [make_event()]).accepted
    stale = inbox.claim(row_id)
    assert stale is not None
    inbox.free_dead_claims(set(), timezone.now() + timedelta(seconds=1))
    fresh = inbox.claim(row_id)
    assert fresh is not None
    with pytest.raises(inbox.ClaimLost):
        inbox.finish(stale, conversation_id=None)
    inbox.finish(fresh, conversation_id=None)
    assert state_of(fresh) == State.DONE


def test_claims_of_the_living_are_left_alone() -> None:
    (row_id,) = inbox.accept(make_channel(), [make_event()]).accepted
    row = inbox.claim(row_id)
    assert row is not None
    assert inbox.free_dead_claims({workers.current()}, timezone.now() + timedelta(seconds=1)) == 0
    assert state_of(row) == State.PROCESSING


def test_a_claim_made_while_the_living_were_listed_is_spared() -> None:
    before = timezone.now()
    (row_id,) = inbox.accept(make_channel(), [make_event()]).accepted
    assert inbox.claim(row_id)
    assert inbox.free_dead_claims(set(), before) == 0


@pytest.mark.parametrize("said", ["/stop", "/停止", "\uff0f停止"])
def test_stop_reaches_the_turn_in_work(said: str) -> None:
    channel = make_channel()
    (row_id,) = inbox.accept(channel, [make_event("write a long story")]).accepted
    row = inbox.claim(row_id)
    assert row is not None
    assert not inbox.stop_requested(row)
    inbox.accept(channel, [make_event("/stop", chat="another")])
    assert not inbox.stop_requested(row)
    inbox.accept(channel, [make_event(said)])
    assert inbox.stop_requested(row)


def test_a_worker_whose_heartbeat_is_old_is_dead_and_one_whose_process_is_gone_too() -> None:
    mine = workers.current()
    Worker.objects.create(
        id="old", host="elsewhere", pid=1, role="worker", beat_at=timezone.now() - timedelta(seconds=26)
    )
    Worker.objects.create(
        id="gone", host=Worker.objects.get(pk=mine).host, pid=2**22 + 1, pid_started="1", role="worker"
    )
    Worker.objects.create(id="far", host="elsewhere", pid=1, role="worker")
    assert workers.living_ids() == {mine, "far"}


def test_due_names_only_the_first_row_of_each_chat() -> None:
    channel = make_channel()
    a1, _a2, b1 = inbox.accept(channel, [make_event(chat="a"), make_event(chat="a"), make_event(chat="b")]).accepted
    assert inbox.due() == [(a1, "webhook"), (b1, "webhook")]
