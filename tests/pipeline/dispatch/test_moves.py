"""A group or a person with a new id keeps memory, policy and conversation."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.utils import timezone

from bots.models import (
    AuditEntry,
    Channel,
    Conversation,
    Identity,
    InboundEvent,
    Message,
    OutboundMessage,
    Person,
)
from bots.people import linking
from bots.pipeline import inbox
from bots.pipeline.dispatch import moves
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.outbox import proactive
from memory.models import MemoryEntry
from tests.adapters.builders import message
from tests.adapters.contract import CASES
from tests.adapters.whatsapp.builders import notified
from tests.builders import answers, make_bot, make_channel, make_outbound, say, state_of, use_policy
from tests.http_server import Server, json_answer
from tests.peers import BotApi, StubModel

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases, pytest.mark.usefixtures("words_only")]

SECRET = {"X-Telegram-Bot-Api-Secret-Token": "s"}
OLD, NEW = "-4711", "-1004711"
OLD_CHAT = {"id": int(OLD), "type": "group", "title": "Crew"}
NEW_CHAT = {"id": int(NEW), "type": "supergroup", "title": "Crew"}
_updates = itertools.count(5000)


@pytest.fixture
def group(channel: Channel) -> Channel:
    """The Telegram channel, whose bot answers everything in groups."""
    use_policy(channel, group_policy="all")
    return channel


def post(channel: Channel, client: Client, chat: dict[str, Any], text: str | None = None, **fields: Any) -> None:
    update = message(text, update_id=next(_updates), message_id=next(_updates), chat=chat, **fields)
    answer = client.post(channel.webhook_path, data=update, content_type="application/json", headers=SECRET)
    assert answer.status_code == 200


def work() -> None:
    """Takes all due rows until none is left, as workers and sweep do."""
    while rows := inbox.due():
        for row_id, _platform in rows:
            MessageDispatcher().process(row_id)


def account(channel: Channel, external_id: str) -> Identity | None:
    return Identity.objects.filter(channel=channel, external_id=external_id).select_related("person").first()


def moved_to(client: Client, channel: Channel, *, first: str = "to") -> None:
    """Delivers both notices of the migration."""
    notices = [
        lambda: post(channel, client, OLD_CHAT, migrate_to_chat_id=int(NEW)),
        lambda: post(channel, client, NEW_CHAT, migrate_from_chat_id=int(OLD)),
    ]
    for notice in notices if first == "to" else reversed(notices):
        notice()


def said(model: StubModel) -> str:
    """Returns the last prompt as one text."""
    return json.dumps(model.prompts[-1], ensure_ascii=False)


@pytest.mark.parametrize("first", ["to", "from"])
def test_a_group_that_becomes_a_supergroup_goes_on(
    first: str, group: Channel, client: Client, model: StubModel
) -> None:
    post(group, client, OLD_CHAT, "our harbour day is the 9th of May")
    work()
    before = Person.objects.get(kind="group")
    Person.objects.filter(pk=before.pk).update(group_policy="all")
    moved_to(client, group, first=first)
    post(group, client, NEW_CHAT, "when is our harbour day?")
    work()
    after = account(group, f"group:{NEW}")
    assert after is not None
    assert (after.person_id, after.person.group_policy) == (before.pk, "all")
    assert "9th of May" in said(model)
    assert Conversation.objects.get().chat_id == NEW
    assert OutboundMessage.objects.latest("pk").payload["chat_id"] == NEW
    assert account(group, f"group:{OLD}") is None
    entry = AuditEntry.objects.get(action="move")
    assert (entry.actor, entry.counts) == ("the platform", {"accounts": 1, "conversations": 1})


def test_messages_in_the_new_chat_wait_for_the_notice_and_those_of_the_old_one_come_first(
    group: Channel, client: Client, model: StubModel
) -> None:
    """All of it waits when the worker comes back."""
    post(group, client, OLD_CHAT, "first")
    moved_to(client, group)
    post(group, client, NEW_CHAT, "second")
    work()
    assert list(Message.objects.filter(role="user").order_by("pk").values_list("text", flat=True)) == [
        "first",
        "second",
    ]
    assert {row.payload["chat_id"] for row in OutboundMessage.objects.all()} <= {OLD, NEW}
    assert Person.objects.filter(kind="group").count() == Conversation.objects.count() == 1


def test_a_turn_that_runs_in_the_old_chat_ends_first(group: Channel, client: Client, model: StubModel) -> None:
    post(group, client, OLD_CHAT, "first")
    (row,) = InboundEvent.objects.all()
    assert inbox.claim(row.pk) is not None
    post(group, client, OLD_CHAT, migrate_to_chat_id=int(NEW))
    notice = InboundEvent.objects.latest("pk")
    MessageDispatcher().process(notice.pk)
    notice.refresh_from_db()
    assert (notice.state, notice.attempts) == ("pending", 0)
    assert notice.due_at > timezone.now()
    InboundEvent.objects.filter(pk=row.pk).update(state="pending", owner="")
    InboundEvent.objects.update(due_at=timezone.now())
    work()
    assert Conversation.objects.get().chat_id == NEW
    assert len(answers()) == 1


def test_a_new_id_that_is_known_already_is_joined_and_no_row_is_lost(
    group: Channel, client: Client, model: StubModel
) -> None:
    post(group, client, OLD_CHAT, "the boat is called Ida")
    work()
    post(group, client, NEW_CHAT, "the mast is nine metres")
    work()
    old, new = (account(group, f"group:{one}") for one in (OLD, NEW))
    assert old
    assert new
    Person.objects.filter(pk=new.person_id).update(group_policy="off", blocked=True)
    counts = (Message.objects.count(), OutboundMessage.objects.count(), MemoryEntry.objects.count())
    moved_to(client, group)
    work()
    assert (Message.objects.count(), OutboundMessage.objects.count(), MemoryEntry.objects.count()) == counts
    assert not Message.objects.exclude(conversation__person=old.person_id).exists()
    assert not MemoryEntry.objects.exclude(person=old.person_id).exists()
    closed = list(Conversation.objects.exclude(closed_at=None).values_list("pk", flat=True))
    assert not MemoryEntry.objects.filter(conversation_id__in=closed).exists()
    kept = account(group, f"group:{NEW}")
    assert kept is not None
    assert (kept.person_id, kept.person.group_policy, kept.person.blocked) == (old.person_id, "off", True)
    there = Conversation.objects.get(closed_at=None)
    assert there.chat_id == NEW
    texts = there.messages.filter(role="user").order_by("pk").values_list("text", flat=True)
    assert list(texts) == ["the boat is called Ida", "the mast is nine metres"]
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"link", "move"}
    Person.objects.filter(pk=old.person_id).update(group_policy="all", blocked=False)
    post(group, client, NEW_CHAT, "and now?")
    work()
    assert "called Ida" in said(model)
    assert "nine metres" in said(model)


@pytest.mark.parametrize("statement", [0, 1, 2, 4, 6, 9, 13, 18, 24, 31, 40])
def test_a_kill_in_the_middle_moves_nothing_and_the_next_try_everything(
    statement: int, group: Channel, client: Client, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(group, client, OLD_CHAT, "the boat is called Ida")
    work()
    post(group, client, NEW_CHAT, "the mast is nine metres")
    work()
    post(group, client, OLD_CHAT, migrate_to_chat_id=int(NEW))
    count = itertools.count()

    def fail(execute: Any, sql: str, *rest: Any) -> Any:
        if next(count) == statement:
            raise DatabaseError("killed")
        return execute(sql, *rest)

    real = moves.apply

    def apply(*arguments: Any) -> bool:
        with connection.execute_wrapper(fail):
            return real(*arguments)

    monkeypatch.setattr(moves, "apply", apply)
    work()
    assert Person.objects.filter(kind="group", linked_to=None).count() == 2
    assert sorted(Conversation.objects.values_list("chat_id", "closed_at")) == [(NEW, None), (OLD, None)]
    monkeypatch.setattr(moves, "apply", real)
    InboundEvent.objects.update(due_at=timezone.now())
    work()
    assert Conversation.objects.get(closed_at=None).messages.filter(role="user").count() == 2
    assert Person.objects.filter(kind="group", linked_to=None).count() == 1


def test_what_waits_in_the_outbox_goes_to_the_new_chat(
    group: Channel, client: Client, model: StubModel, api: BotApi
) -> None:
    post(group, client, OLD_CHAT, "hello")
    work()
    conversation = Conversation.objects.get()
    row = make_outbound(group, conversation, "a reminder", due_at=timezone.now() + timezone.timedelta(hours=1))
    row.payload |= {"reply_to": "7"}
    row.save()
    moved_to(client, group)
    work()
    row.refresh_from_db()
    assert row.payload == {"chat_id": NEW, "text": "a reminder"}
    assert row.queue_key == f"{group.pk}:{NEW}:"


def test_the_answer_of_telegram_to_a_send_moves_the_group_too(model: StubModel, server: Server) -> None:
    """The bot was away when the notices came."""
    token = "1:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
    server.respond = lambda request: (
        json_answer({"ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": int(NEW)}}, 400)
        if f'"{OLD}"' in request.body.decode()
        else json_answer({"ok": True, "result": {"message_id": 8}})
    )
    channel = make_channel(
        make_bot(name="Robin"), platform="telegram", credentials={"token": token, "base_url": server.url}
    )
    say(channel, "hi", chat=OLD, user="7", chat_type="group", mentions_bot=True)
    work()
    row = OutboundMessage.objects.get()
    assert (row.state, row.platform_message_id) == ("sent", "8")
    assert Conversation.objects.get().chat_id == NEW
    assert account(channel, f"group:{NEW}") is not None
    proactive.write(Conversation.objects.get(), "a reminder", Message.Role.OPERATOR, {})
    assert OutboundMessage.objects.latest("pk").payload["chat_id"] == NEW


def test_nobody_but_the_platform_moves_a_group(group: Channel, client: Client, model: StubModel) -> None:
    post(group, client, OLD_CHAT, "hello")
    work()
    update = message(None, update_id=1, chat=OLD_CHAT, migrate_to_chat_id=int(NEW))
    for headers in ({}, {"X-Telegram-Bot-Api-Secret-Token": "other"}):
        refused = client.post(group.webhook_path, data=update, content_type="application/json", headers=headers)
        assert refused.status_code in (401, 403)
    other = make_channel(group.bot, platform="telegram", credentials=group.credentials)
    post(other, client, OLD_CHAT, migrate_to_chat_id=int(NEW))  # another channel's notice
    post(group, client, OLD_CHAT, f'{{"migrate_to_chat_id": {NEW}}}')  # a text
    private = {"id": 77, "type": "private", "first_name": "Eve"}
    post(group, client, private, migrate_to_chat_id=int(OLD))  # only groups migrate
    work()
    assert account(group, f"group:{OLD}") is not None
    assert not AuditEntry.objects.filter(action="move").exists()


# WhatsApp


def whatsapp(server: Server) -> Channel:
    case = CASES["whatsapp"]
    values = {**case.account, case.secret_key: [case.configured(case.secrets[0])], "base_url": server.url}
    return make_channel(make_bot(name="Robin"), platform="whatsapp", credentials=values)


def notify(channel: Channel, *messages: dict[str, Any], contacts: Any = ()) -> None:
    """Takes a signed notification through the pipeline."""
    inbox.accept(channel, notified(*messages, contacts=contacts))
    work()


def text(body: str, sender: str, **fields: Any) -> dict[str, Any]:
    return {"from": sender, "id": f"wamid.{next(_updates)}", "type": "text", "text": {"body": body}} | fields


def system(sender: str | None, **told: Any) -> dict[str, Any]:
    notice = {"id": f"wamid.{next(_updates)}", "type": "system", "system": {"body": "A changed from B to C"} | told}
    return notice | ({"from": sender} if sender else {})


NUMBER_CHANGES = {
    "wa_id": {"type": "user_changed_number", "wa_id": "4367000002"},
    "new_wa_id": {"type": "user_changed_number", "new_wa_id": "4367000002"},
    "customer": {"type": "customer_changed_number", "wa_id": "4367000002", "customer": "4367000001"},
}


@pytest.mark.parametrize("shape", NUMBER_CHANGES)
def test_a_new_number_is_the_same_person(shape: str, server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O"}]})
    channel = whatsapp(server)
    use_policy(channel, stranger_policy="allow_list", allow_list=["4367000001"])
    notify(channel, text("My parrot is called Kiki.", "4367000001"))
    notify(channel, system("4367000001", **NUMBER_CHANGES[shape]))
    notify(channel, text("What is my parrot called?", "4367000002"))
    assert "called Kiki" in said(model)
    assert Person.objects.count() == Identity.objects.count() == Conversation.objects.count() == 1
    channel.refresh_from_db()
    assert channel.allow_list == ["4367000002"]
    # The old number may get another owner: that is a stranger.
    notify(channel, text("What is my parrot called?", "4367000001"))
    assert Person.objects.count() == 2
    assert len(answers()) == 2


def test_the_account_of_a_linked_person_stays_linked(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O"}]})
    channel = whatsapp(server)
    notify(channel, text("My parrot is called Kiki.", "4367000001"))
    own = Person.objects.get()
    head = Person.objects.create(bot=channel.bot, display_name="Eva")
    linking.link(head, own, "root")
    notify(channel, system("4367000001", **NUMBER_CHANGES["wa_id"]))
    identity = Identity.objects.get()
    assert (identity.external_id, identity.person_id, identity.home_id) == ("4367000002", head.pk, own.pk)
    linking.unlink(Person.objects.get(pk=own.pk), "root")
    assert (Identity.objects.get().person_id, Conversation.objects.get().chat_id) == (own.pk, "4367000002")


def test_a_new_number_that_wrote_before_the_notice_is_linked(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O"}]})
    channel = whatsapp(server)
    notify(channel, text("My parrot is called Kiki.", "4367000001"))
    Identity.objects.update(access="denied")
    notify(channel, text("New phone!", "4367000002"))
    notify(channel, system("4367000001", **NUMBER_CHANGES["wa_id"]))
    identity = Identity.objects.get()
    assert (identity.external_id, identity.access) == ("4367000002", "denied")
    assert Message.objects.filter(role="user", person=identity.person_id).count() == 2
    assert Conversation.objects.get(closed_at=None).person_id == identity.person_id


def test_a_number_and_the_user_id_change_together(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O"}]})
    channel = whatsapp(server)
    contact = {"wa_id": "4367000001", "user_id": "AT.1"}
    notify(channel, text("My parrot is called Kiki.", "4367000001", from_user_id="AT.1"), contacts=[contact])
    told = NUMBER_CHANGES["wa_id"] | {"previous_user_id": "AT.1", "user_id": "AT.2"}
    notify(channel, system("4367000001", **told))
    identity = Identity.objects.get()
    assert (identity.external_id, identity.alt_id) == ("4367000002", "AT.2")


def test_a_new_user_id_without_a_number(server: Server, model: StubModel) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O"}]})
    channel = whatsapp(server)
    hidden = {"id": "wamid.H1", "from_user_id": "AT.1", "type": "text", "text": {"body": "My parrot is called Kiki."}}
    notify(channel, hidden, contacts=[{"user_id": "AT.1"}])
    notify(channel, system(None, type="user_changed_user_id", previous_user_id="AT.1", user_id="AT.2"))
    assert (Identity.objects.get().external_id, Conversation.objects.get().chat_id) == ("AT.2", "AT.2")


def test_a_person_whose_number_comes_and_goes_is_one_person_in_one_conversation(
    server: Server, model: StubModel
) -> None:
    server.respond = lambda request: json_answer({"messages": [{"id": "wamid.O"}]})
    channel = whatsapp(server)

    def hidden(words: str) -> None:
        said = {"id": f"wamid.{next(_updates)}", "from_user_id": "AT.1", "type": "text", "text": {"body": words}}
        notify(channel, said, contacts=[{"user_id": "AT.1"}])

    hidden("My parrot is called Kiki.")
    notify(channel, text("hello", "4367000001", from_user_id="AT.1"))
    hidden("What is my parrot called?")
    assert "called Kiki" in said(model)
    assert Person.objects.count() == Identity.objects.count() == Conversation.objects.count() == 1


def test_a_changed_identity_hash_moves_nobody(server: Server, model: StubModel) -> None:
    channel = whatsapp(server)
    notify(channel, text("hi", "4367000001"))
    notify(channel, system("4367000001", type="customer_identity_changed", wa_id="4367000002", identity="x"))
    assert Identity.objects.get().external_id == "4367000001"


def test_a_notice_that_cannot_be_carried_out_says_nothing_to_the_chat(
    group: Channel, client: Client, model: StubModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr("bots.people.moving.move_group", fail)
    monkeypatch.setattr(inbox, "MAX_ATTEMPTS", 1)
    post(group, client, OLD_CHAT, migrate_to_chat_id=int(NEW))
    work()
    assert state_of(InboundEvent.objects.get()) == "dead"
    assert not Message.objects.exists()
