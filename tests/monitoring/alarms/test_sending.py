"""Notices on their way: mail, signed webhooks, chats of a bot; what is refused, hangs or is killed in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from bots.models import AlarmNotice, AlarmTarget, Conversation, Message, OutboundMessage, Person
from bots.monitoring.alarms import acts, sending, telling
from clawdbot import signatures
from tests.builders import make_channel, say
from tests.http_server import Answer, Server, serve
from tests.monitoring.alarms.builders import make_target
from tests.smtp_server import Mailbox, mail_server
from tests.waiting import eventually

pytestmark = pytest.mark.django_db
ENTRY = {
    "code": "provider_out", "subject": "模型 one\r\nBcc: x@example.com", "severity": "critical", "value": 1.0,
    "threshold": 0.0, "since": "2026-12-01T10:00:00+00:00", "until": "",
}  # fmt: skip


@pytest.fixture
def box(configured: Any, settings: Any) -> Iterator[Mailbox]:
    with mail_server() as box:
        configured("mail", host="127.0.0.1", port=box.port, sender="bot@example.com")
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.EMAIL_USE_TLS = False
        yield box


@pytest.fixture
def receiver() -> Iterator[Server]:
    with serve() as server:
        yield server


def _notice(target: AlarmTarget, kind: str = "firing", count: int = 1) -> AlarmNotice:
    return telling.enqueue(target, kind, [ENTRY] * count)


def _mail_target(**values: Any) -> AlarmTarget:
    return make_target(kind="mail", url="", addresses="a@example.com, b@example.com", **values)


def _due_again(row: AlarmNotice) -> None:
    AlarmNotice.objects.filter(pk=row.pk).update(due_at=timezone.now())


def test_a_mail_keeps_chinese_and_takes_no_header_from_a_name(box: Mailbox) -> None:
    target = _mail_target(language="zh-hans")
    row = _notice(target)
    assert sending.deliver_to(target.pk) == 1
    (mail,) = box.mails
    assert box.recipients == [["a@example.com", "b@example.com"]]
    assert mail["Bcc"] is None
    assert "\n" not in str(mail["Subject"])
    assert "模型 one" in str(mail["Subject"])
    assert "模型 one" in mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == f"<{row.key}@clawdbot>"
    assert "bot@example.com" in mail["From"]


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"MAIL": "451 later"}, "pending"),
        ({"RCPT": "450 busy"}, "pending"),
        ({"RCPT": "550 nobody"}, "dead"),
        ({"DATA": "554 spam"}, "dead"),
    ],
)
def test_a_mail_that_is_refused_is_tried_again_or_given_up(box: Mailbox, answers: dict[str, str], state: str) -> None:
    box.answers = answers
    target = _mail_target()
    row = _notice(target)
    sending.deliver_to(target.pk)
    row.refresh_from_db()
    target.refresh_from_db()
    assert (row.state, target.failing) == (state, True)
    assert answers[next(iter(answers))].split(" ")[0] in row.error
    box.answers = {}
    _due_again(row)
    assert sending.deliver_to(target.pk) == (1 if state == "pending" else 0)


def test_no_line_of_a_long_mail_is_longer_than_servers_take(box: Mailbox) -> None:
    target = _mail_target(language="zh-hans")
    telling.enqueue(target, "firing", [ENTRY | {"subject": "渠道" * 90 + "x" * 1500}] * 12)
    assert sending.deliver_to(target.pk) == 1
    (mail,) = box.mails
    assert max(map(len, bytes(mail).splitlines())) < 998
    assert "x" * 1500 in mail.get_content().replace("\n", "")


@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_a_mail_server_that_hangs_costs_its_deadline(box: Mailbox, how: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "DEADLINE_S", 1.5)
    setattr(box, how, True)
    target = _mail_target()
    row = _notice(target)
    began = time.monotonic()
    assert sending.deliver_to(target.pk) == 0
    assert time.monotonic() - began < 10
    row.refresh_from_db()
    assert row.state == "pending"


def test_without_a_mail_server_the_target_says_what_to_do() -> None:
    target = _mail_target()
    row = acts.test(target, User.objects.create(username="mei"))
    assert row.state == "dead"
    assert "mail.host" in row.error


def test_a_webhook_is_signed_and_each_try_has_the_same_key(receiver: Server) -> None:
    receiver.answer(Answer(503), Answer(200))
    target = make_target(url=f"{receiver.url}/alarms", secret="s3cret-s3cret")
    row = _notice(target)
    assert sending.deliver_to(target.pk) == 0
    _due_again(row)
    assert sending.deliver_to(target.pk) == 1
    keys = {request.headers["idempotency-key"] for request in receiver.requests}
    assert keys == {row.key}
    for request in receiver.requests:
        signed = request.headers["x-timestamp"].encode() + b"." + request.body
        assert request.headers["x-signature"] == signatures.hmac_hex("s3cret-s3cret", signed)
        assert request.json["alarms"][0]["code"] == "provider_out"
    assert "s3cret" not in AlarmTarget.objects.values_list("secret_encrypted", flat=True)[0]


@pytest.mark.parametrize(
    ("status", "state"), [(404, "dead"), (410, "dead"), (429, "pending"), (408, "pending"), (500, "pending")]
)
def test_a_webhook_that_refuses_for_good_is_given_up(receiver: Server, status: int, state: str) -> None:
    receiver.answer(Answer(status))
    target = make_target(url=receiver.url)
    row, following = _notice(target), _notice(target, "recovered")
    sending.deliver_to(target.pk)
    row.refresh_from_db()
    following.refresh_from_db()
    assert row.state == state
    assert following.attempts == (1 if state == "dead" else 0)  # in order: nothing overtakes what is tried again


def test_a_secret_stays_with_the_server_it_was_entered_for(receiver: Server) -> None:
    target = make_target(url="https://one.example/x", secret="s3cret-s3cret")
    AlarmTarget.objects.update(url=receiver.url)
    _notice(target)
    sending.deliver_to(target.pk)
    assert "x-signature" not in receiver.requests[0].headers


@pytest.mark.django_db(transaction=True)
@pytest.mark.databases
def test_a_target_that_hangs_delays_no_other(receiver: Server) -> None:
    release = threading.Event()
    with serve(lambda _request: (release.wait(20), Answer())[1]) as slow:
        slow_target = make_target("slow", url=slow.url)
        target = make_target("fast", url=receiver.url)
        _notice(slow_target)
        _notice(target)
        began = time.monotonic()
        sending.deliver_due()
        assert time.monotonic() - began < 5
        eventually(lambda: receiver.requests)
        eventually(lambda: slow.requests)
        sending.deliver_due()  # starts no second thread for it
        release.set()
        eventually(lambda: AlarmNotice.objects.filter(state="sent").count() == 2)
        assert len(slow.requests) == 1


def test_what_a_killed_process_had_claimed_is_sent_by_another(receiver: Server) -> None:
    target = make_target(url=receiver.url)
    row = _notice(target)
    AlarmNotice.objects.update(
        state="sending", owner="dead", attempts=1, claimed_at=timezone.now() - timedelta(minutes=1)
    )
    sending._free_claims()
    assert sending.deliver_to(target.pk) == 1
    assert receiver.requests[0].headers["idempotency-key"] == row.key


def test_a_notice_ends_after_a_day(receiver: Server) -> None:
    receiver.answer(Answer(500))
    target = make_target(url=receiver.url)
    row = _notice(target)
    AlarmNotice.objects.update(created_at=timezone.now() - timedelta(hours=25))
    sending.deliver_to(target.pk)
    row.refresh_from_db()
    assert row.state == "dead"


def test_a_chat_gets_it_by_the_outbox_and_in_one_transaction(monkeypatch: Any) -> None:
    channel = make_channel()
    target = make_target("chat", kind="chat", url="", channel=channel, chat_id="ops-room")
    row = _notice(target)

    def killed(*_: Any, **__: Any) -> None:
        raise RuntimeError("killed before the commit")

    with monkeypatch.context() as patched:
        patched.setattr("bots.pipeline.outbox.enqueue", killed)
        sending.deliver_to(target.pk)
    assert not Message.objects.exists()
    _due_again(row)
    assert sending.deliver_to(target.pk) == 1
    sent = OutboundMessage.objects.get()
    assert sent.payload["chat_id"] == "ops-room"
    assert "模型 one" in sent.payload["text"]
    assert Message.objects.get().meta[Message.ASIDE]  # no prompt holds it
    row.refresh_from_db()
    assert row.state == "sent"
    assert sending.deliver_to(target.pk) == 0


def test_a_known_chat_stays_that_of_its_person() -> None:
    channel = make_channel()
    say(channel, "hello", chat="chat-7", user="mei")
    target = make_target("chat", kind="chat", url="", channel=channel, chat_id="chat-8")
    _notice(target)
    sending.deliver_to(target.pk)
    made = Conversation.objects.get(chat_id="chat-8")
    assert made.person.kind == Person.Kind.GROUP


def test_a_channel_that_is_off_says_so() -> None:
    channel = make_channel(enabled=False)
    target = make_target("chat", kind="chat", url="", channel=channel, chat_id="ops-room")
    row = acts.test(target, User.objects.create(username="mei"))
    assert (row.state, "switched off" in row.error) == ("dead", True)


def test_a_long_list_is_cut_and_says_how_much_is_missing(receiver: Server) -> None:
    target = make_target(url=receiver.url)
    _notice(target, count=50)
    sending.deliver_to(target.pk)
    text = receiver.requests[0].json["text"]
    assert text.count("one") == 10
    assert "40" in text
