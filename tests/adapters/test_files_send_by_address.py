"""Files that a platform fetches from a URL: LINE, and signed webhooks."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from adapters import registry, sending
from adapters.base import Adapter
from tests.adapters.builders import NOW
from tests.adapters.builders_files import PNG, WORDS, message, outgoing
from tests.http_server import Server, json_answer

PUBLIC = "https://chat.example.com/files/token/name"


def line(server: Server) -> Adapter[Any]:
    return registry.create("line", {"channel_access_token": "l", "channel_secret": "s", "base_url": server.url})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("图 表.png", {"type": "image", "originalContentUrl": PUBLIC, "previewImageUrl": PUBLIC}),
        ("memo.m4a", {"type": "audio", "originalContentUrl": PUBLIC, "duration": 2500}),
        ("film.mp4", {"type": "video", "originalContentUrl": PUBLIC, "previewImageUrl": "https://x/film.png"}),
    ],
)
def test_line_gets_addresses(server: Server, name: str, shown: dict[str, Any]) -> None:
    server.answer(json_answer({"sentMessages": [{"id": "461"}]}))
    file = outgoing(name, url=PUBLIC, preview_url="https://x/film.png")
    assert sending.send(line(server), message(file, reply_token="r1")).message_id == "461"
    assert server.requests[0].json == {"replyToken": "r1", "messages": [shown]}


def test_line_shows_a_large_picture_behind_a_small_one(server: Server) -> None:
    server.answer(json_answer({"sentMessages": [{"id": "461"}]}))
    file = replace(outgoing("图 表.png", url=PUBLIC, preview_url="https://x/picture.png"), size=1024 * 1024 + 1)
    sending.send(line(server), message(file))
    (shown,) = server.requests[0].json["messages"]
    assert (shown["originalContentUrl"], shown["previewImageUrl"]) == (PUBLIC, "https://x/picture.png")


@pytest.mark.parametrize("name", ["report.pdf", "图 表.png"])
def test_what_line_cannot_show_or_fetch_goes_in_words(server: Server, name: str) -> None:
    server.answer(json_answer({"sentMessages": [{"id": "461"}]}))
    url = PUBLIC if name == "report.pdf" else "http://127.0.0.1:8080/files/x/y"
    sending.send(line(server), message(outgoing(name, url=url)))
    assert server.requests[0].json["messages"] == [{"type": "text", "text": WORDS}]


def test_a_signed_webhook_gets_the_address_or_else_the_bytes(server: Server) -> None:
    server.answer(json_answer({"id": "x"}))
    adapter = registry.create("webhook", {"secret": "s", "reply_url": server.url}, clock=lambda: NOW)
    sending.send(adapter, message(outgoing("图 表.png"), "now"))
    sending.send(adapter, message(outgoing("图 表.png", url=PUBLIC)))
    told = {"type": "image", "name": "图 表.png", "mime": "image/png", "size": len(PNG)}
    first, second = (request.json for request in server.requests)
    assert (first["text"], first["file"]) == ("now", told | {"base64": base64.b64encode(PNG).decode()})
    assert second["file"] == told | {"url": PUBLIC}
