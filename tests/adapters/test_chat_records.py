"""Chat records, in the shapes in which platforms write their entries."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.chat_records import MAX_RECORDS, records
from adapters.events import Attachment

ENTRIES = [
    ({"senderNick": "Ann", "msgType": "text", "content": "hello"}, ("Ann", "hello")),
    (
        {"senderNick": "Ann", "msgType": "richText", "content": {"richText": [{"text": "a"}, {"text": "b"}]}},
        ("Ann", "ab"),
    ),
    ({"sender_name": "Ann", "msgtype": "text", "msg_content": '{"text":{"content":"hello"}}'}, ("Ann", "hello")),
    ({"type": "ChatRecordText", "from": "ann", "content": '{"content":"hello"}'}, ("ann", "hello")),
    ({"from": {"userid": "ann", "name": "Ann"}, "msgtype": "text", "text": {"content": "hello"}}, ("Ann", "hello")),
    ({"senderNick": "Ann", "msgType": "audio", "content": "@key", "recognition": "hello"}, ("Ann", "hello")),
    ({"content": "{not json"}, ("", "{not json")),
    ({"senderNick": "A", "content": '{"text": "a\\u0000b\\ud83d"}'}, ("A", "ab\ufffd")),
]


@pytest.mark.parametrize(("entry", "wanted"), ENTRIES, ids=range(len(ENTRIES)))
@pytest.mark.parametrize("wrap", [lambda one: [one], lambda one: {"item": [one]}, lambda one: json.dumps([one])])
def test_author_and_words_of_an_entry_are_found(entry: Any, wanted: tuple[str, str], wrap: Any) -> None:
    (found,) = records(wrap(entry))
    assert (found.author, found.text) == wanted


def test_a_picture_is_a_file_and_its_key_no_words() -> None:
    (found,) = records([{"senderNick": "Bo", "msgType": "picture", "content": "@key"}])
    assert (found.text, found.attachments) == ("", (Attachment("image"),))


@pytest.mark.parametrize("value", [None, "", "[]", "{", 5, [], {}, [1, None, "x"], {"item": {"item": {"item": 5}}}])
def test_anything_else_names_no_message(value: Any) -> None:
    assert records(value) == ()


def test_a_long_record_is_bounded() -> None:
    assert len(records([{"content": "x"}] * 5000)) == MAX_RECORDS


def test_a_deep_record_ends() -> None:
    deep: Any = "x"
    for _ in range(400):
        deep = {"content": deep}
    assert records([deep]) == ()
