from __future__ import annotations

from typing import Any

import pytest

from adapters import registry
from adapters.base import Adapter
from adapters.discord.render import to_discord
from adapters.errors import SendError
from adapters.events import Attachment, OutgoingMessage
from tests.http_server import Answer, Recorded, Server, json_answer

SENT = json_answer({"id": "900", "channel_id": "645", "content": "hi"})


def discord(server: Server | None = None, **account: Any) -> Adapter[Any]:
    values = {
        "application_id": "77",
        "bot_token": "discord-token-0123456789",
        "base_url": server.url if server else "",
        **account,
    }
    return registry.create("discord", values)


def failure(status: int, code: int, message: str = "no", **more: Any) -> Answer:
    return json_answer({"code": code, "message": message, **more}, status)


def answer(text: str = "hi", **values: Any) -> OutgoingMessage:
    return OutgoingMessage(**{"chat_id": "645", "text": text, "reply_token": "it/k", "idempotency_key": "k1", **values})


def test_the_first_part_replaces_the_thinking_sign_and_the_next_follow_it(server: Server) -> None:
    server.answer(SENT)
    assert discord(server).send(answer("**a** @everyone")).message_id == "900"
    discord(server, ephemeral=True).send(answer("b", part=1))
    first, second = server.requests
    assert (first.method, first.path) == ("PATCH", "/webhooks/77/it%2Fk/messages/@original")
    assert first.json == {"content": "**a** @everyone", "allowed_mentions": {"parse": []}}
    assert "authorization" not in first.headers
    assert first.headers["user-agent"].startswith("DiscordBot (")
    assert (second.method, second.path, second.json["flags"]) == ("POST", "/webhooks/77/it%2Fk?wait=true", 64)


@pytest.mark.parametrize("code", [50027, 10062, 10015])
def test_after_a_quarter_of_an_hour_the_bot_writes_into_the_channel(server: Server, code: int) -> None:
    server.answer(failure(404, code), SENT)
    assert discord(server).send(answer(reply_to="5")).message_id == "900"
    sent = server.requests[1]
    assert (sent.path, sent.headers["authorization"]) == ("/channels/645/messages", "Bot discord-token-0123456789")
    assert sent.json["message_reference"] == {"message_id": "5", "fail_if_not_exists": False}
    assert sent.json["enforce_nonce"] is True
    assert len(sent.json["nonce"]) == 25


@pytest.mark.parametrize(("status", "code"), [(400, 160002), (404, 10008)])
def test_a_message_that_cannot_be_answered_is_not_referred_to(server: Server, status: int, code: int) -> None:
    server.answer(failure(status, code), SENT)
    assert discord(server).send(answer(reply_to="5", reply_token=None)).message_id == "900"
    first, second = (request.json for request in server.requests)
    assert second == {name: value for name, value in first.items() if name != "message_reference"}
    server.answer(failure(status, code))
    with pytest.raises(SendError):
        discord(server).send(answer(reply_token=None))
    assert len(server.requests) == 3


def test_without_a_bot_token_an_expired_interaction_is_final(server: Server) -> None:
    server.answer(failure(404, 50027))
    with pytest.raises(SendError) as caught:
        discord(server, bot_token="").send(answer())
    assert (caught.value.mark, caught.value.permanent) == ("reply_token_expired", True)
    with pytest.raises(SendError) as caught:
        discord(server, bot_token="").send(OutgoingMessage(chat_id="645", text="hi"))
    assert caught.value.mark == "no_token"


def test_a_removed_thinking_sign_is_followed_up(server: Server) -> None:
    server.answer(failure(404, 10008, "Unknown Message"), SENT)
    assert discord(server, ephemeral=True).send(answer()).message_id == "900"
    sent = server.requests[1]
    assert (sent.method, sent.path, sent.json["flags"]) == ("POST", "/webhooks/77/it%2Fk?wait=true", 64)


def test_what_only_one_may_see_goes_to_them_when_the_interaction_is_over(server: Server) -> None:
    server.answer(failure(401, 50027), json_answer({"id": "12", "type": 1}), SENT)
    assert discord(server, ephemeral=True).send(answer(user_id="42", reply_to="5")).message_id == "900"
    _, opened, sent = server.requests
    assert (opened.path, opened.json) == ("/users/@me/channels", {"recipient_id": "42"})
    assert (sent.path, "message_reference" in sent.json) == ("/channels/12/messages", False)


def test_and_is_not_said_at_all_where_they_cannot_be_reached(server: Server) -> None:
    server.answer(failure(401, 50027), failure(403, 50007))
    with pytest.raises(SendError) as caught:
        discord(server, ephemeral=True).send(answer(user_id="42"))
    assert (caught.value.mark, caught.value.maybe_sent, len(server.requests)) == ("user_blocked", False, 2)


def test_the_same_message_has_the_same_nonce(server: Server) -> None:
    server.answer(SENT)
    for key in ("k1", "k1", "k2"):
        discord(server).send(OutgoingMessage(chat_id="645", text="hi", idempotency_key=key))
    one, again, other = (request.json["nonce"] for request in server.requests)
    assert one == again != other


def test_a_lost_answer_may_be_repeated(server: Server) -> None:
    server.answer(Answer(200, b"", {"Content-Encoding": "gzip"}, chunks=(b"not gzip",)))
    for outgoing in (answer(), answer(reply_token=None)):
        with pytest.raises(SendError) as caught:
            discord(server).send(outgoing)
        assert (caught.value.permanent, caught.value.maybe_sent) == (False, False)


def test_buttons_become_rows_of_at_most_five(server: Server) -> None:
    server.answer(SENT)
    rows = [[{"text": f"b{n}", "data": f"d{n}"} for n in range(6)], [{"text": "Site", "url": "https://e.com"}]]
    discord(server).send(answer("?", data={"buttons": rows}))
    found = server.requests[0].json["components"]
    assert [len(row["components"]) for row in found] == [5, 1, 1]
    assert found[0]["components"][0] == {"type": 2, "style": 1, "label": "b0", "custom_id": "d0"}
    assert found[2]["components"][0] == {"type": 2, "style": 5, "label": "Site", "url": "https://e.com"}


def test_ten_rows_of_one_button_fit_in_fewer_rows(server: Server) -> None:
    server.answer(SENT)
    discord(server).send(answer("?", data={"buttons": [[{"text": f"b{n}", "data": f"d{n}"}] for n in range(10)]}))
    found = server.requests[0].json["components"]
    assert [len(row["components"]) for row in found] == [5, 5]
    assert [item["custom_id"] for row in found for item in row["components"]] == [f"d{n}" for n in range(10)]


@pytest.mark.parametrize(
    ("rows", "mark"),
    [([[{"text": "a", "data": "x" * 101}]], "button_too_long"), ([[{"text": "a"}]] * 26, "too_many_buttons")],
)
def test_buttons_over_the_limits_are_refused_before_sending(server: Server, rows: Any, mark: str) -> None:
    with pytest.raises(SendError) as caught:
        discord(server).send(answer(data={"buttons": rows}))
    assert (caught.value.mark, caught.value.permanent, server.requests) == (mark, True, [])


@pytest.mark.parametrize(
    ("response", "mark", "permanent", "retry_after"),
    [
        (
            json_answer({"message": "You are being rate limited.", "retry_after": 64.57, "global": True}, 429),
            "flood",
            False,
            64.57,
        ),
        (Answer(429, b"error code: 1015", {"Retry-After": "12"}), "flood", False, 12.0),
        (Answer(429, b"", {"X-RateLimit-Reset-After": "2.5", "Retry-After": "3"}), "flood", False, 2.5),
        (Answer(429, b""), "flood", False, 1.0),
        (failure(403, 50007), "user_blocked", True, None),
        (failure(403, 50001), "no_rights", True, None),
        (failure(403, 50013), "no_rights", True, None),
        (failure(404, 10003), "chat_not_found", True, None),
        (failure(401, 0, "401: Unauthorized"), "unauthorized", True, None),
        (
            failure(
                400, 50035, "Invalid Form Body", errors={"content": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH"}]}}
            ),
            "too_long",
            True,
            None,
        ),
        (failure(400, 50035, "Invalid Form Body"), "refused", True, None),
        (failure(400, 50006), "empty", True, None),
        (failure(400, 240000), "blocked_by_moderation", True, None),
        (failure(429, 20016, retry_after=5), "flood", False, 5.0),
        (failure(503, 130000), "server_error", False, None),
        (Answer(502, b"<html>"), "server_error", False, None),
        (Answer(200, b"<html>portal</html>"), "bad_response", False, None),
    ],
)
def test_each_failure_says_whether_and_when_to_try_again(
    server: Server, response: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    server.answer(response)
    with pytest.raises(SendError) as caught:
        discord(server).send(OutgoingMessage(chat_id="645", text="hi"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert "discord-token" not in str(error)


def test_an_edit_goes_through_the_interaction_while_it_lasts(server: Server) -> None:
    server.answer(SENT, failure(404, 50027), SENT)
    adapter = discord(server)
    adapter.edit("900", answer("more"))
    adapter.edit("900", answer("more"))
    assert [(r.method, r.path) for r in server.requests] == [
        ("PATCH", "/webhooks/77/it%2Fk/messages/900"),
        ("PATCH", "/webhooks/77/it%2Fk/messages/900"),
        ("PATCH", "/channels/645/messages/900"),
    ]
    assert server.requests[0].json["components"] == []


def test_files_come_from_discord_only(server: Server) -> None:
    image = Attachment("image", "61", url=f"{server.url}/cat.png")
    with pytest.raises(SendError) as caught:
        discord(server).fetch_media(image)
    assert (caught.value.mark, server.requests) == ("foreign_address", [])
    server.answer(Answer(200, b"GIF89a"))
    assert discord(server, allowed_hosts="127.0.0.1").fetch_media(image).content_type == "image/gif"


def test_set_up_registers_address_and_command(server: Server) -> None:
    def respond(request: Recorded) -> Answer:
        if request.path == "/users/@me":
            return json_answer({"id": "77", "username": "claw", "global_name": None})
        return json_answer({"interactions_endpoint_url": "https://bot.example/x", "name": "ask"})

    server.respond = respond
    adapter = discord(server)
    adapter.set_webhook("https://bot.example/x")
    adapter.send_typing("645")
    assert (adapter.whoami().id, adapter.webhook_info().url) == ("77", "https://bot.example/x")
    assert [(r.method, r.path) for r in server.requests[:3]] == [
        ("PATCH", "/applications/@me"),
        ("POST", "/applications/77/commands"),
        ("POST", "/channels/645/typing"),
    ]
    assert server.requests[1].json["name"] == "ask"


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("**b** _i_ [x](https://e.com) `c`", "**b** _i_ [x](https://e.com) `c`"),
        ("## Two\n#### Four", "## Two\n**Four**"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("|a|b|\n|---|---|\n|1|2|\nend", "```\n|a|b|\n|---|---|\n|1|2|\n```\nend"),
        ("![cat](https://e.com/c.png)", "[cat](https://e.com/c.png)"),
        ("```\n#### not\n---\n```", "```\n#### not\n---\n```"),
        ("~~~\nx\n~~~", "```\nx\n```"),
    ],
)
def test_only_what_discord_does_not_show_is_changed(source: str, rendered: str) -> None:
    assert to_discord(source) == rendered


def test_a_text_full_of_tables_stays_within_the_limit() -> None:
    text = "\n\n".join(["a|b\n---|---\n1|2"] * 100)
    for piece in discord().split(text):
        assert len(to_discord(piece)) <= 2000


def test_thinking_can_be_taken_away(server: Server) -> None:
    server.answer(Answer(204))
    discord(server).dismiss("itoken")
    (sent,) = server.requests
    assert (sent.method, sent.path) == ("DELETE", "/webhooks/77/itoken/messages/@original")


def test_people_are_mentioned_by_id_and_nobody_else_is(server: Server) -> None:
    server.answer(SENT)
    people = {"Ann": "111", "Ann Lee": "222"}
    discord(server).send(answer("@Ann Lee and @Ann, not @Anna, `@Ann` or me@Ann @everyone", data={"mentions": people}))
    body = server.requests[0].json
    assert body["content"].startswith("<@222> and <@111>, not @Anna, `@Ann` or me@Ann")
    assert body["allowed_mentions"] == {"parse": [], "users": ["111", "222"]}


def test_a_text_that_mentions_would_make_too_long_stays_as_it_is(server: Server) -> None:
    server.answer(SENT)
    discord(server).send(answer("@A " * 600, data={"mentions": {"A": "123456789012345678"}}))
    assert "<@" not in server.requests[0].json["content"]


def test_names_behind_ids_need_a_bot_token(server: Server) -> None:
    server.answer(
        json_answer({"id": "5", "username": "ann", "global_name": "Ann"}), json_answer({"id": "6", "name": "dock"})
    )
    adapter = discord(server)
    assert [adapter.reference_name(kind, "5") for kind in ("user", "chat", "role")] == ["Ann", "dock", ""]
    assert [request.path for request in server.requests] == ["/users/5", "/channels/5"]
    assert discord(server, bot_token="").reference_name("user", "5") == ""
