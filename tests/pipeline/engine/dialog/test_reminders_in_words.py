"""A reminder in a person's words goes through the whole pipeline, and the next message answers the bot's question."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from bots.models import Channel, Message, Occurrence, OutboundMessage, Person, Schedule
from bots.people import identities
from skills import catalogue, seed
from tests.builders import make_channel, say
from tests.noon import where_it_is_noon
from tests.reminders.builders import make_chat, make_schedule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("words_only")]


@pytest.fixture
def there() -> Channel:
    seed.seed_built_in()
    catalogue.clear_cache()
    return make_channel()


@pytest.fixture
def by_day(there: Channel) -> Channel:
    """The same, for a person who has written and for whom it is noon: at night the bot asks what "tomorrow" means."""
    say(there, "hello", chat="ann", chat_type="private")
    make_it_noon()
    return there


def make_it_noon() -> None:
    Person.objects.update(time_zone=where_it_is_noon())
    identities.clear_cache()


def ask(channel: Channel, text: str) -> str:
    """Takes a message through the pipeline; returns the answer."""
    row = say(channel, text, chat="ann", chat_type="private")
    return Message.objects.get(inbound=row, role="assistant").text


@pytest.mark.parametrize("words", ["cancel it", "oh, never mind", "算了", "不好意思，取消吧", "undo that please"])
def test_a_reminder_just_made_is_taken_back(by_day: Channel, words: str) -> None:
    ask(by_day, "提醒我明天下午三点开会")
    answer = ask(by_day, words)
    assert "开会" in answer
    assert answer.startswith(("Cancelled: ", "已取消："))
    assert Schedule.objects.get().state == Schedule.State.CANCELLED


def test_both_reminders_of_one_message_are_taken_back(by_day: Channel) -> None:
    ask(by_day, "提醒我明天下午两点吃药，明天晚上九点睡觉")
    assert ask(by_day, "算了").splitlines() == ["已取消：吃药", "已取消：睡觉", "不会再提醒你了。"]
    assert not Schedule.objects.open().exists()


@pytest.mark.parametrize("between", ["a while", "another message", "nothing, but it is no such word"])
def test_what_is_not_right_after_it_takes_nothing_back(by_day: Channel, between: str) -> None:
    ask(by_day, "提醒我明天下午三点开会")
    if between == "a while":
        Message.objects.update(occurred_at=timezone.now() - timedelta(minutes=11))
    elif between == "another message":
        ask(by_day, "现在几点")
    ask(by_day, "算了吧，今天天气真好" if between.startswith("nothing") else "算了")
    assert Schedule.objects.get().state == Schedule.State.ACTIVE


def test_somebody_elses_word_in_the_group_takes_nothing_back(by_day: Channel) -> None:
    group = {"chat": "team", "chat_type": "group", "mentions_bot": True}
    say(by_day, "提醒我明天下午三点开会", user="ann", **group)
    say(by_day, "cancel it", user="ben", **group)
    assert Schedule.objects.get().state == Schedule.State.ACTIVE


def hour_of(row: Schedule) -> str:
    return str(row.local).replace(" ", "T")[11:16]


def test_a_reminder_is_made_listed_moved_and_cancelled(by_day: Channel) -> None:
    assert "15:00提醒你：开会" in ask(by_day, "提醒我明天下午三点开会")
    row = Schedule.objects.get()
    assert (row.text, hour_of(row), row.rule) == ("开会", "15:00", "")
    assert "16:00" in ask(by_day, "改到四点")
    row.refresh_from_db()
    assert hour_of(row) == "16:00"
    assert "16:00：开会" in ask(by_day, "我有哪些提醒")
    assert ask(by_day, "取消提醒") == "已取消：开会"
    row.refresh_from_db()
    assert row.state == Schedule.State.CANCELLED


def test_the_next_message_answers_the_question_for_a_time(by_day: Channel) -> None:
    assert ask(by_day, "remind me the day after tomorrow at 6 to leave").startswith("Which time do you mean?")
    assert not Schedule.objects.exists()
    assert "at 18:00: leave" in ask(by_day, "pm")
    row = Schedule.objects.get()
    assert (row.text, hour_of(row)) == ("leave", "18:00")


def test_a_question_about_something_else_does_not_fill_the_time(by_day: Channel) -> None:
    ask(by_day, "提醒我喝水")
    assert ask(by_day, "现在几点了").startswith("现在是")
    assert not Schedule.objects.exists()


def test_without_a_reminder_that_came_nothing_is_put_off(there: Channel) -> None:
    assert ask(there, "snooze 10 min") == "No reminder came lately that I could repeat."


def test_the_reminder_that_came_last_comes_again(there: Channel) -> None:
    tomorrow = f"{timezone.now() + timedelta(days=1):%Y-%m-%d}T09:00"
    row = make_schedule(make_chat(there), tomorrow, now=timezone.now(), text="drink water")
    row.last_local, row.last_at = row.next_local, timezone.now() - timedelta(minutes=1)
    row.aim(None)
    row.save()
    Occurrence.objects.create(schedule=row, local=row.last_local, due_at=row.last_at)
    make_it_noon()
    assert ask(there, "snooze 10 min").startswith("I will remind you again today")
    again = Schedule.objects.exclude(pk=row.pk).get()
    assert again.text == "drink water"


@pytest.mark.parametrize(
    ("first", "second", "task", "unset"),
    [
        ("每月最后一天提醒我交房租", "下周三下午三点开会，提前十分钟提醒", "开会", "上一个提醒没有设置"),
        ("每月最后一天提醒我交房租", "周五晚上八点吃药，提醒我", "吃药", "上一个提醒没有设置"),
    ],
)
def test_a_request_of_its_own_is_no_answer_to_the_open_question(
    by_day: Channel, first: str, second: str, task: str, unset: str
) -> None:
    ask(by_day, first)
    assert unset in ask(by_day, second)
    assert [one.text for one in Schedule.objects.all()] == [task]


@pytest.mark.parametrize(
    ("asked", "labels", "press"),
    [
        ("remind me the day after tomorrow at 6 to leave", 2, 1),
        ("明天6点提醒我出发", 2, 1),
        ("remind me tomorrow to leave", 3, 2),
    ],
)
def test_the_choices_of_a_time_are_buttons(by_day: Channel, asked: str, labels: int, press: int) -> None:
    question = ask(by_day, asked)
    kept = Message.objects.filter(role="assistant").latest("pk")
    texts = kept.meta[Message.BUTTONS]
    assert len(texts) == labels == question.count(". ")
    assert all(len(text) <= 20 for text in texts)
    data = OutboundMessage.objects.latest("pk").payload["data"]
    shown = [button for row in data["buttons"] for button in row]
    assert all(button["listed"] for button in shown)
    assert "18:00" in ask(by_day, shown[press]["data"])
    assert hour_of(Schedule.objects.get()) == "18:00"


def test_the_number_of_a_choice_is_still_taken(by_day: Channel) -> None:
    ask(by_day, "remind me the day after tomorrow at 6 to leave")
    assert "at 06:00: leave" in ask(by_day, "1")


def test_the_new_time_of_a_reminder_has_buttons_too(by_day: Channel) -> None:
    ask(by_day, "remind me the day after tomorrow at 15:00 to leave")
    ask(by_day, "move the reminder to Friday next week or Saturday at 7")
    for row in Message.objects.filter(role="assistant", meta__has_key=Message.BUTTONS):
        assert all(len(text) <= 20 for text in row.meta[Message.BUTTONS])


@pytest.mark.parametrize("words", ["cancel it", "delete that one please", "取消吧", "把它删掉"])
@pytest.mark.parametrize("listing", ["show my reminders", "/reminders"])
def test_cancel_it_after_the_list_ends_the_only_one(by_day: Channel, words: str, listing: str) -> None:
    ask(by_day, "提醒我明天下午三点开会")
    ask(by_day, listing)
    assert ask(by_day, words) in ("Cancelled: 开会", "已取消：开会")
    assert not Schedule.objects.open().exists()


def test_cancel_it_after_a_list_of_several_asks_which_one(by_day: Channel) -> None:
    ask(by_day, "remind me tomorrow at 15:00 to call Anna")
    ask(by_day, "remind me tomorrow at 17:00 to swim")
    ask(by_day, "what are my reminders?")
    assert ask(by_day, "cancel it").startswith("Which one shall I cancel?")
    assert Schedule.objects.open().count() == 2
    assert ask(by_day, "the swim one") == "Cancelled: swim"
    ask(by_day, "/reminders")
    assert ask(by_day, "delete them all") == "Cancelled: call Anna"


@pytest.mark.parametrize("words", ["never mind", "算了", "cancel my flight", "stop"])
def test_other_words_after_the_list_end_none(by_day: Channel, words: str) -> None:
    ask(by_day, "remind me tomorrow at 15:00 to call Anna")
    ask(by_day, "/reminders")
    ask(by_day, words)
    assert Schedule.objects.open().count() == 1


def test_cancel_it_long_after_the_list_ends_none(by_day: Channel) -> None:
    ask(by_day, "remind me tomorrow at 15:00 to call Anna")
    ask(by_day, "/reminders")
    ask(by_day, "what time is it?")
    ask(by_day, "cancel it")
    assert Schedule.objects.open().count() == 1
