"""The requests that send a file to each platform, and the meaning of its refusals."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from adapters import files, registry, sending, tokens
from adapters.base import Adapter
from adapters.errors import SendError
from tests.adapters.builders import NOW, TOKEN
from tests.adapters.builders_files import PNG, WORDS, form_of, message, outgoing
from tests.adapters.dingtalk.builders import dingtalk
from tests.adapters.feishu.builders import feishu
from tests.adapters.wecom.builders import wecom
from tests.http_server import Answer, Recorded, Server, json_answer

OK = json_answer({"ok": True, "result": {"message_id": 7}})


@pytest.fixture(autouse=True)
def no_tokens_from_before() -> None:
    tokens.clear_cache()


def telegram(server: Server) -> Adapter[Any]:
    return registry.create("telegram", {"token": TOKEN, "base_url": server.url}, clock=lambda: NOW)


def by_path(server: Server, answers: dict[str, Answer]) -> list[Recorded]:
    """Answers by the end of the path, with `{}` to other paths; returns the requests."""

    def respond(request: Recorded) -> Answer:
        path = request.path.partition("?")[0]
        return next((answer for end, answer in answers.items() if path.endswith(end)), Answer())

    server.respond = respond
    return server.requests


@pytest.mark.parametrize(
    ("name", "voice", "method", "field"),
    [
        ("图 表.png", False, "sendPhoto", "photo"),
        ("dance.gif", False, "sendAnimation", "animation"),
        ("note.ogg", True, "sendVoice", "voice"),
        ("note.ogg", False, "sendDocument", "document"),
        ("song.mp3", False, "sendAudio", "audio"),
        ("film.mp4", False, "sendVideo", "video"),
        ("report.pdf", False, "sendDocument", "document"),
    ],
)
def test_telegram_uploads_with_the_method_of_the_kind(
    server: Server, name: str, voice: bool, method: str, field: str
) -> None:
    server.answer(OK)
    sent = message(outgoing(name, voice=voice), "**now**", reply_to="5", thread_id="9")
    assert sending.send(telegram(server), sent).message_id == "7"
    (request,) = server.requests
    fields, parts = form_of(request)
    assert request.path.endswith(f"/{method}")
    assert (parts[field].name, fields["caption"], fields["parse_mode"]) == (name, "<b>now</b>", "HTML")
    assert json.loads(fields["reply_parameters"])["message_id"] == 5
    assert fields["message_thread_id"] == "9"
    assert fields.get("duration") == ("3" if voice else None)
    assert outgoing(name).read() in request.body


def test_telegram_sends_a_large_picture_as_a_file_and_follows_a_moved_group(server: Server) -> None:
    moved = {"ok": False, "error_code": 400, "description": "upgraded", "parameters": {"migrate_to_chat_id": -100}}
    server.answer(json_answer(moved, 400), OK)
    receipt = sending.send(telegram(server), message(outgoing("big.png", PNG + bytes(11 * files.MB))))
    assert receipt.data == {"migrated_to": "-100"}
    assert [request.path.rpartition("/")[2] for request in server.requests] == ["sendDocument"] * 2
    assert form_of(server.requests[1])[0]["chat_id"] == "-100"


def test_a_caption_that_telegram_cannot_parse_goes_plain(server: Server) -> None:
    refused = json_answer({"ok": False, "error_code": 400, "description": "Bad Request: can't parse entities"}, 400)
    server.answer(refused, OK)
    sending.send(telegram(server), message(outgoing("photo.jpg"), "**a**"))
    fields, parts = form_of(server.requests[1])
    assert (fields["caption"], "parse_mode" in fields, list(parts)) == ("a", False, ["photo"])


def whatsapp(server: Server) -> Adapter[Any]:
    account = {"phone_number_id": "1100", "access_token": "wa-1", "verify_token": "w", "base_url": server.url}
    return registry.create("whatsapp", account)


@pytest.mark.parametrize(
    ("name", "voice", "shown"),
    [
        ("图 表.png", False, {"type": "image", "image": {"id": "M1", "caption": "*now*"}}),
        ("note.ogg", True, {"type": "audio", "audio": {"id": "M1", "voice": True}}),
        ("song.mp3", False, {"type": "audio", "audio": {"id": "M1"}}),
        ("film.mp4", False, {"type": "video", "video": {"id": "M1", "caption": "*now*"}}),
        (
            "report.pdf",
            False,
            {"type": "document", "document": {"id": "M1", "filename": "report.pdf", "caption": "*now*"}},
        ),
    ],
)
def test_whatsapp_uploads_and_sends_by_id(server: Server, name: str, voice: bool, shown: dict[str, Any]) -> None:
    sent = json_answer({"messages": [{"id": "wamid.1"}]})
    upload = by_path(server, {"/media": json_answer({"id": "M1"}), "/messages": sent})
    assert sending.send(whatsapp(server), message(outgoing(name, voice=voice), "**now**")).message_id == "wamid.1"
    fields, parts = form_of(upload[0])
    assert (fields["messaging_product"], fields["type"]) == ("whatsapp", outgoing(name).content_type)
    assert (parts["file"].name, upload[0].headers["authorization"]) == (name, "Bearer wa-1")
    request = server.requests[1]
    assert request.path.endswith("/1100/messages")
    assert shown.items() <= request.json.items()


def test_outside_of_the_24_hours_whatsapp_gets_the_template_in_place_of_a_file(server: Server) -> None:
    account = {"phone_number_id": "1", "access_token": "a", "verify_token": "w", "base_url": server.url}
    adapter = registry.create("whatsapp", account | {"template_name": "hello"})
    late = json_answer({"error": {"code": 131047, "message": "Re-engagement message"}}, 400)
    server.answer(json_answer({"id": "M1"}), late, late, json_answer({"messages": [{"id": "wamid.2"}]}))
    receipt = sending.send(adapter, message(outgoing("图 表.png")))
    assert (receipt.message_id, receipt.data["template"]) == ("wamid.2", "hello")


def discord(server: Server, **account: Any) -> Adapter[Any]:
    return registry.create("discord", {"application_id": "77", "bot_token": "b", "base_url": server.url, **account})


def test_discord_sends_the_file_with_the_text_in_place_of_thinking(server: Server) -> None:
    server.answer(json_answer({"id": "9"}))
    sent = message(outgoing("图 表.png"), "now", reply_token="tok")
    assert sending.send(discord(server), sent).message_id == "9"
    (request,) = server.requests
    fields, parts = form_of(request)
    told = json.loads(fields["payload_json"])
    assert (request.method, request.path.endswith("/webhooks/77/tok/messages/@original")) == ("PATCH", True)
    assert (told["content"], told["attachments"]) == ("now", [{"id": 0, "filename": "图 表.png"}])
    assert parts["files[0]"].content_type == "image/png"


def test_discord_drops_a_repeated_upload_by_its_nonce(server: Server) -> None:
    server.answer(json_answer({"id": "9"}))
    for _ in range(2):
        sending.send(discord(server), message(outgoing("report.pdf")))
    nonces = {json.loads(form_of(request)[0]["payload_json"])["nonce"] for request in server.requests}
    assert len(nonces) == 1
    assert server.requests[0].headers["authorization"] == "Bot b"


def slack(server: Server, **account: Any) -> Adapter[Any]:
    hosts = [server.url.removeprefix("http://")]
    values = {"bot_token": "xoxb-1", "signing_secret": "s", "base_url": server.url, "allowed_hosts": hosts}
    return registry.create("slack", values | account)


def test_slack_asks_for_an_address_uploads_and_shows_the_file(server: Server) -> None:
    given = json_answer({"ok": True, "upload_url": f"{server.url}/up/F1", "file_id": "F1"})
    done = json_answer({"ok": True, "files": [{"id": "F1"}]})
    seen = by_path(
        server, {"getUploadURLExternal": given, "/up/F1": Answer(body=b"OK - 90"), "completeUploadExternal": done}
    )
    sent = message(outgoing("图 表.png"), "**now**", chat_id="C01", thread_id="17.2")
    assert sending.send(slack(server), sent).message_id == "F1"
    asked, put, shown = seen
    assert (asked.method, f"length={len(PNG)}" in asked.path) == ("GET", True)
    assert (put.method, put.body, "authorization" in put.headers) == ("POST", PNG, False)
    assert shown.json == {
        "files": [{"id": "F1", "title": "图 表.png"}],
        "channel_id": "C01",
        "thread_ts": "17.2",
        "initial_comment": "*now*",
    }


def test_slack_uploads_to_no_foreign_host(server: Server) -> None:
    given = json_answer({"ok": True, "upload_url": f"{server.url}/up/F1", "file_id": "F1"})
    seen = by_path(server, {"getUploadURLExternal": given, "chat.postMessage": json_answer({"ok": True, "ts": "1.2"})})
    receipt = sending.send(slack(server, allowed_hosts=["files.slack.com"]), message(outgoing("photo.jpg")))
    assert receipt.data["refused"] == "foreign_address"
    assert [request.path.rpartition("/")[2].partition("?")[0] for request in seen] == [
        "files.getUploadURLExternal",
        "chat.postMessage",
    ]


def test_where_the_bot_is_no_member_slack_gets_words_by_the_reply_address(server: Server) -> None:
    no = json_answer({"ok": False, "error": "not_in_channel"})
    given = json_answer({"ok": True, "upload_url": f"{server.url}/up/F1", "file_id": "F1"})
    seen = by_path(
        server,
        {
            "getUploadURLExternal": given,
            "/up/F1": Answer(body=b"OK"),
            "completeUploadExternal": no,
            "chat.postMessage": no,
            "/hook": Answer(body=b"ok"),
        },
    )
    sending.send(slack(server), message(outgoing("photo.jpg"), reply_url=f"{server.url}/hook"))
    assert WORDS in seen[-1].json["text"]


WECOM_TOKEN = json_answer({"errcode": 0, "access_token": "t1", "expires_in": 7200})


@pytest.mark.parametrize(
    ("name", "voice", "kind"),
    [
        ("图 表.png", False, "image"),
        ("note.amr", True, "voice"),
        ("film.mp4", False, "video"),
        ("a.pdf", False, "file"),
    ],
)
def test_a_wecom_application_uploads_and_sends_by_media_id(server: Server, name: str, voice: bool, kind: str) -> None:
    uploaded = json_answer({"errcode": 0, "media_id": "M1"})
    seen = by_path(server, {"/gettoken": WECOM_TOKEN, "/media/upload": uploaded, "/message/send": _sent()})
    file = outgoing(name, b"%PDF-1.7" + bytes(9) if name == "a.pdf" else None, voice=voice)
    assert sending.send(wecom(base_url=server.url), message(file, chat_id="ann")).message_id == "sent-1"
    _token, upload, sent = seen
    assert upload.path.endswith(f"/media/upload?access_token=t1&type={kind}")
    assert form_of(upload)[1]["media"].name == name
    assert sent.json == {"touser": "ann", "agentid": 7, "msgtype": kind, kind: {"media_id": "M1"}}


def _sent() -> Answer:
    return json_answer({"errcode": 0, "errmsg": "ok", "msgid": "sent-1"})


def test_a_wecom_token_that_expired_during_the_upload_is_renewed(server: Server) -> None:
    stale, fresh = json_answer({"errcode": 42001}), json_answer({"errcode": 0, "media_id": "M1"})
    server.answer(WECOM_TOKEN, stale, WECOM_TOKEN, fresh, _sent())
    sending.send(wecom(base_url=server.url), message(outgoing("图 表.png"), chat_id="ann"))
    assert [request.path.partition("?")[0].rpartition("/")[2] for request in server.requests] == [
        *("gettoken", "upload", "gettoken", "upload", "send"),
    ]


def test_a_wecom_group_robot_takes_pictures_in_the_message_and_files_by_upload(server: Server) -> None:
    seen = by_path(server, {"/webhook/upload_media": json_answer({"errcode": 0, "media_id": "M1"}), "/send": _sent()})
    robot = registry.create("wecom", {"robot_key": "k", "base_url": server.url})
    sending.send(robot, message(outgoing("图 表.png")))
    sending.send(robot, message(outgoing("report.pdf")))
    picture, upload, sent = seen
    digest = hashlib.md5(PNG, usedforsecurity=False).hexdigest()
    assert picture.json == {"msgtype": "image", "image": {"base64": base64.b64encode(PNG).decode(), "md5": digest}}
    assert upload.path.endswith("/webhook/upload_media?key=k&type=file")
    assert sent.json == {"msgtype": "file", "file": {"media_id": "M1"}}


def test_a_wecom_smart_robot_takes_no_file_even_with_a_group_key(server: Server) -> None:
    adapter = registry.create("wecom", {"token": "t", "encoding_aes_key": "a" * 43, "robot_key": "k"})
    assert not list(sending.ways(adapter, outgoing("图 表.png")))


@pytest.mark.parametrize(
    ("name", "voice", "kind", "key", "param"),
    [
        ("图 表.png", False, "image", "sampleImageMsg", {"photoURL": "@M1"}),
        ("note.amr", True, "voice", "sampleAudio", {"mediaId": "@M1", "duration": "2000"}),
        ("report.pdf", False, "file", "sampleFile", {"mediaId": "@M1", "fileName": "report.pdf", "fileType": "pdf"}),
    ],
)
def test_dingtalk_uploads_and_sends_by_the_api(
    server: Server, name: str, voice: bool, kind: str, key: str, param: dict[str, str]
) -> None:
    seen = by_path(
        server,
        {
            "/accessToken": json_answer({"accessToken": "t1", "expireIn": 7200}),
            "/media/upload": json_answer({"errcode": 0, "media_id": "@M1"}),
            "batchSend": json_answer({"processQueryKey": "q1"}),
        },
    )
    # The reply address exists but accepts no files.
    sent = message(outgoing(name, voice=voice), chat_id="cid1", user_id="ann", reply_token="private:0", reply_url="x")
    assert sending.send(dingtalk(base_url=server.url), sent).message_id == "q1"
    _token, upload, told = seen
    assert upload.path == f"/media/upload?access_token=t1&type={kind}"
    assert form_of(upload)[1]["media"].name == name
    assert (told.json["msgKey"], json.loads(told.json["msgParam"]), told.json["userIds"]) == (key, param, ["ann"])


def test_a_dingtalk_group_robot_takes_no_files(server: Server) -> None:
    server.answer(json_answer({"errcode": 0}))
    robot = registry.create("dingtalk", {"group_token": "g", "base_url": server.url})
    sending.send(robot, message(outgoing("图 表.png")))
    assert WORDS in str(server.requests[0].json)


@pytest.mark.parametrize(
    ("name", "voice", "path", "fields", "kind", "content"),
    [
        ("图 表.png", False, "/images", {"image_type": "message"}, "image", {"image_key": "K1"}),
        ("note.ogg", True, "/files", {"file_type": "opus", "duration": "3000"}, "audio", {"file_key": "K1"}),
        ("film.mp4", False, "/files", {"file_type": "mp4"}, "media", {"file_key": "K1"}),
        ("report.pdf", False, "/files", {"file_type": "pdf", "file_name": "report.pdf"}, "file", {"file_key": "K1"}),
        ('odd "name".exe', False, "/files", {"file_type": "stream"}, "file", {"file_key": "K1"}),
    ],
)
def test_feishu_uploads_and_sends_by_key(
    server: Server, name: str, voice: bool, path: str, fields: dict[str, str], kind: str, content: dict[str, str]
) -> None:
    key = json_answer({"code": 0, "data": {"image_key" if kind == "image" else "file_key": "K1"}})
    seen = by_path(
        server,
        {
            "/internal": json_answer({"code": 0, "tenant_access_token": "t-1", "expire": 7200}),
            path: key,
            "/im/v1/messages": json_answer({"code": 0, "data": {"message_id": "om_1"}}),
        },
    )
    assert (
        sending.send(feishu(base_url=server.url), message(outgoing(name, voice=voice), chat_id="oc_1")).message_id
        == "om_1"
    )
    _token, upload, sent = seen
    told, parts = form_of(upload)
    assert fields.items() <= told.items()
    assert len(parts) == 1
    assert upload.headers["authorization"] == "Bearer t-1"
    assert (sent.json["msg_type"], json.loads(sent.json["content"])) == (kind, content)


@pytest.mark.parametrize(
    ("platform", "status", "answer", "mark"),
    [
        ("telegram", 413, {"ok": False, "error_code": 413, "description": "Request Entity Too Large"}, "too_large"),
        ("telegram", 400, {"ok": False, "error_code": 400, "description": "PHOTO_INVALID_DIMENSIONS"}, "wrong_type"),
        ("whatsapp", 400, {"error": {"code": 131053, "message": "Media upload error"}}, "media"),
        ("whatsapp", 401, {"error": {"code": 190, "message": "expired"}}, "unauthorized"),
        ("wecom", 200, {"errcode": 40009, "errmsg": "invalid image size"}, "too_large"),
        ("wecom", 200, {"errcode": 40004, "errmsg": "invalid media type"}, "wrong_type"),
        ("dingtalk", 200, {"errcode": 40006, "errmsg": "size"}, "too_large"),
        ("feishu", 400, {"code": 234006, "msg": "file size exceed the max value"}, "too_large"),
        ("feishu", 400, {"code": 234011, "msg": "Can't recognize the image format"}, "wrong_type"),
        ("slack", 200, {"ok": False, "error": "file_uploads_disabled"}, "no_rights"),
        ("slack", 200, {"ok": False, "error": "missing_scope"}, "no_rights"),
        ("discord", 413, {"code": 40005, "message": "Request entity too large"}, "too_large"),
        ("discord", 400, {"code": 50046, "message": "Invalid file uploaded"}, "wrong_type"),
        ("webhook", 413, {}, "too_large"),
        ("webhook", 415, {}, "wrong_type"),
    ],
)
def test_a_refused_upload_says_why_and_is_final(platform: str, status: int, answer: dict[str, Any], mark: str) -> None:
    account = registry.simulator(platform).account("http://127.0.0.1:9")
    adapter = registry.create(platform, account)
    with pytest.raises(SendError) as caught:
        adapter.classify(status, {}, json.dumps(answer).encode())
    assert (caught.value.mark, caught.value.permanent) == (mark, True)
