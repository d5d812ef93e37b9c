"""A broadcast reaches each person once, at its pace, and nobody who does not want it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User

from bots.models import (
    AuditEntry,
    Broadcast,
    BroadcastPerson,
    Channel,
    Conversation,
    InboundEvent,
    Label,
    Message,
    OutboundMessage,
    Person,
)
from bots.operations import broadcasts, queues
from bots.people import erasure, linking
from bots.pipeline.queue import wakeups
from bots.reminders import broadcasting
from tests.builders import make_bot, make_channel, make_outbound, say, use_policy
from tests.killing import kill_before_statement
from tests.reminders.builders import Now, make_chat
from tests.threads import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only"),
]  # fmt: skip

State = Broadcast.State
ROOT = "command line"


@pytest.fixture
def there() -> Channel:
    return make_channel()


def make_broadcast(channel: Channel, **values: Any) -> Broadcast:
    return Broadcast.objects.create(
        **{"bot": channel.bot, "name": "news", "text": "We are closed tomorrow.", "text_zh": "明天休息。"} | values
    )


def released(channel: Channel, **values: Any) -> Broadcast:
    return broadcasts.release(make_broadcast(channel, **values), ROOT)


def crowd(channel: Channel, count: int, begin: int = 0) -> list[Conversation]:
    return [make_chat(channel, f"p{number}") for number in range(begin, begin + count)]


def run(row: Broadcast, now: Now, steps: int = 500) -> int:
    """Takes all steps; returns their number."""
    for number in range(steps):
        row.refresh_from_db()
        if row.due_at is None:
            return number
        now.at = max(now.at, row.due_at)
        broadcasting.step(row.pk)
        OutboundMessage.objects.open().update(state="sent")
    raise AssertionError("it does not end")


def got() -> Counter[int]:
    """Returns how many broadcast messages each person got."""
    return Counter(Message.objects.filter(meta__kind="broadcast").values_list("conversation__person", flat=True))


def test_everybody_gets_it_once_in_their_language(now: Now, there: Channel) -> None:
    chats = crowd(there, 23)
    Person.objects.filter(pk=chats[0].person_id).update(language="zh-hans")
    row = released(there)
    run(row, now)
    row.refresh_from_db()
    assert (row.state, row.sent, row.left_out) == (State.DONE, 23, 0)
    assert got() == {chat.person_id: 1 for chat in chats}
    texts = Counter(Message.objects.filter(meta__kind="broadcast").values_list("text", flat=True))
    assert texts == {
        "We are closed tomorrow.\n\nWrite “unsubscribe” to get no more of these.": 22,
        "明天休息。\n\n回复“退订”不再接收此类消息。": 1,
    }
    payload = OutboundMessage.objects.order_by("-pk")[0].payload
    assert payload["data"]["buttons"] == [[{"text": "Unsubscribe", "data": "/unsubscribe"}]]


def test_who_is_left_out_is_told_before_and_after(now: Now, there: Channel) -> None:
    gets, blocked, gone, denied, lost, chatless = crowd(there, 6)
    Person.objects.filter(pk=blocked.person_id).update(blocked=True)
    Person.objects.filter(pk=gone.person_id).update(unsubscribed_at=now.at)
    denied.person.identities.update(access="denied")
    make_outbound(there, lost, state="dead", mark="user_blocked")
    Conversation.objects.filter(pk=lost.pk).update(last_message_at=now.at - timedelta(days=1))
    chatless.delete()
    row = make_broadcast(there)
    seen = broadcasts.preview(row)
    assert {channel.pk: count for channel, count in seen.by_channel.items()} == {there.pk: 2}
    assert seen.left_out == {"blocked": 1, "unsubscribed": 1, "denied": 1, "no_chat": 1}
    assert {person.pk for person in seen.sample} == {gets.person_id, lost.person_id}
    broadcasts.release(row, ROOT)
    run(row, now)
    assert got() == {gets.person_id: 1}
    assert broadcasts.progress(row) == broadcasts.Progress(
        1, 0, {"blocked": 1, "unsubscribed": 1, "denied": 1, "no_chat": 1, "unreachable": 1}
    )


def test_the_segment_is_channel_label_and_last_seen(now: Now, there: Channel) -> None:
    other = make_channel(there.bot)
    of_another_bot = make_chat(make_channel(make_bot()), "x")
    ann, ben, cid = crowd(there, 3)
    dora = make_chat(other, "dora")
    label = Label.objects.create(bot=there.bot, name="guests")
    label.people.add(ann.person, dora.person)
    Person.objects.filter(pk=ben.person_id).update(last_seen_at=now.at - timedelta(days=10))
    Person.objects.filter(pk=cid.person_id).update(last_seen_at=now.at - timedelta(days=1))

    def reached(**values: Any) -> set[int]:
        row = make_broadcast(there, **{key: value for key, value in values.items() if key.endswith("days")})
        row.channels.set(values.get("channels", ()))
        row.labels.set(values.get("labels", ()))
        before = got()
        broadcasts.release(row, ROOT)
        run(row, now)
        return set(got() - before)

    everybody = {chat.person_id for chat in (ann, ben, cid, dora)}
    assert reached() == everybody
    assert reached(channels=[other]) == {dora.person_id}
    assert reached(labels=[label]) == {ann.person_id, dora.person_id}
    assert reached(labels=[label], channels=[there]) == {ann.person_id}
    assert reached(seen_days=3) == {cid.person_id}
    assert reached(unseen_days=3) == everybody - {cid.person_id}
    assert of_another_bot.person_id not in got()


def test_a_worker_that_dies_at_any_statement_writes_nobody_twice(now: Now, there: Channel) -> None:
    chats = crowd(there, 4)
    row = released(there, per_second=2)
    killed = 0
    for number in range(1, 200):
        row.refresh_from_db()
        if row.due_at is None:
            break
        now.at = row.due_at
        killed += kill_before_statement(1 + number * 3 % 60, lambda: broadcasting.step(row.pk))
        assert max(got().values(), default=0) <= 1
        assert sum(got().values()) == BroadcastPerson.objects.filter(state="queued").count()
    assert killed > 5
    assert got() == {chat.person_id: 1 for chat in chats}
    assert Broadcast.objects.get().sent == 4


def test_two_workers_at_once_write_nobody_twice(now: Now, there: Channel) -> None:
    chats = crowd(there, 12)
    row = released(there, per_second=3)
    for _step in range(6):
        row.refresh_from_db()
        if row.due_at is None:
            break
        now.at = row.due_at
        at_once(partial(broadcasting.step, row.pk), partial(broadcasting.step, row.pk))
        OutboundMessage.objects.open().update(state="sent")
    assert got() == {chat.person_id: 1 for chat in chats}


def test_its_pace_holds_for_each_channel_and_leaves_half_to_answers(now: Now, there: Channel) -> None:
    crowd(there, 9)
    row = released(there, per_second=3)
    begin = now.at
    run(row, now)
    assert now.at - begin >= timedelta(seconds=3)
    slow = make_channel(there.bot, "telegram", credentials={"token": "1:" + "A" * 35, "secret_token": "s"})
    assert broadcasts.pace(make_broadcast(there, per_second=100)) == 15.0  # Telegram takes 30 a second
    assert slow.pk


def test_messages_of_people_that_wait_slow_it_down(now: Now, there: Channel) -> None:
    crowd(there, 20)
    row = released(there, per_second=5)
    waits = InboundEvent.objects.create(
        channel=there, dedupe_key="w", queue_key="w", kind="message", due_at=now.at - timedelta(seconds=1)
    )
    broadcasting.step(row.pk)
    row.refresh_from_db()
    assert row.due_at == now.at + timedelta(seconds=4)
    now.at = row.due_at
    OutboundMessage.objects.open().update(state="sent")
    InboundEvent.objects.filter(pk=waits.pk).update(state="done")
    broadcasting.step(row.pk)
    row.refresh_from_db()
    assert row.due_at == now.at + timedelta(seconds=1)


def test_a_slow_platform_is_waited_for(now: Now, there: Channel) -> None:
    crowd(there, 40)
    row = released(there, per_second=10)
    for _step in range(10):
        row.refresh_from_db()
        assert row.due_at is not None
        now.at = row.due_at
        broadcasting.step(row.pk)
    assert sum(got().values()) == broadcasting.MOST_WAITING


def test_stop_acts_at_once_and_takes_back_what_waits(now: Now, there: Channel) -> None:
    crowd(there, 30)
    row = released(there, per_second=10)
    broadcasting.step(row.pk)
    OutboundMessage.objects.filter(pk__in=OutboundMessage.objects.order_by("pk").values("pk")[:4]).update(state="sent")
    user = User.objects.create_superuser("root")
    assert broadcasts.stop(row, user) == 1
    now.move(minutes=5)
    assert not broadcasting.step(row.pk)
    assert Counter(OutboundMessage.objects.values_list("state", flat=True)) == {"sent": 4, "discarded": 1}
    entry = AuditEntry.objects.filter(subject__startswith="bots.broadcast").first()
    assert entry is not None
    assert (entry.actor, entry.field_names) == ("root", ["state"])
    with pytest.raises(broadcasts.Refused):
        broadcasts.stop(row, user)
    broadcasts.release(row, user)  # goes on where it was stopped
    run(row, now)
    assert set(got().values()) == {1}
    assert sum(got().values()) == 30


def test_it_begins_at_its_local_time(now: Now, there: Channel) -> None:
    crowd(there, 1)
    row = released(there, local="2026-12-01T09:00:00", zone="Europe/Berlin")
    assert row.due_at == datetime(2026, 12, 1, 8, 0, tzinfo=UTC)
    assert not broadcasting.step(row.pk)
    assert broadcasting.wake_due() == 0
    now.at = row.due_at - timedelta(seconds=3)
    assert broadcasting.wake_due() == 1
    with pytest.raises(broadcasts.Refused):
        released(there, local="2026-11-01T09:00:00", zone="Europe/Berlin")
    with pytest.raises(broadcasts.Refused):
        broadcasts.check("text", "", "tomorrow", "")
    with pytest.raises(broadcasts.Refused):
        broadcasts.check(" ", "", "", "")


def test_quiet_hours_hold_a_person_back_until_they_end(now: Now, there: Channel) -> None:
    awake = make_chat(there, "awake", zone="Asia/Shanghai")
    asleep = make_chat(there, "asleep", zone="Europe/Berlin")  # 03:00
    row = released(there)
    broadcasting.step(row.pk)
    broadcasting.step(row.pk)
    assert got() == {awake.person_id: 1}
    run(row, now)
    assert got() == {awake.person_id: 1, asleep.person_id: 1}
    assert now.at >= datetime(2026, 11, 30, 6, 0, tzinfo=UTC)
    assert Broadcast.objects.get().state == State.DONE


@pytest.mark.parametrize("word", ["unsubscribe", "Unsubscribe.", "退订", "退訂", "/unsubscribe", "/退订", "“退订”"])
def test_a_word_ends_broadcasts_and_what_waits_of_them(now: Now, there: Channel, word: str) -> None:
    chat = make_chat(there)
    row = released(there)
    broadcasting.step(row.pk)
    say(there, word, chat="ann", chat_type="private")
    chat.person.refresh_from_db()
    assert chat.person.unsubscribed_at is not None
    assert list(OutboundMessage.objects.filter(message__meta__kind="broadcast").values_list("state", flat=True)) == [
        "discarded"
    ]
    say(there, "/subscribe", chat="ann", chat_type="private")
    chat.person.refresh_from_db()
    assert chat.person.unsubscribed_at is None


@pytest.mark.parametrize("text", ["how do I unsubscribe from a newsletter?", "退订怎么做？我想知道报纸的", "stop"])
def test_a_sentence_about_it_does_not(now: Now, there: Channel, text: str, model: Any) -> None:
    chat = make_chat(there)
    say(there, text, chat="ann", chat_type="private")
    chat.person.refresh_from_db()
    assert chat.person.unsubscribed_at is None


def test_answers_do_not_wait_for_a_broadcast(now: Now, there: Channel) -> None:
    """Rows of other chats stand in other queues, and no transaction of a step is long."""
    crowd(there, 60)
    row = released(there, per_second=100)
    broadcasting.step(row.pk)
    assert sum(got().values()) <= broadcasting.CHUNK
    say(there, "/status", chat="visitor", chat_type="private")
    answer = OutboundMessage.objects.get(message__inbound__isnull=False)
    assert answer.attempts == 1  # it was tried at once, behind nothing


def test_switched_off_bots_and_channels_are_not_written_by(now: Now, there: Channel) -> None:
    crowd(there, 2)
    use_policy(there, enabled=False)
    row = released(there)
    run(row, now)
    assert not got()
    assert broadcasts.progress(row).left_out == {"no_chat": 2}


def test_links_and_erasure_take_labels_wishes_and_recipients_along(now: Now, there: Channel) -> None:
    ann, ben = make_chat(there), make_chat(there, "ben")
    Label.objects.create(bot=there.bot, name="guests").people.add(ben.person)
    Person.objects.filter(pk=ben.person_id).update(unsubscribed_at=now.at)
    linking.link(ann.person, ben.person, ROOT)
    ann.person.refresh_from_db()
    assert ann.person.unsubscribed_at is not None
    assert [label.name for label in ann.person.labels.all()] == ["guests"]
    run(released(there), now)
    assert list(BroadcastPerson.objects.values_list("person", "why")) == [(ann.person_id, "unsubscribed")]
    erased = erasure.erase(ann.person, ROOT)
    assert erased.counts["broadcasts"] == 1
    assert not BroadcastPerson.objects.exists()


def test_without_broadcasts_the_sweep_asks_one_question(now: Now, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert broadcasting.wake_due() == 0


def test_the_sweep_finds_a_broadcast_whose_wake_up_is_lost(
    now: Now, there: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = released(there)
    woken: list[tuple[str, int]] = []
    monkeypatch.setattr(wakeups, "send", lambda task, pk, *_args, **_options: woken.append((task, pk)))
    queues.sweep()
    assert (wakeups.BROADCAST, row.pk) in woken
