"""Kinds of broadcasts that made similar products fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bots.models import Broadcast, BroadcastPerson, Channel, Label, Message, OutboundMessage, Person
from bots.operations import broadcasts
from bots.people import erasure, subscription
from bots.reminders import audience, broadcasting
from tests.builders import make_channel, say, use_policy
from tests.reminders.builders import Now, make_chat
from tests.reminders.test_broadcasting import ROOT, crowd, got, make_broadcast, released, run

pytestmark = [
    pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only"),
]  # fmt: skip

State = Broadcast.State


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    return Now(monkeypatch)


@pytest.fixture
def there() -> Channel:
    return make_channel()


def steps(row: Broadcast, now: Now, count: int) -> None:
    for _step in range(count):
        row.refresh_from_db()
        assert row.due_at is not None
        now.at = max(now.at, row.due_at)
        broadcasting.step(row.pk)
        OutboundMessage.objects.open().update(state="sent")


def test_a_person_of_two_labels_and_two_accounts_gets_it_once(now: Now, there: Channel) -> None:
    # knadh/listmonk#1962, SuiteCRM/SuiteCRM#6420
    chat = make_chat(there)
    for name in ("guests", "friends"):
        Label.objects.create(bot=there.bot, name=name).people.add(chat.person)
    other = make_channel(there.bot)
    second = make_chat(other, "ann2")
    second.person = chat.person
    second.save()
    row = make_broadcast(there)
    row.labels.set(Label.objects.all())
    broadcasts.release(row, ROOT)
    run(row, now)
    assert got() == {chat.person_id: 1}


def test_a_pause_in_the_middle_repeats_nobody_and_forgets_nobody(now: Now, there: Channel) -> None:
    # knadh/listmonk#2070, #2313, #2168, #1222; putyourlightson/craft-campaign#66
    chats = crowd(there, 23)
    row = released(there, per_second=10)
    for _pause in range(3):
        steps(row, now, 1)
        broadcasts.stop(row, ROOT)
        now.move(hours=1)
        broadcasts.release(row, ROOT)
    run(row, now)
    row.refresh_from_db()
    assert (row.state, row.sent) == (State.DONE, 23)
    assert got() == {chat.person_id: 1 for chat in chats}


def test_who_is_still_to_come_gets_the_text_that_was_corrected(now: Now, there: Channel) -> None:
    # knadh/listmonk#2014
    crowd(there, 8)
    row = released(there, per_second=10)
    steps(row, now, 1)
    broadcasts.stop(row, ROOT)
    Broadcast.objects.filter(pk=row.pk).update(text="We are closed on Monday.")
    broadcasts.release(row, ROOT)
    run(row, now)
    texts = [
        text.split("\n")[0] for text in Message.objects.filter(meta__kind="broadcast").values_list("text", flat=True)
    ]
    assert sorted(texts) == ["We are closed on Monday."] * 3 + ["We are closed tomorrow."] * 5


def test_a_smaller_segment_holds_for_who_is_still_to_come(now: Now, there: Channel) -> None:
    # parcelvoy/platform#612
    chats = crowd(there, 8)
    label = Label.objects.create(bot=there.bot, name="guests")
    label.people.add(chats[-1].person)
    row = released(there, per_second=10)
    steps(row, now, 1)
    broadcasts.stop(row, ROOT)
    row.labels.set([label])
    broadcasts.release(row, ROOT)
    run(row, now)
    row.refresh_from_db()
    assert row.state == State.DONE
    assert set(got()) == {chat.person_id for chat in [*chats[:5], chats[-1]]}


@pytest.mark.parametrize(
    "words",
    [
        "Unsubscribe, please", "please unsubscribe me", "opt out", "unsubscribe me from this. Thanks",
        "请退订，谢谢", "麻烦取消订阅", "我要退订", "TD",
    ],
)  # fmt: skip
def test_polite_words_around_the_opt_out_do_not_hide_it(now: Now, there: Channel, words: str) -> None:
    # p2pu/learning-circles#593, braze-inc/braze-docs#10177
    chat = make_chat(there)
    say(there, words, chat="ann", chat_type="private")
    chat.person.refresh_from_db()
    assert chat.person.unsubscribed_at is not None


@pytest.mark.parametrize(
    "words", ["STOP", "Stop. Thank you", "stop sending me these messages", "别再发了", "不要给我发广告了", "拒收"]
)
def test_stop_right_after_a_broadcast_ends_broadcasts(now: Now, there: Channel, words: str) -> None:
    # ProgressiveCoders/Spoke#1016, medic/cht-core#476, codeforamerica/promptly#159
    chat = make_chat(there)
    run(released(there), now)
    say(there, words, chat="ann", chat_type="private")
    chat.person.refresh_from_db()
    assert chat.person.unsubscribed_at is not None


def test_stop_elsewhere_ends_an_answer_and_no_broadcasts(now: Now, there: Channel) -> None:
    chat = make_chat(there)
    run(released(there), now)
    say(there, "/status", chat="ann", chat_type="private")
    say(there, "stop", chat="ann", chat_type="private")
    say(there, "Count me in! We have to stop this bill", chat="ann", chat_type="private")
    chat.person.refresh_from_db()
    assert chat.person.unsubscribed_at is None


def test_who_unsubscribes_while_the_step_reads_gets_nothing(
    now: Now, there: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CitizenLabDotCo/citizenlab#14473
    chat = make_chat(there)
    refusals = audience.refusals

    def leaves(*arguments: Any) -> Any:
        subscription.leave(chat.person, now.at)
        return refusals(*arguments)

    monkeypatch.setattr(audience, "refusals", leaves)
    row = released(there)
    run(row, now)
    assert not got()
    assert broadcasts.progress(row).left_out == {"unsubscribed": 1}


def test_who_is_erased_while_quiet_hours_hold_the_message_is_passed_over(now: Now, there: Channel) -> None:
    gone = make_chat(there, "gone", zone="Europe/Berlin")  # 03:00
    stays = make_chat(there, "stays", zone="Europe/Berlin")
    row = released(there)
    steps(row, now, 1)
    assert BroadcastPerson.objects.filter(state="later").count() == 2
    erasure.erase(gone.person, ROOT)
    run(row, now)
    assert got() == {stays.person_id: 1}


def test_who_comes_while_it_is_sent_is_not_of_its_audience(now: Now, there: Channel) -> None:
    # spatie/mailcoach-support#248: more sends than people
    chats = crowd(there, 7)
    row = released(there, per_second=10)
    steps(row, now, 1)
    crowd(there, 3, begin=50)
    run(row, now)
    assert set(got()) == {chat.person_id for chat in chats}


def test_a_broadcast_to_nobody_ends_and_says_so(now: Now, there: Channel) -> None:
    # twentyhq/twenty#25563
    row = released(there)
    run(row, now)
    row.refresh_from_db()
    assert (row.state, row.sent, row.left_out) == (State.DONE, 0, 0)


def test_a_channel_that_is_switched_off_in_the_middle_ends_it_without_doubles(now: Now, there: Channel) -> None:
    # pentacent/keila#165
    chats = crowd(there, 8)
    row = released(there, per_second=10)
    steps(row, now, 1)
    use_policy(there, enabled=False)
    run(row, now)
    row.refresh_from_db()
    assert (row.state, row.sent, row.left_out) == (State.DONE, 5, 3)
    assert set(got()) == {chat.person_id for chat in chats[:5]}


@pytest.mark.parametrize(
    ("local", "moment"),
    [
        ("2027-03-27T09:00:00", datetime(2027, 3, 27, 8, tzinfo=UTC)),
        ("2027-03-28T09:00:00", datetime(2027, 3, 28, 7, tzinfo=UTC)),
        ("2027-03-28T02:30:00", datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        ("2027-10-31T02:30:00", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ],
)
def test_its_wall_time_holds_on_both_days_of_summer_time(
    now: Now, there: Channel, local: str, moment: datetime
) -> None:
    # mautic/mautic#10612, signalapp/Signal-Android#13493, #13232
    assert released(there, local=local, zone="Europe/Berlin").due_at == moment


def test_a_worker_that_takes_longer_than_a_step_keeps_the_pace(now: Now, there: Channel) -> None:
    # yagop/node-telegram-bot-api#1196, BEDOLAGA-DEV/remnawave-bedolaga-telegram-bot#1936
    crowd(there, 20)
    row = released(there, per_second=5)
    began = now.at
    run(row, now)
    assert now.at - began >= timedelta(seconds=3)
    assert sum(got().values()) == Person.objects.filter(bot=there.bot).count() == 20
