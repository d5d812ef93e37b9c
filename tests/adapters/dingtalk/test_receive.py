from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import registry
from adapters.dingtalk import signing
from adapters.dingtalk.stream import acknowledgement, parse_frame
from adapters.errors import AdapterError, MalformedPayload, SignatureRejected
from adapters.events import EventKind, WebhookRequest
from tests.adapters.dingtalk.builders import BOT, NOW, SECRET, dingtalk, event_of, frame, group, message, request

# Verification


@pytest.mark.parametrize("name", ["timestamp", "sign"])
@pytest.mark.parametrize("value", [None, "", "0", "値", "\ud800", "9" * 400, "1e12", "-1", "nan"])
def test_a_wrong_or_missing_header_is_refused(name: str, value: str | None) -> None:
    good = request(message())
    headers = {key: item for key, item in good.headers.items() if key != name}
    if value is not None:
        headers[name] = value
    with pytest.raises(SignatureRejected) as caught:
        dingtalk().receive(replace(good, headers=headers))
    assert caught.value.status == 403


@pytest.mark.parametrize("offset", [-3700, 3700])
def test_a_request_from_more_than_an_hour_away_is_refused(offset: float) -> None:
    with pytest.raises(SignatureRejected):
        dingtalk().receive(request(message(), at=NOW + offset))
    assert dingtalk().receive(request(message(), at=NOW + offset / 1.1)).events


def test_an_odd_timestamp_is_refused_though_it_is_signed() -> None:
    for stamp in ("", "١٧٠٠٠٠٠٠٠٠٠٠٠", " 1700000000000", "1700000000000.0"):
        with pytest.raises(SignatureRejected):
            dingtalk().receive(request(message(), timestamp=stamp))


def test_secrets_can_be_rotated() -> None:
    adapter = dingtalk(app_secret=["new one", SECRET])
    for secret in ("new one", SECRET):
        assert adapter.receive(request(message(), secret=secret)).events
    with pytest.raises(SignatureRejected):
        adapter.receive(request(message(), secret="old one"))


def test_without_a_configured_secret_everything_is_refused() -> None:
    for secret in ("", SECRET):
        with pytest.raises(SignatureRejected):
            dingtalk(app_secret="").receive(request(message(), secret=secret))


def test_only_post_is_accepted() -> None:
    with pytest.raises(AdapterError) as caught:
        dingtalk().receive(WebhookRequest("GET"))
    assert caught.value.status == 405


def test_the_signature_is_the_documented_one() -> None:
    # Computed once with openssl for this timestamp and secret.
    assert signing.sign("1700000000000", "secret") == "OuzzJR5+xZ4/EYwqtNt6sMYZQMTa/HEGvc9miJe7XzY="


@pytest.mark.parametrize("missing", ["msgId", "conversationId", "senderId"])
def test_a_message_without_what_identifies_it_is_a_400(missing: str) -> None:
    with pytest.raises(MalformedPayload):
        dingtalk().receive(request(message(**{missing: None, "senderStaffId": None})))
    for body in (b"", b"[]", b"{", b"\xff"):
        with pytest.raises(MalformedPayload):
            dingtalk().receive(request(body))


def test_a_request_is_recognised_by_its_headers() -> None:
    assert registry.identify(request(message())) == ("dingtalk",)


# Messages


def test_a_private_text() -> None:
    event = event_of(message(text={"content": " /Help me "}))
    assert (event.kind, event.dedupe_key, event.message_id) == (EventKind.MESSAGE, "msg1", "msg1")
    assert (event.user_id, event.alt_user_id, event.user_name) == ("ann", "$:LWCP_v1:$ann", "Ann")
    assert (event.chat_id, event.chat_type, event.mentions_bot) == ("cid1==", "private", False)
    assert (event.text, event.command, event.args) == ("/Help me", "help", "me")
    assert event.reply_url == "https://oapi.dingtalk.com/robot/sendBySession?session=1"
    assert event.reply_token == f"private:{int((NOW + 5400) * 1000)}"


def test_a_group_text_mentions_the_bot_unless_it_says_otherwise() -> None:
    assert event_of(group()).mentions_bot
    assert event_of(group(isInAtList=None)).mentions_bot
    quiet = event_of(group(isInAtList=False))
    assert (quiet.mentions_bot, quiet.chat_type) == (False, "group")


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/robot",
        "https://oapi.dingtalk.com.evil.example/x",
        "https://oapi.dingtalk.com@evil.example/x",
        "http://oapi.dingtalk.com/x",
        "https://oapi.dingtalk.com:bad/x",
        "//oapi.dingtalk.com/x",
    ],
)
def test_a_reply_address_that_is_not_dingtalks_is_left_out(address: str) -> None:
    (event,) = dingtalk().receive(request(message(sessionWebhook=address))).events
    assert (event.kind, event.reply_url) == (EventKind.MESSAGE, None)
    (event,) = dingtalk().receive(request(message())).events
    assert event.reply_url == "https://oapi.dingtalk.com/robot/sendBySession?session=1"
    (event,) = (
        dingtalk(allowed_hosts=["localhost:1"]).receive(request(message(sessionWebhook="http://localhost:1/x"))).events
    )
    assert event.reply_url == "http://localhost:1/x"


def test_the_kind_of_a_chat_may_be_a_number() -> None:
    assert event_of(group(conversationType=2)).chat_type == "group"


def test_a_custom_group_robot_has_no_code_of_its_own() -> None:
    assert event_of(group(robotCode="normal")).kind is EventKind.MESSAGE


def test_people_from_outside_have_only_their_encrypted_id() -> None:
    event = event_of(message(senderStaffId=None))
    assert (event.user_id, event.alt_user_id) == ("$:LWCP_v1:$ann", None)


@pytest.mark.parametrize(
    ("kind", "content", "wanted"),
    [
        ("picture", {"downloadCode": "d", "pictureDownloadCode": "p"}, ("image", "d", None, None)),
        ("picture", {"pictureDownloadCode": "p"}, ("image", "p", None, None)),
        ("file", {"downloadCode": "d", "fileName": "a.pdf"}, ("file", "d", "a.pdf", None)),
        ("video", {"downloadCode": "d", "duration": "5", "videoType": "mp4"}, ("video", "d", None, 5.0)),
        ("audio", {"downloadCode": "d", "duration": 4000}, ("voice", "d", None, 4.0)),
    ],
)
def test_files_come_as_attachments(kind: str, content: dict[str, Any], wanted: tuple[Any, ...]) -> None:
    (part,) = event_of(message(kind, content)).attachments
    assert (part.type, part.id, part.name, part.duration) == wanted


def test_what_was_recognised_in_a_voice_message_is_its_text() -> None:
    event = event_of(message("audio", {"downloadCode": "d", "recognition": "good day"}))
    assert (event.text, event.attachments[0].transcript) == ("good day", "good day")


def test_rich_text_is_words_and_pictures_and_loses_the_mention() -> None:
    items = [{"text": "@Claw see "}, {"type": "picture", "downloadCode": "d"}, {"text": "here"}]
    event = event_of(group("richText", {"richText": items}))
    assert (event.text, [(part.type, part.id) for part in event.attachments]) == ("see here", [("image", "d")])
    assert event_of(message("richText", {"richText": items})).text == "@Claw see here"


@pytest.mark.parametrize(
    ("texts", "wanted"),
    [
        (["@Claw", "abcd"], ("abcd", "")),
        (["@Claw", "/status now"], ("/status now", "status")),
        ([" ", "@Claw\u2005", "早上好"], ("早上好", "")),
        (["@Claw"], ("", "")),
        (["say @Claw", "abcd"], ("say @Clawabcd", "")),
    ],
)
def test_rich_text_keeps_the_words_that_directly_follow_the_mention(texts: list[str], wanted: tuple[str, str]) -> None:
    event = event_of(group("richText", {"richText": [{"text": text} for text in texts]}))
    assert (event.text, event.command) == wanted
    assert event.mentions_bot


def test_a_mention_inside_a_rich_text_is_taken_off_when_nobody_else_is_mentioned() -> None:
    items = {"richText": [{"text": "good morning "}, {"text": "@Claw"}, {"text": " how are you"}]}
    anna, bot = {"dingtalkId": "$:LWCP_v1:$anna"}, {"dingtalkId": BOT}
    assert event_of(group("richText", items, atUsers=[bot])).text == "good morning  how are you"
    assert event_of(group("richText", items, atUsers=[bot, anna])).text == "good morning @Claw how are you"


@pytest.mark.parametrize(
    ("fields", "mentioned"),
    [
        ({"isInAtList": None, "atUsers": [{"dingtalkId": "$:LWCP_v1:$anna"}]}, False),
        ({"isInAtList": None, "atUsers": [{"dingtalkId": "$:LWCP_v1:$anna"}, {"dingtalkId": BOT}]}, True),
        ({"isInAtList": None, "atUsers": [{"dingtalkId": "$:LWCP_v1:$anna"}], "chatbotUserId": None}, True),
        ({"isInAtList": None}, True),
        ({"isInAtList": False, "atUsers": [{"dingtalkId": BOT}]}, False),
    ],
)
def test_without_the_flag_the_mentioned_accounts_decide(fields: dict[str, Any], mentioned: bool) -> None:
    assert event_of(group(**fields)).mentions_bot is mentioned


def test_a_quoted_message_is_known() -> None:
    assert event_of(group(originalMsgId="m0")).reply_to == "m0"
    assert event_of(group(text={"content": "x", "isReplyMsg": True, "repliedMsg": {"msgId": "m0"}})).reply_to == "m0"


@pytest.mark.parametrize(
    ("body", "change"),
    [
        (message(senderId=BOT, senderStaffId=None), "from_bot"),
        (message(robotCode="other"), "other_robot"),
        (message("unknownMsgType"), "unknownMsgType"),
        (message(text={"content": "  "}), "text"),
    ],
)
def test_what_is_not_for_us_is_ignored(body: dict[str, Any], change: str) -> None:
    event = event_of(body)
    assert (event.kind, event.change) == (EventKind.IGNORED, change)


def test_a_pressed_card_is_an_action() -> None:
    inner = {"cardPrivateData": {"actionIds": ["yes"], "params": {"city": "Paris"}}}
    body = {"outTrackId": "t", "userId": "ann", "content": json.dumps(inner)}
    event = event_of(body)
    assert (event.kind, event.data, event.args, event.message_id) == (EventKind.ACTION, "yes", {"city": "Paris"}, "t")
    assert (event.user_id, event.chat_id, event.chat_type) == ("ann", "ann", "private")
    assert event_of(body | {"spaceId": "cid1=="}).chat_type == ""
    assert event_of({"outTrackId": "t", "userId": "ann", "value": json.dumps(inner)}).data == "yes"
    assert event_of(body).dedupe_key == event.dedupe_key != event_of(body | {"userId": "bob"}).dedupe_key


# Frames of the Stream


def test_a_frame_carries_the_same_message() -> None:
    read = parse_frame(frame(message()).encode())
    assert read.is_callback
    answer = json.loads(acknowledgement(read))
    assert (answer["code"], answer["message"]) == (200, "OK")
    assert answer["headers"] == {"messageId": "f1", "contentType": "application/json"}


def test_a_ping_gets_its_own_content_back() -> None:
    read = parse_frame(frame('{"opaque":"x-1"}', topic="ping", kind="SYSTEM").encode())
    assert json.loads(acknowledgement(read))["data"] == '{"opaque":"x-1"}'
    assert not read.is_callback
    assert parse_frame(frame("{}", topic="disconnect", kind="SYSTEM").encode()).is_disconnect
    event = parse_frame(frame("{}", topic="*", kind="EVENT").encode())
    assert json.loads(json.loads(acknowledgement(event))["data"])["status"] == "SUCCESS"


# Odd payloads

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = ("msgId", "senderId", "text", "content", "isInAtList", "sessionWebhook", "sessionWebhookExpiredTime")


@given(st.binary(max_size=200))
def test_any_bytes_give_events_or_a_clean_refusal(body: bytes) -> None:
    with contextlib.suppress(AdapterError):
        dingtalk().receive(request(body))
    with contextlib.suppress(AdapterError):
        acknowledgement(parse_frame(body))


@given(
    st.sampled_from(["text", "richText", "audio", "picture", "markdown", "x"]),
    st.fixed_dictionaries({}, optional=dict.fromkeys((*_NAMES, "outTrackId"), _JSON)),
)
def test_any_message_gives_events_or_a_clean_refusal(kind: str, fields: dict[str, Any]) -> None:
    with contextlib.suppress(AdapterError):
        assert dingtalk().receive(request(group(kind, **fields))).events


@given(st.lists(st.dictionaries(st.sampled_from(["text", "type", "downloadCode"]), _JSON), max_size=3))
def test_any_rich_text_gives_a_message(items: list[Any]) -> None:
    assert event_of(group("richText", {"richText": items})).message_id == "msg1"
