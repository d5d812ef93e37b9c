"""Files of answers: stored once, sent in order, replaced by text if necessary, erased with the person."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.files import sent, signed_urls
from bots.files.sent import FileRefused
from bots.models import Channel, InboundEvent, Message, OutboundMessage, SentFile
from bots.models.file import uploads
from bots.operations.messages import KeyUsedBefore, reply_in, send_to_person
from bots.people import erasure
from bots.pipeline import inbox, outbox
from bots.pipeline.dispatch.dispatcher import MessageDispatcher
from bots.pipeline.outbox import journal
from bots.pipeline.queue import workers
from clawdbot.files import File
from memory.models import MemoryEntry
from skills import catalogue
from tests.adapters.builders import TOKEN
from tests.adapters.builders_files import form_of
from tests.adapters.wecom.builders import KEY
from tests.builders import make_bot, make_channel, make_conversation, make_event
from tests.http_server import Answer, Recorded, Server, json_answer
from tests.skills.builders import make_skill
from tests.skills.samples import PICTURE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.databases]


@pytest.fixture(autouse=True)
def uploads_here(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    backend = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = settings.STORAGES | {"uploads": backend}
    monkeypatch.setattr(SentFile._meta.get_field("file"), "storage", uploads())


@pytest.fixture
def server(server: Server) -> Server:
    server.answer(json_answer({"ok": True, "result": {"message_id": 7}}))
    return server


@pytest.fixture
def telegram(server: Server) -> Channel:
    account = {"token": TOKEN, "secret_token": "s", "base_url": server.url}
    return make_channel(make_bot(name="Robin"), platform="telegram", credentials=account)


def ask(channel: Channel, text: str = "chart please", **values: Any) -> InboundEvent:
    event = make_event(text, chat="7", **values)
    (row_id,) = inbox.accept(channel, [event]).accepted
    MessageDispatcher().process(row_id)
    return InboundEvent.objects.get(pk=row_id)


def have(name: str, *triggers: str) -> None:
    make_skill(name, *(triggers or ("chart",)))
    catalogue.clear_cache()


def answer() -> Message:
    return Message.objects.filter(role="assistant").latest("id")


def seen(server: Server) -> list[tuple[str, str]]:
    """Returns (method, text) of each message at Telegram."""
    found = []
    for request in server.requests:
        method = request.path.rpartition("/")[2]
        if method.startswith("send") and method != "sendChatAction":
            said = form_of(request)[0].get("caption", "") if method != "sendMessage" else request.json["text"]
            found.append((method, said))
    return found


def stored() -> list[str]:
    folder = Path(uploads().location)  # type: ignore[attr-defined]
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_text_and_files_of_a_skill_arrive_in_their_order(telegram: Channel, server: Server) -> None:
    have("Chart")
    ask(telegram)
    assert seen(server) == [
        ("sendMessage", "Here it is:"),
        ("sendPhoto", "<b>Sales</b>"),
        ("sendMessage", "Anything else?"),
    ]
    assert PICTURE in server.requests[1].body
    assert form_of(server.requests[1])[1]["photo"].name == "图 表.png"
    kept = SentFile.objects.get()
    assert (kept.message, kept.kind, kept.content_type, kept.size) == (answer(), "image", "image/png", len(PICTURE))
    assert answer().text == "Here it is:\n\n**Sales**\n\nAnything else?"
    assert not OutboundMessage.objects.exclude(state="sent").exists()
    assert {entry.role for entry in MemoryEntry.objects.all()} == {"user"}, "what a skill says is no memory"


def test_a_file_alone_needs_no_words_and_is_nothing_to_remember(telegram: Channel, server: Server) -> None:
    have("OnlyFile")
    ask(telegram)
    assert seen(server) == [("sendDocument", "")]
    assert form_of(server.requests[0])[1]["document"].name == "plan.pdf"
    assert (answer().text, MemoryEntry.objects.filter(role="assistant").count()) == ("", 0)


def test_files_that_nobody_could_send_are_named_instead(telegram: Channel, server: Server) -> None:
    have("TooMuch")
    ask(telegram)
    ((method, said),) = seen(server)
    assert method == "sendMessage"
    assert "“nothing.txt” is empty" in said
    assert "see" in said
    assert "“huge.bin” is too large" in said
    assert not SentFile.objects.exists()


def test_where_no_files_go_they_join_the_text_in_the_persons_language(server: Server) -> None:
    account = {"token": "t", "encoding_aes_key": KEY}
    channel = make_channel(platform="wecom", credentials=account)
    have("Chart", "图表")
    ask(channel, "请给我图表")
    (payload,) = OutboundMessage.objects.values_list("payload", flat=True)
    assert payload["text"].startswith("Here it is:\n\n**Sales**\n\n📎 有一个文件“图 表.png”")
    assert payload["text"].endswith("Anything else?")


def test_with_a_public_address_a_link_stands_in_place_of_the_file(configured: Any, server: Server) -> None:
    configured("web", public_url="https://chat.example.com")
    have("OnlyFile")
    channel = make_channel(platform="line", credentials={"channel_access_token": "l", "base_url": server.url})
    ask(channel)
    (payload,) = OutboundMessage.objects.values_list("payload", flat=True)
    _said, _, address = payload["text"].partition("https://chat.example.com")
    response = Client().get(address, secure=True)
    assert response.content == b"%PDF-1.7 secret plan"
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]


def test_line_fetches_a_picture_from_its_public_address(configured: Any, server: Server) -> None:
    configured("web", public_url="https://chat.example.com")
    server.answer(json_answer({"sentMessages": [{"id": "461"}]}))
    have("Chart")
    channel = make_channel(platform="line", credentials={"channel_access_token": "l", "base_url": server.url})
    ask(channel)
    first, picture, last = (request.json["messages"][0] for request in server.requests if "/push" in request.path)
    assert (first["text"], last["text"]) == ("Here it is:", "Sales\n\nAnything else?")  # LINE shows no captions
    url = picture["originalContentUrl"]
    response = Client().get(url.removeprefix("https://chat.example.com"), HTTP_RANGE="bytes=1-3")
    assert (response.status_code, response.content, response["Content-Type"]) == (206, b"PNG", "image/png")


def test_a_link_that_is_forged_or_outlived_or_of_a_deleted_file_is_404(
    telegram: Channel, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    have("Chart")
    ask(telegram)
    file = SentFile.objects.get()
    path = signed_urls.path(file.pk, file.name)
    assert Client().get(path).status_code == 200
    assert Client().get(path.replace("/files/", "/files/x")).status_code == 404
    with monkeypatch.context() as patched:
        patched.setattr(signed_urls, "LIFETIME", timedelta(seconds=-1))
        assert Client().get(path).status_code == 404
    file.delete()
    assert Client().get(path).status_code == 404


def test_a_turn_that_is_taken_again_keeps_its_files_once(
    telegram: Channel, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    have("Chart")
    with monkeypatch.context() as patched:
        patched.setattr(sent, "attach", _killed)
        row = ask(telegram)
    assert (SentFile.objects.count(), len(stored()), seen(server)) == (1, 1, [])
    InboundEvent.objects.filter(pk=row.pk).update(due_at=timezone.now())
    MessageDispatcher().process(row.pk)
    assert SentFile.objects.get().message == answer()
    assert len(stored()) == 1
    assert len(seen(server)) == 3


def _killed(*_: Any) -> None:
    raise RuntimeError("killed here")


def test_what_an_upload_refuses_for_now_is_tried_again_and_then_sent_once(telegram: Channel, server: Server) -> None:
    have("OnlyFile")
    busy = json_answer({"ok": False, "error_code": 429, "parameters": {"retry_after": 0}}, 429)
    server.answer(busy, json_answer({"ok": True, "result": {"message_id": 8}}))
    ask(telegram)
    row = OutboundMessage.objects.get()
    assert (row.state, row.mark) == ("pending", "flood")
    OutboundMessage.objects.update(due_at=timezone.now())
    outbox.deliver(row.pk)
    row.refresh_from_db()
    assert (row.state, row.platform_message_id, row.attempts) == ("sent", "8", 2)


def test_bytes_that_are_gone_are_said_in_words_and_a_storage_that_is_down_is_waited_for(
    telegram: Channel, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: Any, **__: Any) -> Any:
        raise ConnectionError("no bucket")

    have("OnlyFile")
    storage = SentFile._meta.get_field("file").storage
    with monkeypatch.context() as patched:
        patched.setattr(type(storage), "open", down)
        ask(telegram)
    row = OutboundMessage.objects.get()
    assert (row.state, row.mark, seen(server)) == ("pending", "storage", [])
    storage.delete(str(SentFile.objects.get().file.name))
    OutboundMessage.objects.update(due_at=timezone.now())
    outbox.deliver(row.pk)
    ((method, said),) = seen(server)
    assert (method, "plan.pdf" in said) == ("sendMessage", True)


def test_an_erased_persons_files_are_gone_with_their_bytes(telegram: Channel, server: Server) -> None:
    have("Chart")
    ask(telegram)
    person = answer().person
    assert person is not None
    sent.keep(answer().conversation, [File(b"never sent", "x.txt")])
    assert len(stored()) == 2
    erased = erasure.erase(person, "test")
    assert (erased.counts["sent_files"], erased.found["sent_files"], erased.found["stored_bytes"]) == (2, 0, 0)
    assert stored() == []


def test_the_web_chat_shows_texts_and_files_in_their_order() -> None:
    have("Chart")
    channel = make_channel(platform="web")
    ask(channel)
    (payload,) = OutboundMessage.objects.values_list("payload", flat=True)
    first, picture, last = payload["data"]["parts"]
    assert (first, last) == ({"html": "<p>Here it is:</p>\n"}, {"html": "<p>Anything else?</p>\n"})
    url = picture["file"].pop("url")
    assert picture == {
        "html": "<p><strong>Sales</strong></p>\n",
        "file": {"type": "image", "name": "图 表.png", "mime": "image/png", "size": len(PICTURE)},
    }
    shown = Client().get(url)
    assert (shown.content, shown["Content-Disposition"].startswith("inline")) == (PICTURE, True)
    assert Client().get(f"{url}?download")["Content-Disposition"].startswith("attachment")


def test_a_person_of_the_team_sends_files_once_per_key(telegram: Channel, server: Server) -> None:
    conversation = make_conversation(telegram, "7")
    files = [File(PICTURE, "a.png"), File(b"words", "b.txt", caption="read this")]
    for _ in range(2):
        send_to_person(conversation.person, "Look:", files=files, idempotency_key="k")
    with pytest.raises(KeyUsedBefore):
        send_to_person(conversation.person, "Look:", files=files[:1], idempotency_key="k")
    for row in OutboundMessage.objects.order_by("id"):
        outbox.deliver(row.pk)
    assert seen(server) == [("sendMessage", "Look:"), ("sendPhoto", ""), ("sendDocument", "read this")]
    message = Message.objects.get(role="operator")
    assert [item["name"] for item in message.attachments] == ["a.png", "b.txt"]


def test_a_file_that_cannot_be_sent_changes_nothing(telegram: Channel) -> None:
    conversation = make_conversation(telegram, "7")
    for files in ([File(b"", "x.txt")], [File(b"x", "x.txt")] * 11):
        with pytest.raises(FileRefused):
            reply_in(conversation, "Look:", files=files)
    assert (Message.objects.count(), SentFile.objects.count(), stored()) == (0, 0, [])


def test_a_worker_killed_while_it_uploads_leaves_a_row_that_is_sent_again(server: Server) -> None:
    """Only the upload was sent, not the message, so a retry duplicates nothing."""
    account = {"phone_number_id": "1", "access_token": "a", "verify_token": "w", "app_secret": "s"}
    channel = make_channel(platform="whatsapp", credentials=account | {"base_url": server.url})
    have("OnlyFile")
    steps: list[str] = []

    def respond(request: Recorded) -> Answer:
        marks = journal.read(workers.current())
        assert marks is not None
        (mark,) = marks.by_row.values()
        steps.append(f"{request.path.rpartition('/')[2]} {mark.step}")
        return json_answer({"id": "M1", "messages": [{"id": "wamid.1"}]})

    server.respond = respond
    ask(channel)
    assert steps[0] == "media b"
    assert OutboundMessage.objects.get().state == "sent"
