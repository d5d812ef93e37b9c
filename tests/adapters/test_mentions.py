"""The bot's own mention is taken off wherever it stands, on every platform that has mentions; and commands after it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import registry
from adapters.commands import parse_command
from adapters.dingtalk import render as dingtalk_render
from adapters.feishu import render as feishu_render
from adapters.line import render as line_render
from adapters.mentions import command_alone, without
from adapters.slack.text import read_text
from adapters.wecom import aibot
from adapters.wecom import render as wecom_render
from tests.adapters.builders import NOW, in_group, telegram_event
from tests.adapters.contract import CASES, fixture
from tests.adapters.feishu import builders as feishu
from tests.adapters.wecom.builders import robot_event, robot_message


def taken_off(text: str, name: str = "@Bot") -> str:
    spans = []
    at = text.find(name)
    while at >= 0:
        spans.append((at, at + len(name)))
        at = text.find(name, at + 1)
    return without(text, spans)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("@Bot, hello", "hello"),
        ("what is up @Bot", "what is up"),
        ("tell me @Bot, is it late?", "tell me, is it late?"),
        ("ask @Bot about lunch", "ask about lunch"),
        ("今天@Bot吃什么", "今天吃什么"),
        ("你好 @Bot\u2005早上好", "你好 早上好"),
        ("@Bot @Bot hello @Bot", "hello"),
        ("one\n@Bot\ntwo", "one\n\ntwo"),
        ("\u200f@Bot שלום", "שלום"),
        ("@Bot", ""),
        ("@Anna @Bot /remember milk", "/remember milk"),
        ("@Bot @Anna /remember milk", "/remember milk"),
        ("@Anna @Bot what does she think", "@Anna what does she think"),
        ("@Bot ask @Anna", "ask @Anna"),
    ],
)
def test_the_mention_is_taken_off_wherever_it_stands(text: str, left: str) -> None:
    assert taken_off(text) == left


@given(st.text(alphabet="a @/,\u200f好\n", max_size=30), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40))))
def test_any_spans_leave_characters_of_the_text_only(text: str, spans: list[tuple[int, int]]) -> None:
    left = without(text, [(min(pair), max(pair)) for pair in spans])
    assert set(left) <= set(text) | {" "}
    assert len(left) <= len(text)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("\u200f/help", ("help", "", "")),
        ("\u202b/help me\u202c", ("help", "", "me\u202c")),
        ("\ufeff /help", ("help", "", "")),
        ("/help\u200f now", ("help", "", "now")),
        ("\u200e／帮助", ("帮助", "", "")),
        ("\u200fhelp", ("", "", "")),
    ],
)
def test_marks_of_direction_do_not_hide_a_command(text: str, command: tuple[str, str, str]) -> None:
    assert parse_command(text) == command


def test_without_a_command_the_mentions_of_others_stay() -> None:
    assert command_alone("<@U1> /status") == "/status"
    assert command_alone("<@U1> status") == "<@U1> status"


def test_telegram_takes_a_mention_inside_the_text_off() -> None:
    entities = [{"type": "mention", "offset": 6, "length": 8}]
    event = telegram_event(in_group("/list @ClawBot", entities=entities))
    assert (event.text, event.command, event.args, event.mentions_bot) == ("/list", "list", "", True)


def test_wecom_finds_its_name_after_another_name() -> None:
    body = robot_message(text={"content": "@李四 @Mrs Claw /status"})
    event = robot_event(body, bot_name="Mrs Claw")
    assert (event.text, event.command) == ("/status", "status")
    event = robot_event(robot_message(text={"content": "请看 @Mrs Claw 谢谢"}), bot_name="Mrs Claw")
    assert event.text == "请看 谢谢"


def test_feishu_finds_a_command_after_several_mentions() -> None:
    mentions = [
        {"key": "@_user_1", "id": {"open_id": "ou_bob"}, "name": "Bob", "mentioned_type": "user"},
        {"key": "@_user_2", "id": {"open_id": feishu.BOT}, "name": "Claw", "mentioned_type": "bot"},
    ]
    body = feishu.message({"text": "@_user_1 @_user_2 /status"}, chat_type="group", mentions=mentions)
    event = feishu.event_of(body)
    assert (event.text, event.command) == ("/status", "status")


@pytest.mark.parametrize(
    ("text", "left", "mentioned"),
    [
        ("are you there, @493012345?", "are you there,?", True),
        ("好@493012345你", "好你", True),
        ("@4930123456 hello", "@4930123456 hello", False),
    ],
)
def test_whatsapp_finds_its_whole_number_only(text: str, left: str, mentioned: bool) -> None:
    payload = json.loads(fixture("whatsapp", "messages__group"))
    payload["entry"][0]["changes"][0]["value"]["messages"][0]["text"] = {"body": text}
    case = CASES["whatsapp"]
    account = {**case.account, case.secret_key: [case.secrets[0]], "display_phone_number": "493012345"}
    adapter = registry.create("whatsapp", account, clock=lambda: NOW)
    (event,) = adapter.receive(case.genuine(case.encode(payload))).events
    assert (event.text, event.mentions_bot) == (left, mentioned)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("see <@U0BOT> &lt;here&gt; and <@U0ANN>", "see <here> and <@U0ANN>"),
        ("<@U0ANN> <@U0BOT|claw> /status", "/status"),
    ],
)
def test_slack_keeps_the_mentions_of_others(source: str, left: str) -> None:
    assert read_text({"text": source}, {"U0BOT"}) == (left, True)


@pytest.mark.parametrize(
    ("platform", "text", "mention"),
    [
        ("feishu", "hello @Bo *Li*, @Bo", "<at id=7></at>"),
        ("dingtalk", "hello @Bo", "@7"),
    ],
)
def test_a_name_becomes_the_mention_of_the_platform(platform: str, text: str, mention: str) -> None:
    people = {"Bo": "7"}
    if platform == "feishu":
        assert mention in str(feishu_render.card(text, people=people))
        assert mention not in str(feishu_render.card(text))
        return
    for words in (text, f"**{text}**"):
        body = dingtalk_render.session_body(words, [], None, people)
        assert mention in str(body[body["msgtype"]])
        assert body["at"] == {"atUserIds": ["7"]}
    assert dingtalk_render.session_body("hello Bo", [], "9", people)["at"] == {"atUserIds": ["9"]}


@pytest.mark.parametrize("name", ["", "Claude Code"])
def test_a_command_of_wecom_is_one_whatever_is_mentioned_before_it(name: str) -> None:
    for text in ("@Robot /help", "\u200f@Robot \u200f/help", "@Robot @张三 /help", "\u2067@Robot\u2069 @张三 /help"):
        said = f"@Claude Code {text.split(' ', 1)[1]}" if name else text
        found = aibot.event_of(robot_message("text", text={"content": said}), name)
        assert (found.command, found.mentions_bot) == ("help", True)


def test_line_mentions_people_in_a_text_of_the_second_version() -> None:
    (found,) = line_render.messages("hi @Bo and @Bo, {x} not @Bob", None, {"Bo": "U7"})
    assert found == {
        "type": "textV2",
        "text": "hi {person0} and {person0}, {{x}} not @Bob",
        "substitution": {"person0": {"type": "mention", "mentionee": {"type": "user", "userId": "U7"}}},
    }
    (same,) = line_render.messages("hi {x}", None, {"Bo": "U7"})
    assert same == {"type": "text", "text": "hi {x}"}
    people = {f"P{number}x": f"U{number}" for number in range(30)}
    (many,) = line_render.messages(" ".join(f"@{name}" for name in people), None, people)
    assert len(many["substitution"]) == line_render.MAX_MENTIONS
    assert many["text"].endswith("@P29x")


def test_a_group_robot_of_wecom_mentions_people_within_its_limit() -> None:
    assert wecom_render.with_mentions("hi @Bo", {"Bo": "bo7"}, 100) == "hi <@bo7>"
    assert wecom_render.with_mentions("hi @Bo", {"Bo": "bo7"}, 8) == "hi @Bo"
