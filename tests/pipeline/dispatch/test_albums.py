"""The parts of an album are one turn, however they arrive."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone

from adapters.events import Attachment, EventKind
from bots.models import Channel, InboundEvent, Message, OutboundMessage, ReceivedFile
from bots.operations import queues
from bots.pipeline import inbox
from bots.pipeline.dispatch import gathering
from tests.adapters.builders import message
from tests.builders import answers, make_event, say, state_of
from tests.peers import BotApi, StubModel
from tests.pipeline.dispatch.waiting_rows import wait, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

State = InboundEvent.State
SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s"}
CHAT = {"id": 991, "type": "private", "first_name": "Mia"}
_updates = itertools.count(7000)


def part(number: int, caption: str = "", *, album: str = "31", update_id: int = 0, **fields: Any) -> dict[str, Any]:
    """Returns the update with the photo of this number."""
    photo = [{"file_id": f"photo-{number}", "width": 9, "height": 9}]
    text = {"caption": caption} if caption else {}
    return message(
        None,
        update_id=update_id or next(_updates),
        message_id=number,
        chat=CHAT,
        media_group_id=album,
        photo=photo,
        **text,
        **fields,
    )


def deliver(channel: Channel, client: Client, *updates: dict[str, Any]) -> None:
    for update in updates:
        answer = client.post(channel.webhook_path, data=update, content_type="application/json", headers=SECRET)
        assert answer.status_code == 200


def the_question() -> Message:
    return Message.objects.get(role="user")


def photos(asked: Message) -> list[str]:
    return [item["id"] for item in asked.attachments]


def test_an_album_gets_one_answer_and_the_model_sees_all_of_it(
    channel: Channel, client: Client, model: StubModel
) -> None:
    deliver(channel, client, part(1, "Which looks best?"), part(2), part(3))
    assert work() == 0
    wait(1.6)
    assert work() == 1
    asked = the_question()
    assert (asked.text, photos(asked)) == ("Which looks best?", ["photo-1", "photo-2", "photo-3"])
    assert len(answers()) == OutboundMessage.objects.count() == 1
    assert [file.position for file in ReceivedFile.objects.order_by("position")] == [0, 1, 2]
    assert not InboundEvent.objects.exclude(state=State.DONE).exists()


def test_parts_are_in_the_persons_order_and_any_may_have_a_text(
    channel: Channel, client: Client, model: StubModel
) -> None:
    deliver(channel, client, part(3, "and the third"), part(1), part(2, "the second"))
    wait(1.6)
    assert work() == 1
    assert (the_question().text, photos(the_question())) == (
        "the second\nand the third",
        ["photo-1", "photo-2", "photo-3"],
    )


def test_a_part_that_came_a_moment_ago_is_waited_for(channel: Channel, client: Client, model: StubModel) -> None:
    deliver(channel, client, part(1, "hm?"))
    wait(1.4)
    deliver(channel, client, part(2))
    wait(0.2)
    assert work() == 0  # the first is due, the second is too fresh
    first = InboundEvent.objects.order_by("pk")[0]
    assert (first.state, first.attempts, first.owner) == (State.PENDING, 0, "")
    wait(1.4)
    assert work() == 1
    assert photos(the_question()) == ["photo-1", "photo-2"]


def test_parts_are_not_waited_for_without_end(channel: Channel, client: Client, model: StubModel) -> None:
    for number in range(1, 8):
        deliver(channel, client, part(number))
        wait(1.2)
    assert work() == 1


def test_a_clock_that_was_set_back_holds_nothing(channel: Channel, client: Client, model: StubModel) -> None:
    deliver(channel, client, part(1, "hm?"))
    InboundEvent.objects.update(received_at=timezone.now() + timedelta(hours=1), due_at=timezone.now())
    assert work() == 1


def test_a_redelivery_adds_nothing(channel: Channel, client: Client, model: StubModel) -> None:
    first, second = part(1, "hm?"), part(2)
    deliver(channel, client, first, second, first)
    wait(1.6)
    work()
    deliver(channel, client, second, first)
    wait(1.6)
    assert (work(), len(answers()), InboundEvent.objects.count()) == (0, 1, 2)


def test_a_part_that_comes_after_the_answer_is_not_lost(channel: Channel, client: Client, model: StubModel) -> None:
    deliver(channel, client, part(1, "hm?"), part(2))
    wait(1.6)
    work()
    deliver(channel, client, part(3))
    wait(1.6)
    assert work() == 1
    assert [photos(asked) for asked in Message.objects.filter(role="user").order_by("pk")] == [
        ["photo-1", "photo-2"],
        ["photo-3"],
    ]


def test_the_order_with_other_messages_stays(channel: Channel, client: Client, model: StubModel) -> None:
    text = message("and this", update_id=next(_updates), message_id=9, chat=CHAT)
    deliver(channel, client, message("before", update_id=next(_updates), message_id=1, chat=CHAT), part(2), text)
    deliver(channel, client, part(3, "which?"))
    assert work() == 1  # what was before the album waits for nothing
    wait(1.6)
    work()
    said = list(Message.objects.filter(role="user").order_by("pk").values_list("text", flat=True))
    assert said == ["before", "which?", "and this"]


def test_albums_of_two_people_and_two_albums_of_one_stay_apart(
    channel: Channel, client: Client, model: StubModel
) -> None:
    channel.group_policy = "all"
    channel.save()
    group = {"id": -5, "type": "group", "title": "G"}
    ann, bob = ({"id": number, "is_bot": False, "first_name": str(number)} for number in (41, 42))
    for number, album, sender in ((1, "a", ann), (2, "b", ann), (3, "a", bob), (4, "a", ann), (5, "b", ann)):
        deliver(channel, client, part(number, album=album))
        row = InboundEvent.objects.order_by("-pk")[0]
        row.payload |= {"user_id": str(sender["id"]), "chat_id": str(group["id"]), "chat_type": "group"}
        row.queue_key = f"{channel.pk}:-5:"
        row.save()
    wait(1.6)
    work()
    found = [photos(asked) for asked in Message.objects.filter(role="user").order_by("pk")]
    assert found == [["photo-1", "photo-4"], ["photo-2", "photo-5"], ["photo-3"]]


def test_in_a_group_the_mention_in_one_caption_is_for_the_album(
    channel: Channel, client: Client, model: StubModel
) -> None:
    channel.credentials = channel.credentials | {"username": "RobinBot"}
    channel.save()
    group = {"id": -6, "type": "group", "title": "G"}
    updates = [part(1), part(2, "@RobinBot which?"), part(3)]
    for update in updates:
        update["message"] |= {"chat": group, "from": {"id": 43, "is_bot": False, "first_name": "Ann"}}
    deliver(channel, client, *updates)
    wait(1.6)
    work()
    assert (the_question().text, len(photos(the_question())), len(answers())) == ("which?", 3, 1)


@pytest.mark.parametrize("statement", range(1, 9))
def test_a_kill_while_the_parts_are_joined_loses_none(
    statement: int, channel: Channel, client: Client, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database fails at one statement after the other; then the sweep takes the rows of the dead worker."""
    from django.db import connection

    deliver(channel, client, part(1, "hm?"), part(2), part(3))
    wait(1.6)
    count = itertools.count()

    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if next(count) == statement:
            raise DatabaseError("killed")
        return execute(sql, *rest)

    real = gathering.gather

    def gather(row: InboundEvent, of: Channel) -> bool:
        with connection.execute_wrapper(fail):
            return real(row, of)

    monkeypatch.setattr(gathering, "gather", gather)
    work()
    monkeypatch.setattr(gathering, "gather", real)
    wait(60)
    InboundEvent.objects.filter(state=State.PROCESSING).update(state=State.PENDING, owner="")
    work()
    assert (photos(the_question()), len(answers())) == (["photo-1", "photo-2", "photo-3"], 1)


def test_an_edit_of_any_caption_reaches_the_message(channel: Channel, client: Client, model: StubModel) -> None:
    deliver(channel, client, part(1, "one"), part(2, "two"))
    wait(1.6)
    work()
    for number, text in ((2, "second"), (1, "first")):
        update = part(number, text)
        deliver(channel, client, {"update_id": next(_updates), "edited_message": update["message"]})
    work()
    assert the_question().text == "first\nsecond"
    assert len(answers()) == 1


def test_a_deleted_part_goes_and_the_others_stay(channel: Channel, client: Client, model: StubModel) -> None:
    deliver(channel, client, part(1, "one"), part(2, "two"))
    wait(1.6)
    work()
    row = InboundEvent.objects.order_by("pk")[0]
    assert ReceivedFile.objects.count() == 2

    def delete(number: int) -> None:
        say(channel, "", kind=EventKind.DELETE, chat="991", message_id=str(number), target_message_id=str(number))

    delete(2)
    asked = the_question()
    assert (asked.text, [item["type"] for item in asked.attachments]) == ("one", ["image", "deleted"])
    assert ReceivedFile.objects.get().position == 0
    assert Message.objects.get(role="assistant").forgotten
    row.refresh_from_db()
    assert "two" not in str(row.payload)
    assert "photo-2" not in str(row.payload)
    delete(1)
    assert not Message.objects.filter(role="user").exists()
    assert not ReceivedFile.objects.exists()


def test_the_row_of_a_part_is_not_replayed(channel: Channel, client: Client, model: StubModel, api: BotApi) -> None:
    deliver(channel, client, part(1, "one"), part(2, "two"))
    wait(1.6)
    work()
    first, second = InboundEvent.objects.order_by("pk")
    assert "text" not in second.payload
    assert queues.replay_inbound([first.pk, second.pk]) == 1
    assert work() == 1
    assert len(answers()) == 2
    assert state_of(second) == State.DONE


def test_an_album_whose_size_is_known_is_answered_when_it_is_whole(channel: Channel, model: StubModel) -> None:
    """As LINE sends them: each part says which one of how many it is; the last reply token is the one to use."""

    def image(place: int) -> None:
        inbox.accept(
            channel,
            [
                make_event(
                    "",
                    album="S1",
                    album_place=place,
                    album_size=3,
                    attachments=(Attachment("image", f"photo-{place}"),),
                    reply_token=f"token-{place}",
                )
            ],
        )

    image(2)
    image(3)
    assert work() == 0
    image(1)
    assert work() == 1
    assert photos(the_question()) == ["photo-1", "photo-2", "photo-3"]
    assert OutboundMessage.objects.get().payload["reply_token"] == "token-1"
