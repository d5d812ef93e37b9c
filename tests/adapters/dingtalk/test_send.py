from __future__ import annotations

import json
import pickle
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.dingtalk import signing
from adapters.dingtalk.render import title, to_markdown
from adapters.errors import NotSupported, SendError
from adapters.events import Attachment, OutgoingMessage
from adapters.splitter import utf8_bytes
from tests.adapters.builders import answer_with_tokens
from tests.adapters.dingtalk.builders import KEY, NOW, dingtalk
from tests.http_server import Answer, Recorded, Server, json_answer

QUEUED = json_answer({"processQueryKey": "q1"})
OK = json_answer({"errcode": 0, "errmsg": "ok"})
GOOD = f"private:{int((NOW + 600) * 1000)}"
GOOD_IN_GROUP = GOOD.replace("private", "group")


def scripted(server: Server, *answers: Answer) -> list[Recorded]:
    def token(number: int) -> dict[str, Any]:
        return {"accessToken": f"t{number}", "expireIn": 7200}

    return answer_with_tokens(server, "/oauth2/accessToken", token, *answers)


def old(code: int) -> Answer:
    return json_answer({"errcode": code, "errmsg": "no"})


def new(code: str, status: int = 400, **headers: str) -> Answer:
    return json_answer({"code": code, "message": "no", "requestid": "r"}, status, **headers)


def local(server: Server, **account: Any) -> Any:
    return dingtalk(base_url=server.url, allowed_hosts="127.0.0.1", **account)


# The reply address


def test_an_answer_goes_to_the_reply_address(server: Server) -> None:
    seen = scripted(server, OK)
    message = OutgoingMessage(chat_id="cid1", text="hello", reply_url=f"{server.url}/s?session=1", reply_token=GOOD)
    local(server).send(message)
    assert (seen[0].path, seen[0].json) == ("/s?session=1", {"msgtype": "text", "text": {"content": "hello"}})


def test_in_a_group_the_person_is_mentioned_once(server: Server) -> None:
    seen = scripted(server, OK)
    for part in (0, 1):
        message = OutgoingMessage(
            chat_id="cid1",
            user_id="ann",
            text="**hi**",
            reply_to="m1",
            part=part,
            reply_url=server.url,
            reply_token=GOOD_IN_GROUP,
        )
        local(server).send(message)
    assert seen[0].json["markdown"] == {"title": "hi", "text": "@ann **hi**"}
    assert seen[0].json["at"] == {"atUserIds": ["ann"]}
    assert "at" not in seen[1].json


def test_a_reply_address_elsewhere_is_refused(server: Server) -> None:
    # The signature does not cover the body: an attacker who replays a request could direct answers to any address.
    with pytest.raises(SendError) as caught:
        dingtalk().send(OutgoingMessage(chat_id="cid1", text="x", reply_url=f"{server.url}/steal", reply_token=GOOD))
    assert (caught.value.permanent, caught.value.mark, server.requests) == (True, "foreign_address", [])
    with pytest.raises(SendError) as caught:
        dingtalk().send(OutgoingMessage(chat_id="cid1", text="x", reply_url="http://oapi.dingtalk.com/robot/x"))
    assert caught.value.mark == "foreign_address"


def test_an_expired_reply_address_is_not_used(server: Server) -> None:
    seen = scripted(server, QUEUED)
    expired = f"private:{int((NOW + 30) * 1000)}"
    message = OutgoingMessage(chat_id="cid1", user_id="ann", text="x", reply_url=server.url, reply_token=expired)
    assert local(server).send(message).message_id == "q1"
    assert seen[0].path == "/v1.0/robot/oToMessages/batchSend"


def test_a_reply_address_that_dingtalk_calls_expired_falls_back_to_the_api(server: Server) -> None:
    seen = scripted(server, old(300001), QUEUED)
    message = OutgoingMessage(chat_id="cid1", user_id="ann", text="x", reply_url=server.url, reply_token=GOOD_IN_GROUP)
    assert local(server).send(message).message_id == "q1"
    assert seen[1].path == "/v1.0/robot/groupMessages/send"
    assert seen[1].json["openConversationId"] == "cid1"


# The API


def test_a_person_is_written_to_with_a_token_fetched_once(server: Server) -> None:
    seen = scripted(server, QUEUED)
    adapter = local(server)
    for chat, user in (("cid1", "ann"), ("ann", None)):
        adapter.send(OutgoingMessage(chat_id=chat, user_id=user, text="**a**"))
    for request in seen:
        assert request.path == "/v1.0/robot/oToMessages/batchSend"
        assert request.headers["x-acs-dingtalk-access-token"] == "t1"
        assert (request.json["userIds"], request.json["robotCode"]) == (["ann"], KEY)
        assert json.loads(request.json["msgParam"]) == {"title": "a", "text": "**a**"}
    assert len(server.requests) == 3


@pytest.mark.parametrize("user", [None, "group:cid1"])
def test_a_conversation_without_a_person_is_a_group(server: Server, user: str | None) -> None:
    seen = scripted(server, QUEUED)
    local(server).send(OutgoingMessage(chat_id="cid1", user_id=user, text="x"))
    assert seen[0].path == "/v1.0/robot/groupMessages/send"
    assert seen[0].json["msgKey"] == "sampleText"


def test_people_from_outside_cannot_be_written_to(server: Server) -> None:
    with pytest.raises(SendError) as caught:
        local(server).send(OutgoingMessage(chat_id="cid1", user_id="$:LWCP_v1:$x", text="x"))
    assert (caught.value.mark, server.requests) == ("no_staff_id", [])


@pytest.mark.parametrize(
    "refusal", [new("InvalidAuthentication", 401), json_answer({"errcode": 88, "sub_code": "40014"}), old(42001)]
)
def test_a_refused_token_is_renewed_once(server: Server, refusal: Answer) -> None:
    seen = scripted(server, refusal, QUEUED)
    assert local(server).send(OutgoingMessage(chat_id="ann", text="x")).message_id == "q1"
    assert [request.headers["x-acs-dingtalk-access-token"] for request in seen] == ["t1", "t2"]
    seen = scripted(server, new("InvalidAuthentication", 401))
    with pytest.raises(SendError) as caught:
        local(server).send(OutgoingMessage(chat_id="ann", text="x"))
    assert (caught.value.mark, caught.value.permanent, len(seen)) == ("token_refused", False, 2)


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (new("Forbidden.AccessDenied.QpsLimitForApi", 403), "flood", False, None),
        (new("Throttling.User", 429, **{"Retry-After": "4"}), "flood", False, 4.0),
        (new("Forbidden.AccessDenied.AccessTokenPermissionDenied", 403), "no_rights", True, None),
        (new("Forbidden.AccessDenied.IpNotInWhiteList", 403), "ip_not_trusted", True, None),
        (new("invalidParameter.userIds.invalid"), "user_not_found", True, None),
        (new("staffId.notExisted"), "user_not_found", True, None),
        (new("resource.not.found", 404), "chat_not_found", True, None),
        (new("systemError", 500), "busy", False, None),
        (new("somethingNew", 500), "server_error", False, None),
        (new("somethingNew"), "refused", True, None),
        (old(-1), "busy", False, None),
        (old(130101), "flood", False, 60.0),
        (new("Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", 403), "flood", False, None),
        (old(310000), "refused_by_security", True, None),
        (old(400013), "chat_not_found", True, None),
        (old(4242), "refused", True, None),
        (old(90006), "flood", False, 60.0),
        (json_answer({"errcode": 88, "sub_code": "90018"}), "flood", False, None),
        (json_answer({"errcode": 88, "sub_code": "60011"}), "no_rights", True, None),
        (json_answer({"errcode": 88, "sub_code": "isv.x"}), "no_rights", True, None),
        (json_answer({"flowControlledStaffIdList": ["ann"]}), "flood", False, 60.0),
        (json_answer({"invalidStaffIdList": ["ann"]}), "user_not_found", True, None),
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
        local(server).send(OutgoingMessage(chat_id="ann", text="x"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


# The custom group robot


def test_a_group_robot_signs_its_messages(server: Server) -> None:
    seen = scripted(server, OK)
    adapter = dingtalk(app_key="", app_secret="", base_url=server.url, group_token="gt", group_secret="SEC1")
    adapter.send(OutgoingMessage(chat_id="any", text="# T"))
    query = {name: values[0] for name, values in parse_qs(urlsplit(seen[0].path).query).items()}
    stamp = str(int(NOW * 1000))
    assert query == {"access_token": "gt", "timestamp": stamp, "sign": signing.sign(stamp, "SEC1")}
    assert seen[0].json == {"msgtype": "markdown", "markdown": {"title": "T", "text": "# T"}}


def test_an_account_without_any_way_out_says_so() -> None:
    with pytest.raises(SendError) as caught:
        dingtalk(app_key="").send(OutgoingMessage(chat_id="x", text="x"))
    assert (caught.value.permanent, caught.value.mark) == (True, "no_reply_url")


# Rendering


def test_markdown_keeps_its_lines() -> None:
    assert to_markdown("a\nb\n\n- c ~~d~~\n```py\nx\n```\n# T\n[l](https://e.cn) [m](x:y)") == (
        "a  \nb  \n\n- c d  \n```py\nx\n```\n# T\n[l](https://e.cn) m (x:y)"
    )
    assert title("\n# A *long* title of more than twenty letters") == "A long title of more"
    assert title("") == "…"


def test_buttons_open_addresses_or_send_their_data(server: Server) -> None:
    seen = scripted(server, OK, QUEUED)
    rows = [[{"text": "Yes", "data": "y & z"}, {"text": "Site", "url": "https://e.cn"}]]
    base = {"chat_id": "ann", "text": "Sure?", "data": {"buttons": rows}}
    local(server).send(OutgoingMessage(**base, reply_url=server.url, reply_token=GOOD))
    local(server).send(OutgoingMessage(**base))
    send_y = "dtmd://dingtalkclient/sendMessage?content=y%20%26%20z"
    assert seen[0].json["actionCard"]["btns"] == [
        {"title": "Yes", "actionURL": send_y},
        {"title": "Site", "actionURL": "https://e.cn"},
    ]
    assert seen[1].json["msgKey"] == "sampleActionCard2"
    assert json.loads(seen[1].json["msgParam"])["actionURL1"] == send_y


def test_more_buttons_than_a_card_holds_become_links(server: Server) -> None:
    seen = scripted(server, QUEUED)
    rows = [[{"text": str(n), "url": f"https://e.cn/{n}"}] for n in range(6)]
    local(server).send(OutgoingMessage(chat_id="ann", text="Which?", data={"buttons": rows}))
    assert seen[0].json["msgKey"] == "sampleMarkdown"
    assert "[5](https://e.cn/5)" in json.loads(seen[0].json["msgParam"])["text"]


def test_texts_are_cut_by_bytes() -> None:
    assert max(map(utf8_bytes, dingtalk().split("汉字。" * 2000))) <= 5000


# Files and identity


def test_a_file_is_downloaded_by_its_code(server: Server) -> None:
    def respond(request: Recorded) -> Answer:
        if request.path.endswith("/messageFiles/download"):
            assert request.json == {"downloadCode": "d", "robotCode": KEY}
            return json_answer({"downloadUrl": f"{server.url}/file"})
        if request.path == "/file":
            assert "x-acs-dingtalk-access-token" not in request.headers
            return Answer(200, b"\xff\xd8\xff\xe0")
        return json_answer({"accessToken": "t1", "expireIn": 7200})

    server.respond = respond
    assert local(server).fetch_media(Attachment("image", "d")).content_type == "image/jpeg"
    with pytest.raises(SendError) as caught:
        dingtalk(base_url=server.url).fetch_media(Attachment("image", "d"))
    assert caught.value.mark == "foreign_address"
    with pytest.raises(NotSupported):
        local(server).fetch_media(Attachment("image"))


def test_a_file_that_is_gone_is_an_error(server: Server) -> None:
    scripted(server, json_answer({"downloadUrl": ""}))
    with pytest.raises(SendError) as caught:
        local(server).fetch_media(Attachment("image", "d"))
    assert (caught.value.permanent, caught.value.mark) == (True, "media_gone")


def test_a_fresh_token_proves_the_credentials(server: Server) -> None:
    scripted(server, OK)
    adapter = local(server)
    assert [adapter.whoami().id for _ in range(2)] == [KEY, KEY]
    assert len(server.requests) == 2
    server.respond = lambda request: new("invalidClientIdOrSecret")
    with pytest.raises(SendError) as caught:
        adapter.whoami()
    assert (caught.value.permanent, caught.value.mark) == (True, "unauthorized")


# AI cards

CREATED = json_answer({"success": True, "result": {"deliverResults": [{"success": True}], "outTrackId": "x"}})
STREAMED = json_answer({"success": True, "result": True})
TEMPLATE = "0f3c.schema"


@pytest.mark.parametrize(
    ("chat", "token", "space"),
    [("cid1==", GOOD_IN_GROUP, "IM_GROUP.cid1=="), ("cid1==", GOOD, "IM_ROBOT.ann"), ("ann", None, "IM_ROBOT.ann")],
)
def test_an_answer_grows_in_a_card_and_closes_it(server: Server, chat: str, token: str | None, space: str) -> None:
    seen = scripted(server, CREATED, STREAMED)
    adapter = local(server, card_template_id=TEMPLATE)
    where = {"chat_id": chat, "user_id": "ann", "reply_token": token, "reply_url": f"{server.url}/s"}
    card = adapter.send(OutgoingMessage(**where, text="**ha**", growing=True)).message_id
    adapter.edit(card, OutgoingMessage(**where, text="**half**", growing=True))
    adapter.edit(card, OutgoingMessage(**where, text="whole", data={"buttons": [[{"text": "Yes", "data": "y"}]]}))
    made, *streamed = seen
    assert (made.method, made.path) == ("POST", "/v1.0/card/instances/createAndDeliver")
    assert made.headers["x-acs-dingtalk-access-token"] == "t1"
    assert (made.json["cardTemplateId"], made.json["outTrackId"]) == (TEMPLATE, card)
    assert made.json["openSpaceId"] == f"dtv1.card//{space}"
    (deliver,) = [value for key, value in made.json.items() if key.endswith("OpenDeliverModel")]
    assert deliver["robotCode"] == KEY
    assert {(request.method, request.path) for request in streamed} == {("PUT", "/v1.0/card/streaming")}
    assert {request.json["outTrackId"] for request in streamed} == {card}
    assert len({request.json["guid"] for request in streamed}) == 3
    assert [request.json["isFinalize"] for request in streamed] == [False, False, True]
    assert [request.json["content"] for request in streamed[:2]] == ["**ha**", "**half**"]
    assert streamed[2].json["content"].startswith("whole")
    assert "[Yes](dtmd://" in streamed[2].json["content"]
    assert all(request.json["isFull"] for request in streamed)


def test_without_a_template_nothing_grows(server: Server) -> None:
    adapter = local(server)
    assert not adapter.supports_edit
    for call in (
        lambda: adapter.send(OutgoingMessage(chat_id="ann", text="ha", growing=True)),
        lambda: adapter.edit("c1", OutgoingMessage(chat_id="ann", text="ha")),
    ):
        with pytest.raises(NotSupported):
            call()
    assert server.requests == []


def test_a_card_that_was_not_delivered_is_an_error(server: Server) -> None:
    refused = {"success": True, "result": {"deliverResults": [{"success": False, "errorMsg": "no robot"}]}}
    for answer in (json_answer(refused), json_answer({"success": False})):
        scripted(server, answer)
        with pytest.raises(SendError) as caught:
            local(server, card_template_id=TEMPLATE).send(OutgoingMessage(chat_id="ann", text="ha", growing=True))
        assert (caught.value.permanent, caught.value.mark) == (True, "card_refused")


def test_a_custom_group_robot_sends_a_message_each_three_seconds() -> None:
    assert dingtalk(app_key="", group_token="g").sends_per_s == pytest.approx(1 / 3)
    assert dingtalk(group_token="g").sends_per_s is None
