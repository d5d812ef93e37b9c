from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from adapters.errors import NotSupported, SendError
from adapters.events import Attachment, OutgoingMessage
from adapters.feishu.render import card, to_markdown
from tests.adapters.builders import answer_with_tokens
from tests.adapters.feishu.builders import feishu
from tests.http_server import Answer, Recorded, Server, json_answer

SENT = json_answer({"code": 0, "msg": "success", "data": {"message_id": "om_out"}})


def scripted(server: Server, *answers: Answer) -> list[Recorded]:
    def token(number: int) -> dict[str, Any]:
        return {"code": 0, "tenant_access_token": f"t-{number}", "expire": 7140}

    return answer_with_tokens(server, "/tenant_access_token/internal", token, *answers)


def failure(code: int, status: int = 400, **headers: str) -> Answer:
    return json_answer({"code": code, "msg": "no"}, status, **headers)


def content(request: Recorded) -> Any:
    return json.loads(request.json["content"])


def test_a_message_is_a_card_with_a_token_fetched_once(server: Server) -> None:
    seen = scripted(server, SENT)
    adapter = feishu(base_url=server.url)
    for _ in range(2):
        assert adapter.send(OutgoingMessage(chat_id="oc_1", text="**a** b", idempotency_key="k")).message_id == "om_out"
    assert seen[0].path == "/open-apis/im/v1/messages?receive_id_type=chat_id"
    assert seen[0].headers["authorization"] == "Bearer t-1"
    assert (seen[0].json["receive_id"], seen[0].json["msg_type"]) == ("oc_1", "interactive")
    assert content(seen[0])["body"]["elements"] == [{"tag": "markdown", "content": "**a** b"}]
    assert content(seen[0])["config"]["summary"] == {"content": "a b"}
    assert seen[0].json["uuid"] == seen[1].json["uuid"]
    assert len(seen[0].json["uuid"]) <= 50
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("receiver", "kind"), [("ou_1", "open_id"), ("on_1", "union_id"), ("a@b.cn", "email"), ("ann", "user_id")]
)
def test_people_can_be_written_to(server: Server, receiver: str, kind: str) -> None:
    seen = scripted(server, SENT)
    feishu(base_url=server.url).send(OutgoingMessage(chat_id=receiver, text="x"))
    assert seen[0].path.endswith(f"receive_id_type={kind}")


def test_a_reply_and_every_part_of_an_answer_in_a_thread_stay_there(server: Server) -> None:
    seen = scripted(server, SENT)
    adapter = feishu(base_url=server.url)
    adapter.send(OutgoingMessage(chat_id="oc_1", text="x", reply_to="om_1"))
    adapter.send(OutgoingMessage(chat_id="oc_1", text="x", thread_id="omt_1", reply_token="om_2", part=1))
    assert [request.path for request in seen] == [
        "/open-apis/im/v1/messages/om_1/reply",
        "/open-apis/im/v1/messages/om_2/reply",
    ]
    assert [request.json["reply_in_thread"] for request in seen] == [False, True]


def test_an_answer_to_a_recalled_message_goes_to_the_chat(server: Server) -> None:
    seen = scripted(server, failure(230011), SENT)
    message = OutgoingMessage(chat_id="oc_1", text="x", reply_to="om_1", idempotency_key="k")
    assert feishu(base_url=server.url).send(message).message_id == "om_out"
    assert seen[1].json["receive_id"] == "oc_1"
    assert seen[0].json["uuid"] != seen[1].json["uuid"]


def test_a_refused_card_is_sent_as_plain_text(server: Server) -> None:
    seen = scripted(server, failure(230099), SENT)
    rows = [[{"text": "Site", "url": "https://e.cn"}]]
    feishu(base_url=server.url).send(
        OutgoingMessage(chat_id="oc_1", text='**a** <at user_id="all">x</at>', data={"buttons": rows})
    )
    assert seen[1].json["msg_type"] == "text"
    assert content(seen[1]) == {"text": 'a < at user_id="all">x</at>\n- Site https://e.cn'}


def test_buttons_carry_their_data_or_address(server: Server) -> None:
    made = card("Sure?", [[{"text": "Yes", "data": "y"}, {"text": "Site", "url": "https://e.cn"}]])
    columns = made["body"]["elements"][1]["columns"]
    assert [column["elements"][0]["behaviors"] for column in columns] == [
        [{"type": "callback", "value": {"data": "y"}}],
        [{"type": "open_url", "default_url": "https://e.cn"}],
    ]


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("# T\n- **b** *i* ~~s~~\n> q\n---", "# T\n- **b** *i* ~~s~~\n> q\n---"),
        ("[a](https://e.cn) `x < y`", "[a](https://e.cn) `x < y`"),
        ("[a](javascript:x)", "a (javascript:x)"),
        ("```py\nx = 1 < 2\n```", "```py\nx = 1 < 2\n```"),
        ("<at id=all></at> a*b _c", "&#60;at id=all&#62;&#60;/at&#62; a&#42;b &#95;c"),
        (r"\# no heading", "&#35; no heading"),
        ("a & b &lt; c", "a & b &#38;lt; c"),
    ],
)
def test_markdown_is_rendered_and_everything_else_is_harmless(text: str, rendered: str) -> None:
    assert to_markdown(text) == rendered


def test_an_answer_can_grow(server: Server) -> None:
    seen = scripted(server, SENT)
    adapter = feishu(base_url=server.url)
    assert adapter.edit("om_out", OutgoingMessage(chat_id="oc_1", text="more")).message_id == "om_out"
    assert (seen[0].method, seen[0].path) == ("PATCH", "/open-apis/im/v1/messages/om_out")
    assert content(seen[0])["config"]["update_multi"] is True


def test_a_refused_token_is_renewed_once(server: Server) -> None:
    seen = scripted(server, failure(99991663), SENT)
    assert feishu(base_url=server.url).send(OutgoingMessage(chat_id="oc_1", text="x")).message_id == "om_out"
    assert [request.headers["authorization"] for request in seen] == ["Bearer t-1", "Bearer t-2"]
    seen = scripted(server, failure(99991663))
    with pytest.raises(SendError) as caught:
        feishu(base_url=server.url).send(OutgoingMessage(chat_id="oc_1", text="x"))
    assert (caught.value.mark, caught.value.permanent, len(seen)) == ("token_refused", False, 2)


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (failure(99991400, 429, **{"x-ogw-ratelimit-reset": "7"}), "flood", False, 7.0),
        (failure(99991403, 429), "quota", True, None),
        (failure(99991403), "quota", True, None),
        (failure(230020), "flood", False, None),
        (failure(11232, 200), "flood", False, None),
        (failure(230002), "bot_removed", True, None),
        (failure(230013), "not_visible", True, None),
        (failure(230025), "too_long", True, None),
        (failure(230053), "user_blocked", True, None),
        (failure(99991672, 403), "no_rights", True, None),
        (failure(10014, 200), "unauthorized", True, None),
        (failure(1, 500), "server_error", False, None),
        (failure(424242), "refused", True, None),
        (Answer(502, b"<html>"), "server_error", False, None),
        (Answer(200, b"<html>"), "bad_response", False, None),
        (Answer(404, b""), "refused", True, None),
    ],
)
def test_every_class_of_answer_is_judged(
    server: Server, answer: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    scripted(server, answer)
    with pytest.raises(SendError) as caught:
        feishu(base_url=server.url).send(OutgoingMessage(chat_id="oc_1", text="x"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


def test_a_reaction_stands_in_for_typing_when_it_is_wanted(server: Server) -> None:
    seen = scripted(server, SENT)
    feishu(base_url=server.url).send_typing("oc_1", message_id="om_1")
    assert seen == []
    feishu(base_url=server.url, typing_reaction="OnIt").send_typing("oc_1", message_id="om_1")
    assert seen[0].path == "/open-apis/im/v1/messages/om_1/reactions"
    assert seen[0].json == {"reaction_type": {"emoji_type": "OnIt"}}


def test_the_bot_tells_its_id(server: Server) -> None:
    scripted(server, json_answer({"code": 0, "bot": {"open_id": "ou_bot", "app_name": "Claw"}}))
    identity = feishu(base_url=server.url).whoami()
    assert (identity.id, identity.name) == ("ou_bot", "Claw")


def test_a_file_is_downloaded_with_its_message(server: Server) -> None:
    seen = scripted(server, Answer(200, b"%PDF-1.7", {"Content-Type": "application/octet-stream"}))
    adapter = feishu(base_url=server.url)
    media = adapter.fetch_media(Attachment("file", "k/../1", name="a.pdf"), message_id="om_1")
    assert (media.content_type, media.name) == ("application/pdf", "a.pdf")
    assert seen[0].path == "/open-apis/im/v1/messages/om_1/resources/k%2F..%2F1?type=file"
    with pytest.raises(NotSupported):
        adapter.fetch_media(Attachment("file", "k"))


@pytest.mark.parametrize(("code", "mark"), [(234003, "media_gone"), (234037, "too_large"), (99991672, "no_rights")])
def test_a_file_that_is_not_handed_out_is_an_error(server: Server, code: int, mark: str) -> None:
    scripted(server, failure(code))
    with pytest.raises(SendError) as caught:
        feishu(base_url=server.url).fetch_media(Attachment("image", "k"), message_id="om_1")
    assert (caught.value.permanent, caught.value.mark) == (True, mark)


def test_a_file_over_the_cap_is_refused(server: Server) -> None:
    scripted(server, Answer(200, b"x" * 100))
    with pytest.raises(SendError) as caught:
        feishu(base_url=server.url).fetch_media(Attachment("image", "k"), message_id="om_1", max_bytes=10)
    assert (caught.value.permanent, caught.value.mark) == (True, "too_large")
