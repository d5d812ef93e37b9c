from __future__ import annotations

import pickle
from typing import Any

import pytest

from adapters.errors import NotSupported, SendError
from adapters.events import Attachment, OutgoingMessage
from adapters.splitter import utf8_bytes
from adapters.wecom import envelope
from adapters.wecom.aibot import stream_id
from adapters.wecom.render import button_card
from tests.adapters.builders import answer_with_tokens
from tests.adapters.wecom.builders import KEY, NOW, StreamsInMemory, robot, wecom
from tests.http_server import Answer, Recorded, Server, json_answer

SENT = json_answer({"errcode": 0, "errmsg": "ok", "msgid": "sent-1"})


def scripted(server: Server, *answers: Answer, life: int = 7200) -> list[Recorded]:
    def token(number: int) -> dict[str, Any]:
        return {"errcode": 0, "access_token": f"t{number}", "expires_in": life}

    return answer_with_tokens(server, "/gettoken", token, *answers)


def failure(code: int, text: str = "no, hint: [1], from ip: 10.0.0.1") -> Answer:
    return json_answer({"errcode": code, "errmsg": text})


def test_an_application_sends_markdown_with_a_token_fetched_once(server: Server) -> None:
    seen = scripted(server, SENT)
    adapter = wecom(base_url=server.url)
    receipts = [adapter.send(OutgoingMessage(chat_id="ann", text="**a** *b* [c](https://d)")) for _ in range(2)]
    assert [receipt.message_id for receipt in receipts] == ["sent-1", "sent-1"]
    assert seen[0].path == "/cgi-bin/message/send?access_token=t1"
    assert seen[0].json == {
        "touser": "ann",
        "agentid": 7,
        "msgtype": "markdown",
        "markdown": {"content": "**a** b [c](https://d)"},
        "safe": 0,
    }
    assert len(server.requests) == 3


def test_plain_text_is_sent_as_text_and_markdown_can_be_switched_off(server: Server) -> None:
    seen = scripted(server, SENT)
    wecom(base_url=server.url).send(OutgoingMessage(chat_id="ann", text="hello"))
    wecom(base_url=server.url, plain_text=True).send(OutgoingMessage(chat_id="ann", text="**hello**"))
    assert [request.json["text"]["content"] for request in seen] == ["hello", "hello"]


def test_a_group_chat_of_the_application_is_addressed_by_its_id(server: Server) -> None:
    seen = scripted(server, SENT)
    wecom(base_url=server.url).send(OutgoingMessage(chat_id="appchat:c1", text="hi"))
    assert seen[0].path.startswith("/cgi-bin/appchat/send")
    assert seen[0].json["chatid"] == "c1"
    assert "touser" not in seen[0].json


def test_buttons_become_a_card_and_long_texts_list_them(server: Server) -> None:
    seen = scripted(server, SENT)
    rows = [[{"text": "Yes", "data": "y"}, {"text": "Site", "url": "https://e.cn"}]]
    adapter = wecom(base_url=server.url)
    adapter.send(OutgoingMessage(chat_id="ann", text="Sure?", idempotency_key="out:1", data={"buttons": rows}))
    adapter.send(OutgoingMessage(chat_id="ann", text="long " * 60, data={"buttons": rows}))
    card = seen[0].json["template_card"]
    assert (card["card_type"], card["main_title"], card["task_id"]) == (
        "button_interaction",
        {"title": "Sure?"},
        "out-1",
    )
    assert card["button_list"] == [{"text": "Yes", "key": "y"}, {"text": "Site", "type": 1, "url": "https://e.cn"}]
    assert seen[1].json["markdown"]["content"].endswith("- Yes\n- [Site](https://e.cn)")
    twins = [[{"text": "Yes", "data": "y"}, {"text": "Sure", "data": "y"}]]
    assert button_card("Sure?", twins, "1") is None
    assert button_card("", rows, "1") is None


def test_a_refused_token_is_renewed_once(server: Server) -> None:
    seen = scripted(server, failure(42001), SENT)
    assert wecom(base_url=server.url).send(OutgoingMessage(chat_id="ann", text="x")).message_id == "sent-1"
    assert [request.path[-2:] for request in seen] == ["t1", "t2"]


def test_a_token_refused_twice_is_tried_again_later(server: Server) -> None:
    seen = scripted(server, failure(40014))
    with pytest.raises(SendError) as caught:
        wecom(base_url=server.url).send(OutgoingMessage(chat_id="ann", text="x"))
    assert (caught.value.permanent, caught.value.mark, len(seen)) == (False, "token_refused", 2)


def test_a_member_wecom_leaves_out_is_no_success(server: Server) -> None:
    scripted(server, json_answer({"errcode": 0, "msgid": "m", "invaliduser": "ann"}))
    with pytest.raises(SendError) as caught:
        wecom(base_url=server.url).send(OutgoingMessage(chat_id="Ann", text="x"))
    assert (caught.value.permanent, caught.value.mark) == (True, "no_recipient")


@pytest.mark.parametrize(
    ("answer", "mark", "permanent", "retry_after"),
    [
        (failure(-1), "busy", False, None),
        (failure(45009), "flood", False, 60.0),
        (failure(45033), "flood", False, None),
        (failure(40001), "unauthorized", True, None),
        (failure(81013), "no_recipient", True, None),
        (failure(60020), "ip_not_trusted", True, None),
        (failure(45002), "too_long", True, None),
        (failure(93000), "robot_key_invalid", True, None),
        (failure(99999), "refused", True, None),
        (Answer(502, b"<html>"), "server_error", False, None),
        (Answer(429, b"", {"Retry-After": "9"}), "flood", False, 9.0),
        (Answer(403, b""), "refused", True, None),
        (Answer(200, b"<html>"), "bad_response", False, None),
        (Answer(200, b"[]"), "bad_response", False, None),
    ],
)
def test_every_class_of_answer_is_judged(
    server: Server, answer: Answer, mark: str, permanent: bool, retry_after: float | None
) -> None:
    scripted(server, answer)
    with pytest.raises(SendError) as caught:
        wecom(base_url=server.url).send(OutgoingMessage(chat_id="ann", text="x"))
    error = caught.value
    assert (error.mark, error.permanent, error.retry_after) == (mark, permanent, retry_after)
    assert "10.0.0.1" not in str(error)
    assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


def test_without_a_secret_nothing_is_asked(server: Server) -> None:
    with pytest.raises(SendError) as caught:
        wecom(base_url=server.url, secret="").send(OutgoingMessage(chat_id="ann", text="x"))
    assert (caught.value.mark, server.requests) == ("no_secret", [])


def test_texts_are_cut_by_bytes_and_by_form() -> None:
    pieces = wecom().split("汉字。" * 1000)
    assert max(map(utf8_bytes, pieces)) <= 2048
    assert len(robot().split("汉字。" * 1000)) == 1
    assert max(map(utf8_bytes, robot(robot_key="k").split("汉字。" * 1000))) <= 4096


# The smart robot and the group robot


def test_the_smart_robot_answers_by_the_reply_address(server: Server) -> None:
    scripted(server, SENT)
    adapter = robot(allowed_hosts=server.url.removeprefix("http://"))
    adapter.send(OutgoingMessage(chat_id="g", text="- **a**", reply_url=f"{server.url}/aibot/response?code=1"))
    assert server.requests[0].json == {"msgtype": "markdown", "markdown": {"content": "- **a**"}}


def test_a_reply_address_elsewhere_is_refused(server: Server) -> None:
    with pytest.raises(SendError) as caught:
        robot().send(OutgoingMessage(chat_id="g", text="x", reply_url=f"{server.url}/steal"))
    assert (caught.value.permanent, server.requests) == (True, [])


def test_an_answer_in_time_goes_into_the_stream_and_a_second_one_does_not() -> None:
    streams = StreamsInMemory()
    adapter = robot(streams=streams)
    token = stream_id("m1", NOW)
    assert adapter.send(OutgoingMessage(chat_id="g", text="one", reply_token=token)).message_id == token
    assert streams.held[token] == ("one", True)
    assert adapter.send(OutgoingMessage(chat_id="g", text="one", reply_token=token)).message_id == token
    with pytest.raises(SendError) as caught:
        adapter.send(OutgoingMessage(chat_id="g", text="two", reply_token=token))
    assert caught.value.mark == "no_reply_url"


def test_an_answer_grows_in_its_stream_and_ends_there() -> None:
    streams = StreamsInMemory()
    adapter = robot(streams=streams)
    token = stream_id("m1", NOW)
    receipt = adapter.send(OutgoingMessage(chat_id="ann", text="ha", reply_token=token, growing=True))
    assert (receipt.message_id, streams.read(token)) == (token, ("ha", False))
    adapter.edit(token, OutgoingMessage(chat_id="ann", text="half", growing=True))
    adapter.edit(token, OutgoingMessage(chat_id="ann", text="whole"))
    assert streams.read(token) == ("whole", True)


def test_only_an_open_stream_of_a_robot_grows(server: Server) -> None:
    late = OutgoingMessage(chat_id="ann", text="ha", reply_token=stream_id("m1", NOW - 400), growing=True)
    for adapter in (robot(streams=StreamsInMemory()), robot(robot_key="k", base_url=server.url)):
        with pytest.raises(NotSupported):
            adapter.send(late)
    assert not wecom(streams=StreamsInMemory()).supports_edit
    assert not robot().supports_edit
    with pytest.raises(NotSupported):
        wecom().edit("m1", OutgoingMessage(chat_id="ann", text="x"))
    assert server.requests == []


def test_an_answer_too_late_for_the_stream_uses_the_reply_address(server: Server) -> None:
    scripted(server, SENT)
    adapter = robot(streams=StreamsInMemory(), allowed_hosts="127.0.0.1")
    late = stream_id("m1", NOW - 400)
    adapter.send(OutgoingMessage(chat_id="g", text="x", reply_token=late, reply_url=server.url))
    assert len(server.requests) == 1


def test_a_group_robot_sends_by_its_key(server: Server) -> None:
    scripted(server, SENT)
    robot(base_url=server.url, robot_key="key-1").send(OutgoingMessage(chat_id="any", text="# T"))
    assert server.requests[0].path == "/cgi-bin/webhook/send?key=key-1"
    assert server.requests[0].json["markdown"] == {"content": "# T"}


# Actions, identity, files


def test_a_pressed_card_is_greyed_out_for_who_pressed_it(server: Server) -> None:
    seen = scripted(server, SENT)
    wecom(base_url=server.url).answer_action("ann|rc", "done")
    assert seen[0].path.startswith("/cgi-bin/message/update_template_card")
    assert seen[0].json == {
        "userids": ["ann"],
        "agentid": 7,
        "response_code": "rc",
        "button": {"replace_name": "done"},
    }


def test_the_application_tells_its_name(server: Server) -> None:
    scripted(server, json_answer({"errcode": 0, "agentid": 7, "name": "Claw"}))
    identity = wecom(base_url=server.url).whoami()
    assert (identity.id, identity.name) == ("7", "Claw")
    with pytest.raises(NotSupported):
        robot().whoami()


def test_a_file_is_downloaded_by_its_id(server: Server) -> None:
    scripted(server, Answer(200, b"\x89PNG\r\n\x1a\n1", {"Content-Type": "image/jpeg"}))
    media = wecom(base_url=server.url).fetch_media(Attachment("image", "M", name="a.png"))
    assert (media.content_type, media.name, media.body[:4]) == ("image/png", "a.png", b"\x89PNG")


def test_a_file_that_is_gone_or_too_large_is_an_error(server: Server) -> None:
    scripted(server, json_answer({"errcode": 40007, "errmsg": "invalid media_id"}))
    with pytest.raises(SendError) as caught:
        wecom(base_url=server.url).fetch_media(Attachment("image", "M"))
    assert (caught.value.permanent, caught.value.mark) == (True, "media_gone")
    scripted(server, Answer(200, b"x" * 100, {"Content-Type": "image/png"}))
    with pytest.raises(SendError) as caught:
        wecom(base_url=server.url).fetch_media(Attachment("image", "M"), max_bytes=10)
    assert caught.value.permanent


def encrypted_file(content: bytes) -> bytes:
    """Returns a file as the storage of the smart robot has it: AES-CBC, padded to 32 bytes."""
    size = 32 - len(content) % 32
    cipher: Any = envelope.cipher_of(KEY).encryptor()
    return bytes(cipher.update(content + bytes([size]) * size) + cipher.finalize())


def test_a_file_of_the_smart_robot_is_decrypted(server: Server) -> None:
    server.answer(Answer(200, encrypted_file(b"GIF89a...")))
    part = Attachment("image", url=f"{server.url}/file")
    assert robot(allowed_hosts="127.0.0.1").fetch_media(part).content_type == "image/gif"
    with pytest.raises(SendError):
        robot().fetch_media(part)  # not a host of WeCom
    server.answer(Answer(200, b"not encrypted"))
    with pytest.raises(SendError):
        robot(allowed_hosts="127.0.0.1").fetch_media(part)
