from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest

from adapters import registry
from adapters.base import Adapter
from adapters.errors import SendError
from adapters.events import Attachment, OutgoingMessage
from adapters.slack.render import blocks, to_mrkdwn
from tests.http_server import Answer, Recorded, Server, json_answer

SENT = json_answer({"ok": True, "channel": "C01", "ts": "1700000000.000900"})
BUTTONS = {"buttons": [[{"text": "Yes", "data": "y"}, {"text": "Site", "url": "https://example.com"}]]}


def slack(server: Server | None = None, **account: Any) -> Adapter[Any]:
    values = {
        "bot_token": "xoxb-0123456789",
        "signing_secret": "s",
        "base_url": server.url if server else "",
        **account,
    }
    return registry.create("slack", values)


def failure(error: str, status: int = 200, **headers: str) -> Answer:
    return json_answer({"ok": False, "error": error}, status, **headers)


def test_a_message_is_posted_with_the_token_in_its_thread(server: Server) -> None:
    server.answer(SENT)
    receipt = slack(server).send(OutgoingMessage(chat_id="C01", text="**a** & b", thread_id="1700000000.000200"))
    assert (receipt.message_id, receipt.data) == ("1700000000.000900", {"channel": "C01"})
    (sent,) = server.requests
    assert (sent.path, sent.headers["authorization"]) == ("/chat.postMessage", "Bearer xoxb-0123456789")
    assert sent.headers["content-type"] == "application/json; charset=utf-8"
    assert sent.json == {"channel": "C01", "text": "*a* &amp; b", "thread_ts": "1700000000.000200"}


def test_buttons_come_under_the_text(server: Server) -> None:
    server.answer(SENT)
    slack(server).send(OutgoingMessage(chat_id="C01", text="**Sure?**", data=BUTTONS))
    section, actions = server.requests[0].json["blocks"]
    assert section == {"type": "section", "text": {"type": "mrkdwn", "text": "*Sure?*"}}
    assert [(b["text"]["text"], b.get("value"), b.get("url")) for b in actions["elements"]] == [
        ("Yes", "y", None),
        ("Site", None, "https://example.com"),
    ]
    assert len({b["action_id"] for b in actions["elements"]}) == 2


def test_blocks_that_slack_refuses_are_left_out(server: Server) -> None:
    server.answer(failure("invalid_blocks"), SENT)
    assert slack(server).send(OutgoingMessage(chat_id="C01", text="?", data=BUTTONS)).message_id
    assert "blocks" not in server.requests[1].json


@pytest.mark.parametrize(
    "error", ["thread_not_found", "cannot_reply_to_message", "restricted_action_non_threadable_channel"]
)
def test_without_its_thread_a_message_goes_to_the_channel(server: Server, error: str) -> None:
    server.answer(failure(error), failure("invalid_blocks"), SENT)
    data = {**BUTTONS, "broadcast": True}
    outgoing = OutgoingMessage(chat_id="C01", text="?", thread_id="1700000000.000200", data=data)
    assert slack(server).send(outgoing).message_id
    assert server.requests[0].json["thread_ts"] == "1700000000.000200"
    assert server.requests[2].json == {"channel": "C01", "text": "?"}


def test_a_refusal_of_a_thread_is_final_where_there_is_none(server: Server) -> None:
    server.answer(failure("thread_not_found"))
    with pytest.raises(SendError) as caught:
        slack(server).send(OutgoingMessage(chat_id="C01", text="hi"))
    assert (caught.value.mark, caught.value.permanent, len(server.requests)) == ("thread_gone", True, 1)


def test_where_the_bot_is_no_member_the_commands_own_address_is_used(server: Server) -> None:
    server.answer(failure("not_in_channel"), Answer(200, b"ok"))
    outgoing = OutgoingMessage(chat_id="C01", text="hi", reply_url=f"{server.url}/commands/T01/1/x")
    assert slack(server, allowed_hosts="127.0.0.1").send(outgoing).message_id == ""
    assert server.requests[1].path == "/commands/T01/1/x"
    assert server.requests[1].json == {"text": "hi", "response_type": "in_channel", "replace_original": False}
    assert "authorization" not in server.requests[1].headers


def test_an_answering_address_of_somebody_else_is_never_called(server: Server) -> None:
    server.answer(failure("not_in_channel"))
    outgoing = OutgoingMessage(chat_id="C01", text="hi", reply_url=f"{server.url}/steal")
    with pytest.raises(SendError) as caught:
        slack(server).send(outgoing)
    assert (caught.value.mark, caught.value.permanent, len(server.requests)) == ("foreign_address", True, 1)


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (failure("ratelimited", 429, **{"Retry-After": "30"}), "flood", False, 30.0),
        (Answer(429, b"", {}), "flood", False, 1.0),
        (failure("rate_limited"), "flood", False, 1.0),
        (failure("channel_not_found"), "chat_not_found", True, None),
        (failure("not_in_channel"), "not_in_channel", True, None),
        (failure("is_archived"), "archived", True, None),
        (failure("msg_too_long"), "too_long", True, None),
        (failure("invalid_auth"), "unauthorized", True, None),
        (failure("token_revoked"), "unauthorized", True, None),
        (failure("missing_scope"), "no_rights", True, None),
        (failure("something_new"), "refused", True, None),
        (failure("internal_error"), "server_error", False, None),
        (failure("service_unavailable", 503), "server_error", False, None),
        (Answer(502, b"<html>"), "server_error", False, None),
        (Answer(200, b"<html>captive portal</html>"), "bad_response", False, None),
        (Answer(404, b"no_service"), "gone", True, None),
    ],
)
def test_each_failure_says_whether_and_when_to_try_again(
    server: Server, answer: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    server.answer(answer)
    with pytest.raises(SendError) as caught:
        slack(server).send(OutgoingMessage(chat_id="C01", text="hi"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert "xoxb" not in str(error)


def test_an_edit_replaces_text_and_takes_the_buttons_away(server: Server) -> None:
    server.answer(SENT)
    slack(server).edit("1700000000.000900", OutgoingMessage(chat_id="C01", text="_more_", thread_id="1.2"))
    assert server.requests[0].path == "/chat.update"
    assert server.requests[0].json == {"channel": "C01", "text": "_more_", "blocks": [], "ts": "1700000000.000900"}


def test_a_status_shows_in_threads_only(server: Server) -> None:
    server.answer(json_answer({"ok": True}))
    slack(server).send_typing("D01")
    slack(server).send_typing("D01", "1700000000.000200")
    (sent,) = server.requests
    assert sent.path == "/assistant.threads.setStatus"
    assert sent.json["thread_ts"] == "1700000000.000200"


def test_whoami_really_asks(server: Server) -> None:
    server.answer(json_answer({"ok": True, "user": "claw", "user_id": "U0BOT", "bot_id": "B0BOT", "team_id": "T01"}))
    assert slack(server).whoami().id == "U0BOT"
    server.answer(failure("invalid_auth"))
    with pytest.raises(SendError):
        slack(server).whoami()


def test_a_file_is_fetched_with_the_token(server: Server) -> None:
    server.answer(Answer(200, b"\x89PNG\r\n\x1a\n...", {"Content-Type": "application/octet-stream"}))
    attachment = Attachment("image", "F01", url=f"{server.url}/f/cat.png", name="cat.png")
    media = slack(server, allowed_hosts="127.0.0.1").fetch_media(attachment)
    assert (media.content_type, media.name) == ("image/png", "cat.png")
    assert server.requests[0].headers["authorization"].startswith("Bearer ")


def test_a_log_in_page_or_a_redirect_is_not_taken_for_the_file(server: Server) -> None:
    attachment = Attachment("image", "F01", url=f"{server.url}/f/cat.png", mime="image/png")
    for answer, mark in (
        (Answer(200, b"<!DOCTYPE html><html>Sign in</html>", {"Content-Type": "text/html"}), "no_rights"),
        (Answer(302, b"", {"Location": "https://slack.com/"}), "media_gone"),
    ):
        server.answer(answer)
        with pytest.raises(SendError) as caught:
            slack(server, allowed_hosts="127.0.0.1").fetch_media(attachment)
        assert (caught.value.mark, caught.value.permanent) == (mark, True)


def test_the_token_is_never_sent_to_a_foreign_host(server: Server) -> None:
    with pytest.raises(SendError) as caught:
        slack(server).fetch_media(Attachment("image", "F01", url=f"{server.url}/f"))
    assert (caught.value.mark, server.requests) == ("foreign_address", [])


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("**bold** *it* ~~no~~ `a<b`", "*bold* _it_ ~no~ `a&lt;b`"),
        ("# Title **x**", "*Title x*"),
        ("[a|b](https://e.com/?q=1&r=2)", "<https://e.com/?q=1&amp;r=2|a|b>"),
        ("<!channel> @here", "&lt;!channel&gt; @here"),
        ("你好**世界**吧", "你好\u200b*世界*\u200b吧"),
        ("- one\n- two", "• one\n• two"),
        ("```py\na < b\n```", "```\na &lt; b\n```"),
        ("> said", "> said"),
        ("[x](javascript:alert)", "x (javascript:alert)"),
    ],
)
def test_markdown_becomes_mrkdwn(source: str, rendered: str) -> None:
    assert to_mrkdwn(source) == rendered


def test_long_texts_with_buttons_stay_within_slacks_limits() -> None:
    found = blocks("&" * 3900, BUTTONS["buttons"])
    sections = [b["text"]["text"] for b in found if b["type"] == "section"]
    assert all(len(text) <= 3000 for text in sections)
    assert sum(map(len, sections)) == 3900 * 5
    assert len(found) <= 50
    assert all(not re.search(r"&(?!amp;)", b["text"]["text"]) for b in blocks("a" + "&" * 1499, [[]]) if "text" in b)


class StoredCredentials:
    """Stores the values of the account for two adapters, as the product does."""

    def __init__(self, **values: str) -> None:
        self.values: dict[str, Any] = values

    def renew(self, change: Any) -> Mapping[str, Any]:
        self.values |= change(self.values)
        return self.values


ROTATING = {"refresh_token": "xoxe-1-old", "client_id": "1.2", "client_secret": "client-secret-1"}


def rotating(server: Server, stored: StoredCredentials) -> Adapter[Any]:
    return slack(server, bot_token="xoxe.xoxb-old", vault=stored, **ROTATING)


def test_an_expired_token_is_exchanged_once_for_all(server: Server) -> None:
    def respond(request: Recorded) -> Answer:
        if request.path == "/oauth.v2.access":
            return json_answer({"ok": True, "access_token": "xoxe.xoxb-new", "refresh_token": "xoxe-1-new"})
        return SENT if request.headers["authorization"].endswith("-new") else failure("token_expired")

    server.respond = respond
    stored = StoredCredentials(bot_token="xoxe.xoxb-old", refresh_token="xoxe-1-old")
    for adapter in (rotating(server, stored), rotating(server, stored)):
        for _time in range(2):
            assert adapter.send(OutgoingMessage(chat_id="C01", text="hi")).message_id
    assert stored.values == {"bot_token": "xoxe.xoxb-new", "refresh_token": "xoxe-1-new"}
    (exchange,) = [request for request in server.requests if request.path == "/oauth.v2.access"]
    assert parse_qs(exchange.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["xoxe-1-old"],
        "client_id": ["1.2"],
        "client_secret": ["client-secret-1"],
    }


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(302, b"", {"Location": "https://slack.com/"}),
        Answer(403, b""),
        Answer(200, b"<!DOCTYPE html><html>Sign in</html>", {"Content-Type": "text/html"}),
    ],
)
def test_a_file_is_fetched_again_with_a_fresh_token(server: Server, refusal: Answer) -> None:
    def respond(request: Recorded) -> Answer:
        if request.path == "/oauth.v2.access":
            return json_answer({"ok": True, "access_token": "xoxe.xoxb-new", "refresh_token": "xoxe-1-new"})
        fresh = request.headers["authorization"].endswith("-new")
        if request.path == "/auth.test":
            return SENT if fresh else failure("token_expired")
        return Answer(200, b"\x89PNG\r\n\x1a\n...") if fresh else refusal

    server.respond = respond
    stored = StoredCredentials(bot_token="xoxe.xoxb-old", refresh_token="xoxe-1-old")
    adapter = slack(server, bot_token="xoxe.xoxb-old", vault=stored, allowed_hosts="127.0.0.1", **ROTATING)
    media = adapter.fetch_media(Attachment("image", "F01", url=f"{server.url}/f/cat.png"))
    assert media.content_type == "image/png"
    assert stored.values["bot_token"] == "xoxe.xoxb-new"


def test_a_file_that_is_gone_is_asked_for_once_where_the_token_is_good(server: Server) -> None:
    server.respond = lambda request: SENT if request.path == "/auth.test" else Answer(404, b"")
    adapter = slack(server, vault=StoredCredentials(), allowed_hosts="127.0.0.1", **ROTATING)
    with pytest.raises(SendError) as caught:
        adapter.fetch_media(Attachment("image", "F01", url=f"{server.url}/f/cat.png"))
    assert (caught.value.mark, len(server.requests)) == ("media_gone", 2)


def test_a_refused_exchange_changes_nothing(server: Server) -> None:
    server.respond = lambda r: failure("invalid_refresh_token" if r.path == "/oauth.v2.access" else "token_expired")
    stored = StoredCredentials(bot_token="xoxe.xoxb-old", refresh_token="xoxe-1-old")
    with pytest.raises(SendError) as caught:
        rotating(server, stored).send(OutgoingMessage(chat_id="C01", text="hi"))
    assert caught.value.permanent
    assert stored.values == {"bot_token": "xoxe.xoxb-old", "refresh_token": "xoxe-1-old"}


def test_without_rotation_an_expired_token_is_final(server: Server) -> None:
    server.answer(failure("token_expired"))
    with pytest.raises(SendError) as caught:
        slack(server).send(OutgoingMessage(chat_id="C01", text="hi"))
    assert (caught.value.permanent, caught.value.mark) == (True, "unauthorized")
    assert len(server.requests) == 1


def test_names_are_those_people_show(server: Server) -> None:
    server.answer(json_answer({"ok": True, "user": {"name": "ann", "profile": {"real_name": "Ann Lee"}}}))
    assert slack(server).display_name("U1") == "Ann Lee"
    assert server.requests[0].path == "/users.info?user=U1"
