from __future__ import annotations

from typing import Any

import pytest

from adapters.events import EventKind
from tests.adapters.builders import (
    in_group,
    message,
    telegram_event,
)


@pytest.mark.parametrize(
    ("fields", "kind", "file_id"),
    [
        (
            {"photo": [{"file_id": "s", "width": 9, "height": 9}, {"file_id": "L", "width": 99, "height": 99}]},
            "image",
            "L",
        ),
        ({"voice": {"file_id": "v", "duration": 5, "mime_type": "audio/ogg", "file_size": 10}}, "voice", "v"),
        ({"video": {"file_id": "v"}}, "video", "v"),
        ({"video_note": {"file_id": "n"}}, "video_note", "n"),
        ({"audio": {"file_id": "a"}}, "audio", "a"),
        ({"document": {"file_id": "d", "file_name": "a.pdf"}}, "file", "d"),
        ({"animation": {"file_id": "g"}, "document": {"file_id": "g"}}, "video", "g"),
        ({"sticker": {"file_id": "k", "emoji": "😀"}}, "sticker", "k"),
        ({"location": {"latitude": 30.6, "longitude": 104.1}}, "location", ""),
        ({"venue": {"location": {"latitude": 1, "longitude": 2}, "title": "Café"}, "location": {}}, "location", ""),
        ({"contact": {"phone_number": "+1", "first_name": "Bo"}}, "contact", "+1"),
    ],
)
def test_each_kind_of_attachment_is_told_once(fields: dict[str, Any], kind: str, file_id: str) -> None:
    event = telegram_event(message(None, **fields))
    assert event.kind is EventKind.MESSAGE
    assert [(a.type, a.id) for a in event.attachments] == [(kind, file_id)]


def test_places_and_polls_keep_their_details() -> None:
    venue = {"location": {"latitude": 1, "longitude": 2}, "title": "Café", "address": "Quay 3"}
    (place,) = telegram_event(message(None, venue=venue)).attachments
    assert (place.name, place.details) == ("Café", "Quay 3")
    poll = {"id": "8", "question": "When?", "options": [{"text": "Monday"}, {}, 5, {"text": "Friday"}]}
    (asked,) = telegram_event(message(None, poll=poll)).attachments
    assert (asked.type, asked.id, asked.name, asked.details) == ("poll", "8", "When?", "Monday / Friday")


def link(offset: int, length: int, url: str) -> dict[str, Any]:
    return {"type": "text_link", "offset": offset, "length": length, "url": url}


@pytest.mark.parametrize(
    ("text", "entities", "wanted"),
    [
        ("😀 read that page", [link(8, 9, "https://a.example/1")], "😀 read [that page](https://a.example/1)"),
        (
            "a b",
            [link(2, 1, "http://b.example"), link(0, 1, "http://a.example")],
            "[a](http://a.example) [b](http://b.example)",
        ),
        ("https://a.example", [link(0, 17, "https://a.example/")], "https://a.example"),
        (
            "a b",
            [link(0, 1, "tg://user?id=5"), link(9, 9, "https://c.example"), link(-1, 2, "https://d.example")],
            "a b",
        ),
        ("a b", [{"type": "text_link", "offset": 0, "length": 1}, 7], "a b"),
        (
            "ab",
            [link(0, 1, "http://a.example"), link(1, 1, "http://b.example")],
            "[a](http://a.example)[b](http://b.example)",
        ),
    ],
)
def test_a_hidden_link_is_written_out(text: str, entities: list[Any], wanted: str) -> None:
    assert telegram_event(message(text, entities=entities)).text == wanted


def test_a_hidden_link_before_the_mention_moves_it() -> None:
    entities = [link(0, 4, "https://a.example"), {"type": "mention", "offset": 5, "length": 8}]
    event = telegram_event(in_group("this @ClawBot please", entities=entities))
    assert (event.text, event.mentions_bot) == ("[this](https://a.example) please", True)


def test_a_caption_is_the_text() -> None:
    event = telegram_event(message(None, caption="look", photo=[{"file_id": "p"}]))
    assert (event.text, event.attachments[0].type) == ("look", "image")


def quote(offset: int, length: int, kind: str = "blockquote") -> dict[str, Any]:
    return {"type": kind, "offset": offset, "length": length}


@pytest.mark.parametrize(
    ("text", "entities", "wanted"),
    [
        ("I live in Rome\nis that so?", [quote(0, 14)], "> I live in Rome\nis that so?"),
        ("look:\na 😀\nb\nwell?", [quote(6, 6, "expandable_blockquote")], "look:\n> a 😀\n> b\nwell?"),
        ("look: a", [quote(6, 1)], "look: \n> a"),
        ("a\nb", [quote(0, 3), link(0, 1, "http://a.example")], "> [a](http://a.example)\n> b"),
        ("/help\nwhat is it?", [quote(0, 5)], "> /help\nwhat is it?"),
        ("a", [quote(5, 9), quote(-1, 2), quote(0, 0)], "a"),
    ],
)
def test_a_block_quote_is_written_out(text: str, entities: list[Any], wanted: str) -> None:
    found = telegram_event(message(text, entities=entities))
    assert (found.text, found.command) == (wanted, "")


def test_a_mention_behind_a_block_quote_is_taken_off() -> None:
    mention = {"type": "mention", "offset": 8, "length": 8}
    found = telegram_event(message("a\nquote\n@ClawBot hi", entities=[quote(2, 5), mention]))
    assert (found.text, found.mentions_bot) == ("a\n> quote\nhi", True)
