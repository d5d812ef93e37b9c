from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from adapters import sending
from adapters.errors import SendError
from adapters.events import Attachment, EventKind, OutgoingMessage
from clawdbot import http
from tests.adapters.builders import TOKEN, message, telegram
from tests.adapters.builders_files import outgoing as outgoing_file
from tests.http_server import Answer, Recorded, Server, json_answer

SENT = json_answer({"ok": True, "result": {"message_id": 1366, "chat": {"id": 42}}})


def failure(code: int, description: str, **parameters: Any) -> Answer:
    return json_answer({"ok": False, "error_code": code, "description": description, "parameters": parameters}, code)


def test_a_message_is_sent_as_html_and_the_receipt_holds_its_id(server: Server) -> None:
    server.answer(SENT)
    outgoing = OutgoingMessage(chat_id="42", text="**a** < b", reply_to="5", thread_id="7", idempotency_key="k")
    assert telegram(base_url=server.url).send(outgoing).message_id == "1366"
    (sent,) = server.requests
    assert sent.path == f"/bot{TOKEN}/sendMessage"
    assert sent.json == {
        "chat_id": "42",
        "text": "<b>a</b> &lt; b",
        "parse_mode": "HTML",
        "reply_parameters": {"message_id": 5, "allow_sending_without_reply": True},
        "message_thread_id": 7,
    }


@pytest.mark.parametrize(
    ("thread_id", "parameters"),
    [
        ("7", {"message_thread_id": 7}),
        ("business:Conn:1", {"business_connection_id": "Conn:1"}),
        ("direct:8", {"direct_messages_topic_id": 8}),
        ("odd", {}),
    ],
)
def test_an_answer_goes_where_the_message_came_from(server: Server, thread_id: str, parameters: dict[str, Any]) -> None:
    server.answer(SENT, SENT, json_answer({"ok": True, "result": True}))
    adapter = telegram(base_url=server.url)
    outgoing = OutgoingMessage(chat_id="42", text="hi", thread_id=thread_id)
    adapter.send(outgoing)
    adapter.edit("1366", outgoing)
    adapter.send_typing("42", thread_id)
    first, edited, typing = (request.json for request in server.requests)
    assert first.items() >= parameters.items()
    assert typing == {"chat_id": "42", "action": "typing", **parameters}
    kept = {name: value for name, value in parameters.items() if name == "business_connection_id"}
    assert edited == {"chat_id": "42", "message_id": 1366, "text": "hi", "parse_mode": "HTML", **kept}


def test_buttons_become_an_inline_keyboard(server: Server) -> None:
    server.answer(SENT)
    rows = [[{"text": "Yes", "data": "y"}, {"text": "Site", "url": "https://example.com"}]]
    telegram(base_url=server.url).send(OutgoingMessage(chat_id="1", text="?", data={"buttons": rows, "silent": True}))
    assert server.requests[0].json["reply_markup"] == {
        "inline_keyboard": [[{"text": "Yes", "callback_data": "y"}, {"text": "Site", "url": "https://example.com"}]]
    }
    assert server.requests[0].json["disable_notification"] is True


def test_button_data_over_64_bytes_is_refused_before_sending(server: Server) -> None:
    outgoing = OutgoingMessage(chat_id="1", text="?", data={"buttons": [[{"text": "a", "data": "值" * 22}]]})
    with pytest.raises(SendError) as caught:
        telegram(base_url=server.url).send(outgoing)
    assert (caught.value.permanent, caught.value.mark, server.requests) == (True, "button_too_long", [])


def test_markup_that_telegram_cannot_parse_is_sent_again_as_plain_text(server: Server) -> None:
    server.answer(failure(400, "Bad Request: can't parse entities: Unexpected end tag"), SENT)
    assert telegram(base_url=server.url).send(OutgoingMessage(chat_id="1", text="**a**")).message_id == "1366"
    second = server.requests[1].json
    assert second["text"] == "a"
    assert "parse_mode" not in second


@pytest.mark.parametrize(
    ("description", "gone"),
    [
        ("Bad Request: message thread not found", "message_thread_id"),
        ("Bad Request: TOPIC_DELETED", "message_thread_id"),
        ("Bad Request: message to be replied not found", "reply_parameters"),
    ],
)
def test_a_gone_topic_or_message_is_left_out_and_the_rest_stays(server: Server, description: str, gone: str) -> None:
    server.answer(failure(400, description), SENT)
    outgoing = OutgoingMessage(chat_id="-5", text="**hi**", reply_to="9", thread_id="7")
    assert telegram(base_url=server.url).send(outgoing).message_id == "1366"
    first, second = (request.json for request in server.requests)
    assert gone in first
    assert second == {name: value for name, value in first.items() if name != gone}


def test_topic_message_and_markup_may_be_refused_one_after_the_other(server: Server) -> None:
    refused = ("message thread not found", "can't parse entities", "message to be replied not found")
    server.answer(*(failure(400, f"Bad Request: {one}") for one in refused), SENT)
    outgoing = OutgoingMessage(chat_id="-5", text="**hi**", reply_to="9", thread_id="7")
    telegram(base_url=server.url).send(outgoing)
    assert server.requests[-1].json == {"chat_id": "-5", "text": "hi"}


@pytest.mark.parametrize("thread_id", [None, "direct:8", "business:Conn:1"])
def test_without_a_topic_to_leave_out_the_refusal_is_final(server: Server, thread_id: str | None) -> None:
    server.answer(failure(400, "Bad Request: message thread not found"))
    with pytest.raises(SendError) as caught:
        telegram(base_url=server.url).send(OutgoingMessage(chat_id="-5", text="hi", thread_id=thread_id))
    assert (caught.value.mark, caught.value.permanent, len(server.requests)) == ("thread_not_found", True, 1)


def test_a_file_for_a_gone_topic_goes_to_the_chat(server: Server) -> None:
    server.answer(failure(400, "Bad Request: message thread not found"), SENT)
    told = OutgoingMessage(chat_id="-5", text="see", thread_id="7", file=outgoing_file("report.pdf"))
    assert sending.send(telegram(base_url=server.url), told).data == {}
    first, second = server.requests
    assert b"message_thread_id" in first.body
    assert b"message_thread_id" not in second.body


def test_a_migrated_group_is_followed_and_told(server: Server) -> None:
    server.answer(failure(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1005), SENT)
    receipt = telegram(base_url=server.url).send(OutgoingMessage(chat_id="-5", text="hi", reply_to="9"))
    assert receipt.data == {"migrated_to": "-1005"}
    assert server.requests[1].json["chat_id"] == "-1005"
    assert "reply_parameters" not in server.requests[1].json


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (failure(429, "Too Many Requests: retry after 35", retry_after=35), "flood", False, 35.0),
        (failure(429, "Too Many Requests", retry_after=10**12), "flood", False, 86_400.0),
        (failure(429, "Too Many Requests", retry_after=-5), "flood", False, None),
        (Answer(429, b"slow down", {"Retry-After": "4"}), "flood", False, 4.0),
        (failure(429, "Too Many Requests: retry after 21"), "flood", False, 21.0),
        (Answer(429, b""), "flood", False, 3.0),
        (failure(403, "Forbidden: bot was blocked by the user"), "user_blocked", True, None),
        (failure(403, "Forbidden: user is deactivated"), "user_deactivated", True, None),
        (failure(403, "Forbidden: bot was kicked from the supergroup chat"), "bot_removed", True, None),
        (failure(403, "Forbidden: something new"), "forbidden", True, None),
        (failure(400, "Bad Request: chat not found"), "chat_not_found", True, None),
        (failure(400, "Bad Request: message is too long"), "too_long", True, None),
        (failure(400, "Bad Request: message caption is too long"), "too_long", True, None),
        (failure(400, "Bad Request: message thread not found"), "thread_not_found", True, None),
        (failure(400, "Bad Request: something new"), "refused", True, None),
        (failure(401, "Unauthorized"), "unauthorized", True, None),
        (failure(404, "Not Found"), "unauthorized", True, None),
        (failure(409, "Conflict: terminated by other getUpdates request"), "polled_elsewhere", False, None),
        (failure(500, "Internal Server Error"), "server_error", False, None),
        (Answer(502, b"<html>"), "server_error", False, None),
        (Answer(503, b"", {"Retry-After": "9"}), "server_error", False, 9.0),
        (Answer(503, b"", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), "server_error", False, None),
        (Answer(200, b"<html>captive portal</html>"), "bad_response", False, None),
        (Answer(200, b'{"ok": false}'), "bad_response", False, None),
        (Answer(302, b""), "refused", True, None),
    ],
)
def test_each_failure_says_whether_and_when_to_try_again(
    server: Server, answer: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    server.answer(answer)
    with pytest.raises(SendError) as caught:
        telegram(base_url=server.url).send(OutgoingMessage(chat_id="1", text="hi"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert TOKEN not in str(error)
    assert not error.maybe_sent


def test_an_unreachable_server_is_a_passing_error_and_surely_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SendError) as caught:
        telegram(base_url=f"http://127.0.0.1:{port}").send(OutgoingMessage(chat_id="1", text="hi"))
    error = caught.value
    assert (error.permanent, error.mark, error.maybe_sent) == (False, "not_reached", False)
    assert TOKEN not in str(error)


def test_a_broken_answer_leaves_open_whether_it_was_sent(server: Server) -> None:
    server.answer(Answer(200, b"", {"Content-Encoding": "gzip"}, chunks=(b"not gzip",)))
    written: list[int] = []
    with http.observe(lambda: written.append(1)), pytest.raises(SendError) as caught:
        telegram(base_url=server.url).send(OutgoingMessage(chat_id="1", text="hi"))
    assert (caught.value.mark, caught.value.maybe_sent, written) == ("no_answer", True, [1])


def test_typing_and_confirming_a_button_are_calls_of_their_own(server: Server) -> None:
    server.answer(json_answer({"ok": True, "result": True}))
    adapter = telegram(base_url=server.url)
    adapter.send_typing("42", "7")
    adapter.answer_action("991", "ok")
    typing, confirmed = server.requests
    assert typing.json == {"chat_id": "42", "action": "typing", "message_thread_id": 7}
    assert confirmed.path.endswith("/answerCallbackQuery")
    assert confirmed.json == {"callback_query_id": "991", "text": "ok"}


def test_a_sent_message_is_edited_and_the_same_text_again_is_a_success(server: Server) -> None:
    server.answer(SENT, failure(400, "Bad Request: message is not modified: specified new message content"))
    adapter = telegram(base_url=server.url)
    outgoing = OutgoingMessage(chat_id="42", text="**more**", reply_to="5")
    assert [adapter.edit("1366", outgoing).message_id for _ in range(2)] == ["1366", "1366"]
    assert server.requests[0].path.endswith("/editMessageText")
    assert server.requests[0].json == {"chat_id": "42", "message_id": 1366, "text": "<b>more</b>", "parse_mode": "HTML"}


def test_a_file_is_fetched_by_its_path_and_typed_by_its_bytes(server: Server) -> None:
    found = json_answer({"ok": True, "result": {"file_id": "A", "file_path": "photos/file 1.jpg"}})
    server.answer(found, Answer(200, b"\x89PNG\r\n\x1a\n...", {"Content-Type": "image/jpeg"}))
    media = telegram(base_url=server.url).fetch_media(Attachment("image", "A"))
    assert (media.content_type, media.body[:4]) == ("image/png", b"\x89PNG")
    assert server.requests[1].path == f"/file/bot{TOKEN}/photos/file%201.jpg"


@pytest.mark.parametrize(
    ("attachment", "answer", "mark", "permanent"),
    [
        (Attachment("video", "A", size=21 * 1024 * 1024), Answer(), "too_large", True),
        (Attachment("video", "A"), Answer(200, b"x" * 2000), "too_large", True),
        (Attachment("video", "A"), Answer(404, b""), "media_gone", True),
        (Attachment("video", "A"), Answer(302, b"", {"Location": "http://169.254.169.254/"}), "media_gone", True),
        (Attachment("video", "A"), Answer(503, b""), "media_not_ready", False),
    ],
)
def test_a_file_that_cannot_be_had_says_why(
    server: Server, attachment: Attachment, answer: Answer, mark: str, permanent: bool
) -> None:
    server.answer(json_answer({"ok": True, "result": {"file_path": "f"}}), answer)
    limit = 1000 if attachment.size is None else 20 * 1024 * 1024
    with pytest.raises(SendError) as caught:
        telegram(base_url=server.url).fetch_media(attachment, max_bytes=limit)
    assert (caught.value.mark, caught.value.permanent) == (mark, permanent)
    assert TOKEN not in str(caught.value)


def test_whoami_really_asks(server: Server) -> None:
    server.answer(json_answer({"ok": True, "result": {"id": 1, "first_name": "Claw", "username": "ClawBot"}}))
    found = telegram(base_url=server.url).whoami()
    assert (found.id, found.name, found.username) == ("1", "Claw", "ClawBot")
    server.answer(failure(401, "Unauthorized"))
    with pytest.raises(SendError):
        telegram(base_url=server.url).whoami()


def test_the_webhook_is_set_with_secret_and_every_kind_of_update(server: Server) -> None:
    server.answer(json_answer({"ok": True, "result": True}))
    telegram(base_url=server.url, secret_token="new, old").set_webhook("https://bot.example/api/webhook/1")
    body = server.requests[0].json
    assert (body["url"], body["secret_token"]) == ("https://bot.example/api/webhook/1", "new")
    assert {"message", "callback_query", "message_reaction", "chat_member"} <= set(body["allowed_updates"])
    telegram(base_url=server.url).delete_webhook()
    assert server.requests[1].path.endswith("/deleteWebhook")


def test_a_webhook_without_a_secret_is_not_set() -> None:
    with pytest.raises(SendError, match="secret_token"):
        telegram(secret_token="").set_webhook("https://bot.example/")


def test_webhook_info_tells_backlog_and_last_error(server: Server) -> None:
    result = {
        "url": "https://x/",
        "pending_update_count": 3,
        "last_error_message": "502",
        "last_error_date": 1700000000,
    }
    server.answer(json_answer({"ok": True, "result": result}))
    info = telegram(base_url=server.url).webhook_info()
    assert (info.url, info.pending, info.last_error, info.last_error_at) == ("https://x/", 3, "502", 1700000000)


def test_polling_gives_events_and_the_next_offset_and_steps_over_broken_updates(server: Server) -> None:
    updates = [
        message("one", update_id=10),
        {"update_id": 11, "message": "broken"},
        "noise",
        message("two", update_id=12),
    ]
    seen: list[Recorded] = []

    def respond(request: Recorded) -> Answer:
        seen.append(request)
        return json_answer({"ok": True, "result": updates if len(seen) == 1 else []})

    server.respond = respond
    adapter = telegram(base_url=server.url)
    polled = adapter.poll(None, timeout=0)
    assert [(e.kind, e.text) for e in polled.events] == [
        (EventKind.MESSAGE, "one"),
        (EventKind.IGNORED, ""),
        (EventKind.MESSAGE, "two"),
    ]
    assert polled.next_offset == 13
    assert adapter.poll(13, timeout=0).next_offset == 13
    assert "offset" not in seen[0].json
    assert seen[1].json["offset"] == 13


def test_long_texts_are_cut_at_4096_utf16_units() -> None:
    pieces = telegram().split("😀" * 3000)
    assert [len(p.encode("utf-16-le")) // 2 for p in pieces] == [4096, 1904]


def test_an_account_with_a_wrong_token_shape_is_refused_without_showing_it() -> None:
    with pytest.raises(Exception, match="token") as caught:
        telegram(token="not/a token")
    assert "not/a" not in str(caught.value)
    assert "not/a" not in json.dumps(getattr(caught.value, "problems", {}))
