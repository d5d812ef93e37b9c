from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import registry
from adapters.errors import AdapterError, MalformedPayload, SignatureRejected
from adapters.events import EventKind, WebhookRequest
from adapters.wecom import aibot, envelope
from tests.adapters.wecom.builders import (
    CORP,
    KEY,
    NOW,
    TOKEN,
    StreamsInMemory,
    app_event,
    app_request,
    opened,
    robot,
    robot_event,
    robot_message,
    robot_request,
    signed,
    wecom,
    xml,
)

TEXT = xml("text", "<Content>hello</Content><MsgId>11</MsgId>")

# Verification


@pytest.mark.parametrize("name", ["msg_signature", "timestamp", "nonce"])
@pytest.mark.parametrize("value", [None, "", "0" * 40, "値", "\ud800"])
def test_a_wrong_or_missing_part_of_the_signature_is_refused(name: str, value: str | None) -> None:
    request = app_request(TEXT)
    query = {key: item for key, item in request.query.items() if key != name}
    if value is not None:
        query[name] = value
    with pytest.raises(SignatureRejected) as caught:
        wecom().receive(replace(request, query=query))
    assert caught.value.status == 403


def test_the_encrypted_text_cannot_be_changed() -> None:
    request = app_request(TEXT)
    at = request.body.index(b"<Encrypt>") + 40
    changed = request.body[:at] + (b"A" if request.body[at : at + 1] != b"A" else b"B") + request.body[at + 1 :]
    with pytest.raises(SignatureRejected):
        wecom().receive(replace(request, body=changed))


def test_white_space_around_the_encrypted_text_is_layout() -> None:
    outer = "<xml>\n <Encrypt>\n  {encrypted}\n </Encrypt>\n</xml>"
    assert wecom().receive(app_request(TEXT, outer=outer)).events


@pytest.mark.parametrize("field", [b"ToUserName>ww0", b"AgentID>7"])
def test_what_stands_beside_the_encrypted_text_must_agree_with_it(field: bytes) -> None:
    outer = "<xml><ToUserName>{to}</ToUserName><AgentID>7</AgentID><Encrypt>{encrypted}</Encrypt></xml>"
    request = app_request(TEXT, outer=outer)
    assert wecom().receive(request).events
    with pytest.raises(SignatureRejected):
        wecom().receive(replace(request, body=request.body.replace(field, field[:-1] + b"8")))


def test_a_text_for_another_company_is_refused() -> None:
    with pytest.raises(SignatureRejected):
        wecom().receive(app_request(TEXT, receiver="ww-other"))


@pytest.mark.parametrize("body", [b"", b"<", b"{", b"[]", b"<xml/>", b"\xff", b'{"encrypt": 5}', b"<a>" * 100_000])
def test_an_envelope_that_cannot_be_read_proves_nothing(body: bytes) -> None:
    with pytest.raises(SignatureRejected):
        wecom().receive(WebhookRequest("POST", signed("x"), {}, body))


@pytest.mark.parametrize("encrypted", ["", "!", "AAAA", "A" * 64, "值"])
def test_a_signed_text_that_does_not_decrypt_is_refused(encrypted: str) -> None:
    body = json.dumps({"encrypt": encrypted}).encode()
    with pytest.raises(SignatureRejected):
        wecom().receive(WebhookRequest("POST", signed(encrypted), {}, body))


def test_tokens_and_keys_can_be_rotated() -> None:
    other = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
    adapter = wecom(token=[TOKEN, "next"], encoding_aes_key=[KEY, other])
    for token in (TOKEN, "next"):
        for key in (KEY, other):
            assert adapter.receive(app_request(TEXT, token=token, key=key)).events
    with pytest.raises(SignatureRejected):
        adapter.receive(app_request(TEXT, token="old"))


@pytest.mark.parametrize("missing", ["token", "encoding_aes_key"])
def test_without_a_configured_secret_everything_is_refused(missing: str) -> None:
    with pytest.raises(SignatureRejected):
        wecom(**{missing: ""}).receive(app_request(TEXT))


def test_other_methods_are_refused() -> None:
    with pytest.raises(AdapterError) as caught:
        wecom().receive(WebhookRequest("PUT", signed("x")))
    assert caught.value.status == 405


def test_the_address_check_gets_the_bare_decrypted_text() -> None:
    encrypted = envelope.encrypt(KEY, b"0012345", CORP)
    query = {**signed(encrypted), "echostr": encrypted.replace("+", " ")}  # an unescaped plus
    received = wecom().receive(WebhookRequest("GET", query))
    assert (received.reply.status, received.reply.body, received.events) == (200, b"0012345", ())
    with pytest.raises(SignatureRejected):
        wecom().receive(WebhookRequest("GET", {**query, "nonce": "other"}))


def test_the_vendors_own_example_is_opened() -> None:
    # From WXBizMsgCrypt's sample, as printed in the documentation.
    account = {
        "token": "QDG6eK",
        "encoding_aes_key": "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
        "corp_id": "wx5823bf96d3bd56c7",
    }
    query = {
        "msg_signature": "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        "timestamp": "1409659589",
        "nonce": "263014780",
        "echostr": "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
    }
    request = WebhookRequest("GET", query)
    assert registry.create("wecom", account).receive(request).reply.body == b"1616140317555161061"
    assert registry.identify(request) == ("wecom",)


@pytest.mark.parametrize(
    "inner",
    [
        "not xml",
        "<xml></xml>",
        "<xml><MsgType>text</MsgType></xml>",
        xml("text", "<Content>no id</Content>"),
        xml("event", ""),
        '<!DOCTYPE x [<!ENTITY e "boom">]><xml><MsgType>&e;</MsgType></xml>',
        "<a>" * 20 + "</a>" * 20,
    ],
)
def test_a_genuine_but_malformed_text_is_a_400(inner: str) -> None:
    with pytest.raises(MalformedPayload) as caught:
        wecom().receive(app_request(inner))
    assert caught.value.status == 400


# The application


def test_a_text_and_a_command() -> None:
    event = app_event("text", "<Content><![CDATA[ /Help me & you ]]></Content><MsgId>12</MsgId>")
    assert (event.kind, event.dedupe_key, event.message_id) == (EventKind.MESSAGE, "12", "12")
    assert (event.user_id, event.chat_id, event.chat_type) == ("ann", "ann", "private")
    assert (event.text, event.command, event.args) == ("/Help me & you", "help", "me & you")


@pytest.mark.parametrize(
    ("kind", "fields", "wanted"),
    [
        ("image", "<PicUrl>http://p.qpic.cn/1</PicUrl><MediaId>M</MediaId>", ("image", "M")),
        ("voice", "<MediaId>M</MediaId><Format>amr</Format>", ("voice", "M")),
        ("video", "<MediaId>M</MediaId><ThumbMediaId>T</ThumbMediaId>", ("video", "M")),
        ("file", "<MediaId>M</MediaId><FileName>a.pdf</FileName>", ("file", "M")),
    ],
)
def test_media_come_as_attachments(kind: str, fields: str, wanted: tuple[str, str]) -> None:
    event = app_event(kind, f"{fields}<MsgId>13</MsgId>")
    (part,) = event.attachments
    assert (event.kind, part.type, part.id) == (EventKind.MESSAGE, *wanted)


def test_the_latitude_of_a_place_is_x() -> None:
    fields = "<Location_X>23.1</Location_X><Location_Y>113.4</Location_Y><Label>Canton</Label><MsgId>14</MsgId>"
    (part,) = app_event("location", fields).attachments
    assert (part.type, part.latitude, part.longitude, part.name) == ("location", 23.1, 113.4, "Canton")
    (odd,) = app_event("location", fields.replace("23.1", "nan").replace("113.4", "north")).attachments
    assert (odd.latitude, odd.longitude) == (None, None)


def test_a_link_is_text_with_its_address() -> None:
    event = app_event("link", "<Title>T</Title><Description>D</Description><Url>https://e.cn</Url><MsgId>15</MsgId>")
    assert event.text == "T\nD\nhttps://e.cn"
    assert event.attachments[0].url == "https://e.cn"


@pytest.mark.parametrize(
    ("name", "change"), [("subscribe", "subscribe"), ("unsubscribe", "unsubscribe"), ("enter_agent", "enter")]
)
def test_coming_and_going_are_member_events(name: str, change: str) -> None:
    event = app_event("event", f"<Event>{name}</Event><EventKey></EventKey>")
    assert (event.kind, event.change, event.dedupe_key) == (EventKind.MEMBER, change, f"ann:1700000000:{name}")


def test_a_menu_click_is_an_action() -> None:
    event = app_event("event", "<Event>click</Event><EventKey>HELP</EventKey>")
    assert (event.kind, event.data, event.dedupe_key) == (EventKind.ACTION, "HELP", "ann:1700000000:click:HELP")
    assert app_event("event", "<Event>CLICK</Event><EventKey>HELP</EventKey>").kind is EventKind.ACTION


def test_a_recognised_voice_message_is_its_words() -> None:
    fields = "<MediaId>m</MediaId><Format>amr</Format><Recognition>你好</Recognition><MsgId>1</MsgId>"
    event = app_event("voice", fields)
    assert (event.text, event.attachments[0].type, event.attachments[0].transcript) == ("你好", "voice", "你好")


def test_a_scanned_code_tells_what_was_read() -> None:
    fields = "<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult>42</ScanResult></ScanCodeInfo>"
    event = app_event("event", f"<Event>scancode_waitmsg</Event><EventKey>S</EventKey>{fields}")
    assert (event.kind, event.data, event.text) == (EventKind.ACTION, "S", "42")


def test_a_pressed_card_tells_button_choices_and_how_to_answer() -> None:
    item = (
        "<SelectedItem><QuestionKey>q{n}</QuestionKey><OptionIds><OptionId>a{n}</OptionId></OptionIds></SelectedItem>"
    )
    fields = (
        "<Event>template_card_event</Event><EventKey>yes</EventKey><TaskId>task</TaskId><ResponseCode>rc</ResponseCode>"
        f"<SelectedItems>{item.format(n=1)}{item.format(n=2)}</SelectedItems>"
    )
    event = app_event("event", fields)
    assert (event.kind, event.data, event.message_id) == (EventKind.ACTION, "yes", "task")
    assert event.reply_token == "ann|rc"
    assert event.args == {"q1": ["a1"], "q2": ["a2"]}


@pytest.mark.parametrize(
    "fields", ["<Event>LOCATION</Event>", "<Event>view</Event>", "<Event>pic_sysphoto</Event>", "<Event>new</Event>"]
)
def test_noise_is_ignored(fields: str) -> None:
    assert app_event("event", fields).kind is EventKind.IGNORED
    assert app_event("unheard_of", "<MsgId>1</MsgId>").change == "unheard_of"


@pytest.mark.parametrize(
    ("fields", "new_ids"),
    [
        ("<ChangeType>update_user</ChangeType><UserID>ann</UserID><NewUserID>anna</NewUserID>", {"ann": "anna"}),
        ("<ChangeType>update_user</ChangeType><UserID>ann</UserID><Name>Anna</Name>", {}),
        ("<ChangeType>create_user</ChangeType><UserID>ann</UserID><NewUserID>anna</NewUserID>", {}),
    ],
)
def test_a_member_whose_id_changes_has_a_new_id(fields: str, new_ids: dict[str, str]) -> None:
    inner = xml("event", f"<Event>change_contact</Event>{fields}").replace(">ann</From", ">sys</From")
    (event,) = wecom().receive(app_request(inner)).events
    assert event.new_ids == new_ids
    assert event.kind is (EventKind.MEMBER if new_ids else EventKind.IGNORED)


def test_changes_of_the_directory_come_from_nobody() -> None:
    inner = xml("event", "<Event>change_contact</Event>").replace(">ann<", ">sys<")
    (event,) = wecom().receive(app_request(inner)).events
    assert (event.kind, event.user_id, event.chat_id) == (EventKind.IGNORED, None, None)


def test_a_message_for_another_application_is_not_answered() -> None:
    (event,) = wecom().receive(app_request(xml("text", "<Content>x</Content><MsgId>1</MsgId>", agent="8"))).events
    assert (event.kind, event.change) == (EventKind.IGNORED, "other_agent")


def test_a_redelivery_is_encrypted_anew_and_keeps_its_key() -> None:
    first, second = app_request(TEXT), app_request(TEXT)
    assert first.body != second.body
    assert wecom().receive(first).events[0].dedupe_key == wecom().receive(second).events[0].dedupe_key == "11"


# The smart robot


def test_a_group_message_of_the_smart_robot_loses_its_mention() -> None:
    event = robot_event(robot_message())
    assert (event.kind, event.text, event.mentions_bot) == (EventKind.MESSAGE, "hello", True)
    assert (event.user_id, event.chat_id, event.chat_type) == ("ann", "group-1", "group")
    assert event.reply_url == "https://qyapi.weixin.qq.com/cgi-bin/aibot/response?code=1"
    named = robot_message(text={"content": "@Mrs Claw hello"})
    assert robot_event(named, bot_name="Mrs Claw").text == "hello"


def test_a_private_message_keeps_its_text() -> None:
    inner = robot_message(chattype="single", text={"content": "@all /help"})
    del inner["chatid"]
    event = robot_event(inner)
    assert (event.chat_id, event.chat_type, event.text) == ("ann", "private", "@all /help")


def test_voice_is_its_transcript_and_mixed_is_text_with_pictures() -> None:
    voice = robot_event(robot_message("voice", voice={"content": "good day"}))
    assert (voice.text, voice.attachments[0].transcript) == ("good day", "good day")
    items = [{"msgtype": "text", "text": {"content": "@Claw see"}}, {"msgtype": "image", "image": {"url": "https://i"}}]
    mixed = robot_event(robot_message("mixed", mixed={"msg_item": items}))
    assert (mixed.text, mixed.attachments[0].type, mixed.attachments[0].url) == ("see", "image", "https://i")
    assert robot_event(robot_message("file", file={"url": "https://f"})).attachments[0].url == "https://f"


def test_events_of_the_smart_robot() -> None:
    def event(name: str, **details: Any) -> Any:
        return robot_event(robot_message("event", event={"eventtype": name, name: details}))

    assert (event("enter_chat").kind, event("enter_chat").change) == (EventKind.MEMBER, "enter")
    pressed = event("template_card_event", event_key="k", task_id="t")
    assert (pressed.kind, pressed.data, pressed.message_id) == (EventKind.ACTION, "k", "t")
    liked = event("feedback_event", id="f", type=1)
    assert (liked.kind, liked.emoji, liked.target_message_id) == (EventKind.REACTION, "👍", "f")
    assert event("invented").kind is EventKind.IGNORED


def test_a_stream_begins_with_the_message_and_is_refreshed_until_it_is_finished() -> None:
    streams = StreamsInMemory()
    adapter = robot(streams=streams)
    received = adapter.receive(robot_request(robot_message()))
    stream = received.events[0].reply_token
    assert stream
    assert opened(received.reply.body) == aibot.stream_reply(stream, "", finished=False)

    refresh = {"msgid": "m2", "msgtype": "stream", "stream": {"id": stream}, "from": {"userid": "ann"}}
    assert opened(adapter.receive(robot_request(refresh)).reply.body)["stream"]["finish"] is False
    streams.write(stream, "half", False)
    assert opened(adapter.receive(robot_request(refresh)).reply.body)["stream"]["content"] == "half"
    streams.write(stream, "whole", True)
    received = adapter.receive(robot_request(refresh))
    assert (received.events, opened(received.reply.body)["stream"]) == (
        (),
        {"id": stream, "finish": True, "content": "whole"},
    )


def test_a_stream_nobody_fills_ends_before_wecom_gives_up() -> None:
    old = aibot.stream_id("m1", NOW - 400)
    refresh = {"msgid": "m2", "msgtype": "stream", "stream": {"id": old}, "from": {"userid": "ann"}}
    assert (
        opened(robot(streams=StreamsInMemory()).receive(robot_request(refresh)).reply.body)["stream"]["finish"] is True
    )


def test_a_reply_is_sealed_with_the_token_the_request_came_with() -> None:
    adapter = robot(token=["next", TOKEN], streams=StreamsInMemory())
    assert opened(adapter.receive(robot_request(robot_message())).reply.body)["msgtype"] == "stream"


@given(st.binary(max_size=300))
def test_any_signed_bytes_give_events_or_a_clean_refusal(content: bytes) -> None:
    for adapter, request in ((wecom(), app_request(content)), (robot(), robot_request(content))):
        with contextlib.suppress(AdapterError):
            assert adapter.receive(request).events


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KINDS = ["text", "voice", "mixed", "image", "event", "stream", "invented"]


@given(
    st.fixed_dictionaries(
        {"msgtype": st.sampled_from(_KINDS) | _JSON},
        optional=dict.fromkeys([*_KINDS, "msgid", "from", "chatid", "create_time"], _JSON),
    )
)
def test_any_json_gives_events_or_a_clean_refusal(content: dict[str, Any]) -> None:
    with contextlib.suppress(AdapterError):
        robot(streams=StreamsInMemory()).receive(robot_request(content))


_FIELDS = ("MsgId", "Event", "EventKey", "Content", "Location_X", "SelectedItems", "ScanCodeInfo", "TaskId", "Label")
_INNER = st.recursive(
    st.text("ab1é ", max_size=6),
    lambda inner: st.lists(st.tuples(st.sampled_from(_FIELDS), inner), max_size=3).map(
        lambda pairs: "".join(f"<{name}>{value}</{name}>" for name, value in pairs)
    ),
    max_leaves=6,
)


@given(
    st.sampled_from(["text", "link", "location", "voice", "event"]),
    st.sampled_from(["click", "template_card_event", "location_select", ""]),
    _INNER,
)
def test_any_xml_gives_events_or_a_clean_refusal(kind: str, name: str, inner: str) -> None:
    with contextlib.suppress(AdapterError):
        assert wecom().receive(app_request(xml(kind, f"<Event>{name}</Event><MsgId>1</MsgId>{inner}"))).events
