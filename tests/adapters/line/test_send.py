from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from adapters import registry
from adapters.base import Adapter
from adapters.errors import NotSupported, SendError
from adapters.events import Attachment, OutgoingMessage
from tests.http_server import Answer, Server, json_answer

SENT = json_answer({"sentMessages": [{"id": "461", "quoteToken": "q"}]})
EXPIRED = json_answer({"message": "Invalid reply token"}, 400)


def line(server: Server | None = None, **account: Any) -> Adapter[Any]:
    values = {
        "channel_access_token": "line-token-0123456789",
        "channel_secret": "s",
        "base_url": server.url if server else "",
        **account,
    }
    return registry.create("line", values)


def message(text: str = "hi", **values: Any) -> OutgoingMessage:
    return OutgoingMessage(**{"chat_id": "Uann", "text": text, "idempotency_key": "k1", **values})


def test_a_reply_uses_the_reply_token_and_shows_plain_text(server: Server) -> None:
    server.answer(SENT)
    assert line(server).send(message("**a** [b](https://e.com)", reply_token="r1")).message_id == "461"
    (sent,) = server.requests
    assert (sent.path, sent.headers["authorization"]) == ("/v2/bot/message/reply", "Bearer line-token-0123456789")
    assert sent.json == {"replyToken": "r1", "messages": [{"type": "text", "text": "a b (https://e.com)"}]}
    assert "x-line-retry-key" not in sent.headers  # LINE refuses it on replies


def test_an_expired_reply_token_falls_back_to_a_push_that_can_be_repeated(server: Server) -> None:
    server.answer(EXPIRED, SENT, EXPIRED, SENT)
    for _ in range(2):
        line(server).send(message(reply_token="r1"))
    pushes = [request for request in server.requests if request.path.endswith("/push")]
    assert [request.json["to"] for request in pushes] == ["Uann", "Uann"]
    keys = {request.headers["x-line-retry-key"] for request in pushes}
    assert len(keys) == 1
    assert UUID(keys.pop()).version == 5


def test_later_parts_and_proactive_messages_are_pushed(server: Server) -> None:
    server.answer(SENT)
    line(server).send(message(reply_token="r1", part=1))
    line(server).send(message())
    assert [request.path for request in server.requests] == ["/v2/bot/message/push"] * 2


def test_a_push_that_line_accepted_before_is_a_success(server: Server) -> None:
    accepted = {"message": "The retry key is already accepted", "sentMessages": [{"id": "461"}]}
    server.answer(json_answer(accepted, 409, **{"X-Line-Accepted-Request-Id": "x"}))
    receipt = line(server).send(message())
    assert (receipt.message_id, receipt.data) == ("461", {"repeated": True})


def test_a_lost_answer_to_a_push_may_be_repeated_and_one_to_a_reply_may_not(server: Server) -> None:
    server.answer(Answer(200, b"", {"Content-Encoding": "gzip"}, chunks=(b"not gzip",)))
    for outgoing, doubtful in ((message(), False), (message(reply_token="r"), True)):
        with pytest.raises(SendError) as caught:
            line(server).send(outgoing)
        assert (caught.value.permanent, caught.value.maybe_sent) == (False, doubtful)


def test_buttons_become_quick_replies_and_what_does_not_fit_is_written_out(server: Server) -> None:
    server.answer(SENT)
    rows = [[{"text": f"choice number {n} of many", "data": f"d{n}"} for n in range(14)]]
    rows.append([{"text": "Site", "url": "https://e.com"}, {"text": "Long", "data": "x" * 301}])
    line(server).send(message("Pick", data={"buttons": rows}))
    sent = server.requests[0].json["messages"][0]
    items = sent["quickReply"]["items"]
    assert len(items) == 13
    assert items[0]["action"] == {
        "type": "postback",
        "label": "choice number 0 of …",
        "data": "d0",
        "displayText": "choice number 0 of many",
    }
    assert sent["text"] == "Pick\n• choice number 13 of many\n• Site https://e.com\n• Long"


def test_buttons_that_would_make_the_text_too_long_follow_it(server: Server) -> None:
    server.answer(SENT)
    links = [{"text": f"site {n}", "url": "https://e.com/" + "x" * 980} for n in range(17)]
    line(server).send(message("t" * 4900, data={"buttons": [links]}))
    first, second = server.requests[0].json["messages"]
    assert first == {"type": "text", "text": "t" * 4900}
    assert second["text"].startswith("• site 13 https://e.com/")
    assert len(second["text"]) <= 5000
    assert len(second["quickReply"]["items"]) == 13


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (json_answer({"message": "You have reached your monthly limit."}, 429), "quota", True, None),
        (json_answer({"message": "Too Many Requests"}, 429, **{"Retry-After": "7"}), "flood", False, 7.0),
        (Answer(429, b""), "flood", False, 2.0),
        (
            json_answer({"message": "Authentication failed. Confirm that the access token..."}, 401),
            "unauthorized",
            True,
            None,
        ),
        (json_answer({"message": "Not available"}, 403), "no_rights", True, None),
        (json_answer({"message": "Failed to send messages"}, 400), "chat_not_found", True, None),
        (
            json_answer(
                {
                    "message": "The request body has 1 error(s)",
                    "details": [{"message": "Length must be between 0 and 5000", "property": "messages[0].text"}],
                },
                400,
            ),
            "too_long",
            True,
            None,
        ),
        (json_answer({"message": "The request body has 1 error(s)"}, 400), "refused", True, None),
        (Answer(500, b""), "server_error", False, None),
        (Answer(503, b"<html>"), "server_error", False, None),
        (Answer(200, b"<html>portal</html>"), "bad_response", False, None),
    ],
)
def test_each_failure_says_whether_and_when_to_try_again(
    server: Server, answer: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    server.answer(answer)
    with pytest.raises(SendError) as caught:
        line(server).send(message())
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert "line-token" not in str(error)


def test_the_loading_sign_shows_in_private_chats_only(server: Server) -> None:
    server.answer(Answer(202, b"{}"))
    for chat in ("Uann", "Cops"):
        line(server).send_typing(chat)
    (sent,) = server.requests
    assert (sent.path, sent.json) == ("/v2/bot/chat/loading/start", {"chatId": "Uann", "loadingSeconds": 20})


def test_content_is_fetched_by_message_id_and_waits_while_it_is_prepared(server: Server) -> None:
    server.answer(Answer(202, b""), Answer(200, b"\xff\xd8\xff..."))
    adapter, image = line(server), Attachment("image", "511")
    with pytest.raises(SendError) as caught:
        adapter.fetch_media(image)
    assert (caught.value.mark, caught.value.permanent) == ("media_not_ready", False)
    assert adapter.fetch_media(image).content_type == "image/jpeg"
    assert server.requests[1].path == "/v2/bot/message/511/content"


def test_content_of_other_servers_is_fetched_from_allowed_hosts_only(server: Server) -> None:
    image = Attachment("image", "511", url=f"{server.url}/a.png")
    with pytest.raises(SendError) as caught:
        line(server).fetch_media(image)
    assert (caught.value.mark, server.requests) == ("foreign_address", [])
    server.answer(Answer(200, b"GIF89a"))
    assert line(server, allowed_hosts="127.0.0.1").fetch_media(image).content_type == "image/gif"
    assert "authorization" not in server.requests[0].headers
    for other in (Attachment("sticker", "2"), Attachment("image", "../x")):
        with pytest.raises(NotSupported):
            line(server).fetch_media(other)


def test_whoami_and_the_webhook_go_to_the_api(server: Server) -> None:
    server.answer(
        json_answer({"userId": "Ubot", "basicId": "@claw", "displayName": "Claw"}),
        Answer(200, b"{}"),
        json_answer({"endpoint": "https://x/", "active": False}),
    )
    adapter = line(server)
    found = adapter.whoami()
    assert (found.id, found.name, found.username) == ("Ubot", "Claw", "@claw")
    adapter.set_webhook("https://bot.example/api/webhook/1")
    assert (server.requests[1].method, server.requests[1].json) == (
        "PUT",
        {"endpoint": "https://bot.example/api/webhook/1"},
    )
    assert "off" in str(adapter.webhook_info().last_error)


def test_texts_are_counted_in_utf16_units() -> None:
    assert [len(p.encode("utf-16-le")) // 2 for p in line().split("😀" * 3000)] == [4900, 1100]


def test_names_are_asked_where_the_person_wrote(server: Server) -> None:
    server.respond = lambda request: json_answer({"displayName": "Ann"})
    for chat in ("C9", "R9", "U1", None):
        assert line(server).display_name("U1", chat) == "Ann"
    assert [request.path for request in server.requests] == [
        "/v2/bot/group/C9/member/U1",
        "/v2/bot/room/R9/member/U1",
        "/v2/bot/profile/U1",
        "/v2/bot/profile/U1",
    ]
